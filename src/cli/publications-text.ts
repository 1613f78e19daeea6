import colors from 'picocolors';
import type { Publication, PublishedRow } from '../experiments/published/publication.ts';
import { isWithinBand, PERCENTILES } from '../experiments/published/publication.ts';

const NAME = 26;
const CELL = 16;

/** A publication for a terminal of 80 columns: each percentile as published, and what part of it is found. */
export function publicationText(
  { id, title, source, circumstances = [] }: Publication,
  rows: readonly PublishedRow[],
): string {
  const head = PERCENTILES.map((cell) => cell.padStart(CELL)).join('');
  return [
    colors.bold(`${id}: ${title}`),
    colors.dim(source),
    ...circumstances.map((line) => colors.dim(line)),
    colors.dim(`${''.padEnd(NAME)}${head}`),
    ...rows.flatMap(lines),
  ].join('\n');
}

function lines(row: PublishedRow): string[] {
  const { what, published, found, given, outside } = row;
  const cells = published.map((value, i) => {
    const ratio = ((found[i] as number) / value).toFixed(2);
    const mark = given?.includes(PERCENTILES[i] as (typeof PERCENTILES)[number]) === true ? '=' : 'x';
    return `${ratio} ${mark} ${shown(value)}`.padStart(CELL);
  });
  const line = `${what.padEnd(NAME).slice(0, NAME)}${cells.join('')}`;
  if (isWithinBand(row)) return [line];
  const note = `  ^ ${outside ?? 'outside of 0.65 to 3.36'}`;
  return outside === undefined ? [colors.red(line), colors.red(note)] : [line, colors.dim(note)];
}

function shown(seconds: number): string {
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`;
}
