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
  /** How many more instructions a call takes, as a share; undefined where one of the two was not counted. */
  readonly instructions: number | undefined;
}

const CONFIDENCE = 0.99;

/**
 * Compares figures with a baseline's: slower, or faster, is what differs by more than the threshold and by more than
 * chance. Welch's t on the logarithms of the ratios; probabilities corrected by Holm's method.
 */
export function compareBenches(base: BenchFile, now: BenchFile, threshold: number): readonly BenchComparison[] {
  const before = new Map(base.figures.map((figure) => [figure.name, figure]));
  const rows = now.figures.map(({ name, logarithms, milliseconds, instructions: counted }) => {
    const old = before.get(name);
    const instructions =
      old?.instructions === undefined || counted === undefined ? undefined : counted / old.instructions - 1;
    const test = old === undefined ? undefined : welch(old.logarithms, logarithms);
    return { name, milliseconds, instructions, welch: test };
  });
  const tested = rows.filter(({ welch: test }) => test !== undefined);
  const corrected = holm(tested.map(({ welch: test }) => test?.p ?? 1));
  return rows.map((row): BenchComparison => {
    const { name, milliseconds, instructions, welch: test } = row;
    const own = { name, milliseconds, instructions };
    if (test === undefined) return { ...own, change: 0, low: 0, high: 0, p: 1, verdict: 'new' };
    const p = corrected[tested.indexOf(row)] ?? 1;
    const change = Math.exp(test.difference) - 1;
    const sure = p < 1 - CONFIDENCE;
    const verdict = !sure ? 'same' : change > threshold ? 'slower' : change < -threshold ? 'faster' : 'same';
    return { ...own, change, low: Math.exp(test.low) - 1, high: Math.exp(test.high) - 1, p, verdict };
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

/** A change as people read it: +4.2 %. */
export function percent(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)} %`;
}

/** The comparison as a table for a pull request. */
export function benchMarkdown(rows: readonly BenchComparison[], threshold: number): string {
  const lines = rows.map(({ name, change, low, high, p, verdict, milliseconds, instructions }) => {
    const mark = { slower: '🔴 slower', faster: '🟢 faster', same: 'same', new: 'new' }[verdict];
    const figures =
      verdict === 'new'
        ? ['', '', '']
        : [percent(change), `${percent(low)} … ${percent(high)}`, p < 0.001 ? '< 0.001' : p.toFixed(3)];
    const counted = instructions === undefined ? '' : percent(instructions);
    return `| ${[name, ...figures, counted, `${milliseconds.toFixed(1)} ms`, mark].join(' | ')} |`;
  });
  return [
    '| case | cost | 99 % interval | p | instructions | a call | verdict |',
    '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
    ...lines,
    '',
    `Cost in units of a calibration in the same process. Slower or faster: by more than ${(100 * threshold).toFixed(0)} % and surer than 99 %.`,
    '',
  ].join('\n');
}
