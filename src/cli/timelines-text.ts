import colors from 'picocolors';
import type { TimelineResult, TimelineRow } from '../experiments/timelines/run-timelines.ts';

const NAME = 24;
const CELL = 7;

/** A timeline for a terminal of 80 columns: what is expected, what was found, and what is wrong. */
export function timelinesText({ timeline, rows }: TimelineResult): string {
  const head = ['from', 'to', 'mean', 'lowest', '5 %', 'mean', '95 %', 'highest'];
  const title = `${''.padEnd(NAME)}${head.map((cell) => cell.padStart(CELL)).join('')}`;
  const groups = `${''.padEnd(NAME)}${'expected'.padStart(3 * CELL)}${'found'.padStart(5 * CELL)}`;
  return [
    colors.bold(`${timeline.id}: ${timeline.title}`),
    colors.dim(groups),
    colors.dim(title),
    ...rows.flatMap(lines),
  ].join('\n');
}

function lines({ expectation, lowest, five, mean, ninetyFive, highest, faults }: TimelineRow): string[] {
  const [low, high] = expectation.range;
  const numbers = [low, high, expectation.mean?.[0], lowest, five, mean, ninetyFive, highest];
  const cells = numbers.map((value) => cell(value).padStart(CELL)).join('');
  const line = `${expectation.name.padEnd(NAME).slice(0, NAME)}${cells}`;
  return faults.length === 0 ? [line] : [colors.red(line), colors.red(`${''.padEnd(NAME)}^ ${faults.join(', ')}`)];
}

function cell(value: number | undefined): string {
  if (value === undefined) return '';
  return Number.isNaN(value) ? '-' : value.toFixed(Math.abs(value) >= 100 ? 1 : 2);
}
