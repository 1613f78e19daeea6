import { mean, sampleVariance } from 'simple-statistics';
import { holm } from '../statistics/paired.ts';
import { studentQuantile, studentTwoSided } from '../statistics/student.ts';
import type { BenchFile } from './run-benches.ts';

export type BenchVerdict = 'slower' | 'faster' | 'same' | 'new';

/** A case against the baseline. */
export interface BenchComparison {
  readonly name: string;
  /** How much slower, as a share: 0.15 is 15 %. */
  readonly change: number;
  readonly low: number;
  readonly high: number;
  /** Of so large a change where there is none, corrected for the number of cases. */
  readonly p: number;
  readonly verdict: BenchVerdict;
  readonly milliseconds: number;
}

const CONFIDENCE = 0.99;

/**
 * Compares figures with a baseline's: slower, or faster, is what differs by more than the threshold and by more than
 * chance. Welch's t on the logarithms of the ratios; probabilities corrected by Holm's method.
 */
export function compareBenches(base: BenchFile, now: BenchFile, threshold: number): readonly BenchComparison[] {
  const before = new Map(base.figures.map((figure) => [figure.name, figure]));
  const rows = now.figures.map(({ name, logarithms, milliseconds }) => {
    const old = before.get(name);
    return { name, milliseconds, welch: old === undefined ? undefined : welch(old.logarithms, logarithms) };
  });
  const tested = rows.filter(({ welch: test }) => test !== undefined);
  const corrected = holm(tested.map(({ welch: test }) => test?.p ?? 1));
  return rows.map((row): BenchComparison => {
    const { name, milliseconds, welch: test } = row;
    if (test === undefined) return { name, change: 0, low: 0, high: 0, p: 1, verdict: 'new', milliseconds };
    const p = corrected[tested.indexOf(row)] ?? 1;
    const change = Math.exp(test.difference) - 1;
    const sure = p < 1 - CONFIDENCE;
    const verdict = !sure ? 'same' : change > threshold ? 'slower' : change < -threshold ? 'faster' : 'same';
    return { name, change, low: Math.exp(test.low) - 1, high: Math.exp(test.high) - 1, p, verdict, milliseconds };
  });
}

interface Welch {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
}

/** Welch's test of two means with variances of their own; degrees of freedom by Satterthwaite. */
function welch(one: readonly number[], other: readonly number[]): Welch {
  const [a, b] = [one, other].map((values) => sampleVariance([...values]) / values.length) as [number, number];
  const difference = mean([...other]) - mean([...one]);
  const error = Math.sqrt(a + b);
  if (error === 0) return { difference, low: difference, high: difference, p: difference === 0 ? 1 : 0 };
  const degrees = (a + b) ** 2 / (a ** 2 / (one.length - 1) + b ** 2 / (other.length - 1));
  const reach = studentQuantile(CONFIDENCE, degrees) * error;
  return {
    difference,
    low: difference - reach,
    high: difference + reach,
    p: studentTwoSided(difference / error, degrees),
  };
}

/** The comparison as a table for a pull request. */
export function benchMarkdown(rows: readonly BenchComparison[], threshold: number): string {
  const percent = (share: number): string => `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)} %`;
  const lines = rows.map(({ name, change, low, high, p, verdict, milliseconds }) => {
    const mark = { slower: '🔴 slower', faster: '🟢 faster', same: 'same', new: 'new' }[verdict];
    const figures =
      verdict === 'new'
        ? ['', '', '']
        : [percent(change), `${percent(low)} … ${percent(high)}`, p < 0.001 ? '< 0.001' : p.toFixed(3)];
    return `| ${[name, ...figures, `${milliseconds.toFixed(1)} ms`, mark].join(' | ')} |`;
  });
  return [
    '| case | cost | 99 % interval | p | a call | verdict |',
    '| --- | ---: | ---: | ---: | ---: | --- |',
    ...lines,
    '',
    `Cost in units of a calibration in the same process. Slower or faster: by more than ${(100 * threshold).toFixed(0)} % and surer than 99 %.`,
    '',
  ].join('\n');
}
