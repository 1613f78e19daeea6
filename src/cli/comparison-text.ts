import { stripVTControlCharacters } from 'node:util';
import colors from 'picocolors';
import type { Comparison } from '../experiments/compare/compare.ts';
import { constraintText } from '../experiments/study/verdict.ts';
import type { DetectedWarmUp } from '../experiments/study/warm-up.ts';
import { printDuration } from '../sim/durations.ts';
import type { MetricComparison, VariantComparison } from '../experiments/compare/comparison.ts';
import { fittingNumber, shortNumber, signed } from '../experiments/compare/numbers.ts';
import { wrapped } from '../reporting/wrapped-text.ts';

/** Widths of the columns: a metric's name, a mean, a difference at least; it and the verdict share what is left of 80. */
const NAME = 31;
const MEAN = 8;
const DIFFERENCE = 18;
const LEFT = 80 - NAME - 2 * MEAN - 2;

/** A comparison for a terminal of 80 columns: a table for each variant against the baseline. */
export function comparisonText(comparison: Comparison): string {
  const { scenario, variants, seeds, runs, compared, partial, confidence, out } = comparison;
  const percent = `${Math.round(confidence * 100)} %`;
  const lines = [
    colors.bold(`${scenario}: ${variants.length} variants, ${seeds} seeds, ${runs.length} runs`),
    ...variants.map(({ letter, settings }, i) => `  ${letter}  ${settings.join(' ')}${i === 0 ? ' (baseline)' : ''}`),
  ];
  if (comparison.objectives.length > 0 || comparison.constraints.length > 0)
    lines.push('', ...standingLines(comparison));
  if (compared.length <= IN_FULL) for (const one of compared) lines.push('', ...variantLines(one, percent));
  else
    lines.push(
      '',
      ...compared.map((one) => colors.bold(`${one.variant.letter}: ${one.verdict}${countsText(one.metrics)}`)),
    );
  const without = comparison.metrics.filter(
    (name) => !compared.some((one) => one.metrics.some((row) => row.metric === name)),
  );
  if (without.length > 0)
    lines.push('', colors.dim(wrapped(`without a value in two runs of a pair: ${without.join(', ')}`)));
  const methods = new Set(compared.flatMap(({ metrics }) => metrics.map(({ method }) => method)));
  const named = [...methods].filter((method) => method !== 'equal');
  if (named.length > 0) {
    const how = named.map((method) => METHODS[method]).join('; ');
    const text = `${how}; p corrected by Holm's method; differences under ${shortNumber(100 * comparison.margin)} % do not matter`;
    lines.push('', colors.dim(wrapped(text)));
  }
  if (comparison.warmUp !== undefined) lines.push('', colors.dim(wrapped(warmUpText(comparison.warmUp))));
  if (partial) lines.push('', colors.yellow('partial: interrupted before all runs were done'));
  lines.push('', `report: ${colors.cyan(`${out}/comparison.html`)}`);
  return lines.join('\n');
}

/** More variants than this have a line each here; comparison.csv and the page have all of it. */
const IN_FULL = 6;

/** A table of all variants by objectives and constraints. */
function standingLines({ standings, objectives, constraints }: Comparison): string[] {
  const width = 80 - 4 - objectives.length * (MEAN + 4) - 10;
  const head = objectives.map(({ metric, goal }) => `${goal === 'max' ? '↑' : '↓'} ${metric}`);
  const lines = objectives.length === 0 ? [] : [colors.dim(wrapped(`objectives: ${head.join(', ')}`))];
  if (constraints.length > 0)
    lines.push(colors.dim(wrapped(`constraints: ${constraints.map(constraintText).join(', ')}`)));
  for (const { variant, means, broken, onFront } of standings) {
    const values = objectives.map(({ metric }) => {
      const value = means[metric];
      return (value === undefined ? '–' : shortNumber(value)).padStart(MEAN + 4);
    });
    const point = Object.values(variant.parameters).join(', ') || 'as the scenario has it';
    const mark = broken.length > 0 ? colors.red('not kept') : onFront ? colors.green('front') : '';
    lines.push(
      `${variant.letter.padEnd(4)}${point.slice(0, width).padEnd(width)}${values.join('')}  ${mark}`.trimEnd(),
    );
  }
  return lines;
}

function warmUpText({ seconds, pilots, series }: DetectedWarmUp): string {
  const how = `MSER-5 of ${series.join(', ')} in ${pilots} runs of A`;
  if (seconds === undefined) return `warm-up: ${how} finds no steady state in the first half: nothing is left out`;
  return `warm-up: ${printDuration(seconds)} left out, by ${how}`;
}

const METHODS = {
  'paired t': "paired Student's t",
  'signed rank': "Wilcoxon's signed ranks where skewed (*)",
  equal: '',
} as const;

function variantLines({ variant, metrics, verdict }: VariantComparison, percent: string): string[] {
  const shown = metrics.filter((row) => row.method !== 'equal');
  const longest = (texts: readonly string[]): number =>
    Math.max(...texts.map((text) => stripVTControlCharacters(text).length));
  const room = LEFT - longest(shown.map(verdictText));
  const width = Math.max(DIFFERENCE, Math.min(room, longest(shown.map(differenceText)) + 1));
  const head = `${'metric'.padEnd(NAME)}${'A'.padStart(MEAN)}${variant.letter.padStart(MEAN)}  ${`difference (${percent})`.padEnd(width)}verdict`;
  const same = metrics.length - shown.length;
  const more = shown.length === 0 ? '' : ' more';
  return [
    ...(shown.length === 0 ? [] : [colors.dim(head)]),
    ...shown.flatMap((row) => metricLines(row, width)),
    ...(same === 0 ? [] : [colors.dim(`${same}${more} metric${same === 1 ? ' is' : 's are'} the same in every run`)]),
    colors.bold(`${variant.letter}: ${verdict}${countsText(metrics)}`),
  ];
}

function metricLines(row: MetricComparison, width: number): string[] {
  const numbers = [row.baselineMean, row.variantMean]
    .map((mean) => fittingNumber(mean, MEAN - 1).padStart(MEAN))
    .join('');
  const figures = `${numbers}  ${differenceText(row).padEnd(width - 1)} ${verdictText(row)}`;
  // A name that is too long for its column has a line of its own.
  if (row.metric.length > NAME) return [row.metric, `${''.padEnd(NAME)}${figures}`];
  return [`${row.metric.padEnd(NAME)}${figures}`];
}

function differenceText({ difference, low, high, method }: MetricComparison): string {
  return `${withReach(difference, (high - low) / 2)}${method === 'signed rank' ? '*' : ''}`;
}

/** A difference to the last digit that its interval leaves standing: `−17.17 ± 0.43`. */
function withReach(difference: number, reach: number): string {
  if (reach === 0 || Math.abs(difference) >= 1e4 || reach < 1e-4)
    return `${signed(difference)} ± ${shortNumber(reach)}`;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(reach)));
  return `${signed(Number(difference.toFixed(decimals)))} ± ${shortNumber(Number(reach.toFixed(decimals)))}`;
}

function verdictText({ verdict, seedsNeeded }: MetricComparison): string {
  if (verdict === 'better') return colors.green(verdict);
  if (verdict === 'worse') return colors.red(verdict);
  if (seedsNeeded !== undefined) return seedsNeeded > 999 ? '? > 999 seeds' : `? ${seedsNeeded} seeds`;
  return verdict === 'no difference' ? 'same' : verdict;
}

/** `, better in 2, worse in 1`. */
function countsText(metrics: readonly MetricComparison[]): string {
  return (['better', 'worse'] as const)
    .map((verdict) => [verdict, metrics.filter((row) => row.verdict === verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `, ${verdict} in ${count}`)
    .join('');
}
