import { isObject } from '../sim/apiserver/merge-patch.ts';
import { printValue } from '../workloads/input-error.ts';
import { ASPECT_MEANINGS, ASPECTS } from './comparison.ts';
import type { Aspect, Difference } from './comparison.ts';
import type { Agreement, ConformanceResult, GroupResult, Mismatch } from './conformance.ts';

/** Mismatched cases that are shown in full, and differences shown of each. */
const SHOWN_CASES = 5;
const SHOWN_DIFFERENCES = 4;

/** The columns of the second and third table; the first has how far a pod comes. */
const PREEMPTION: ReadonlySet<Aspect> = new Set(['preemption', 'victims', 'node']);
const SCORING: ReadonlySet<Aspect> = new Set(['scorers', 'raw', 'normalized', 'weighted', 'best', 'chosen', 'repeat']);

/** Headings that differ from the aspect's own name. */
const HEADINGS: Readonly<Partial<Record<Aspect, string>>> = { normalized: 'normalised', node: 'nominated' };

/** What the terminal shows: a table by group, what its columns mean, and the first cases that differ. */
export function conformanceText(result: ConformanceResult, shown = SHOWN_CASES): string {
  const { groups, mismatches } = result;
  const used = ASPECTS.filter((aspect) => groups.some(({ aspects }) => aspects.has(aspect)));
  const listed = groups.length > 1 ? [...groups, totalOf(groups)] : groups;
  const fitting = used.filter((aspect) => !SCORING.has(aspect) && !PREEMPTION.has(aspect));
  const others = [PREEMPTION, SCORING].map((kind) => used.filter((aspect) => kind.has(aspect)));
  const parts = [
    table([
      ['group', 'cases', 'agree', ...fitting.map(headingOf)],
      ...listed.map((group) => [
        group.group,
        String(group.cases.compared),
        String(group.cases.agreed),
        ...cellsOf(group, fitting),
      ]),
    ]),
    ...others
      .filter((aspects) => aspects.length > 0)
      .map((aspects) =>
        table([
          ['group', ...aspects.map(headingOf)],
          ...listed.map((group) => [group.group, ...cellsOf(group, aspects)]),
        ]),
      ),
    'Numbers are comparisons; where some differ, those that agree / all of them.',
    table(used.map((aspect) => [headingOf(aspect), ASPECT_MEANINGS[aspect]])),
    ...mismatches.slice(0, shown).map(mismatchText),
  ];
  if (mismatches.length > shown) parts.push(`… and ${mismatches.length - shown} more cases that differ.`);
  const { agreed, compared } = totalOf(groups).cases;
  parts.push(
    agreed === compared ? `All ${compared} cases agree.` : `${compared - agreed} of ${compared} cases do not agree.`,
  );
  return parts.join('\n\n');
}

function totalOf(groups: readonly GroupResult[]): GroupResult {
  const sum = (parts: readonly (Agreement | undefined)[]): Agreement =>
    parts.reduce<Agreement>(
      (total, part) => ({
        compared: total.compared + (part?.compared ?? 0),
        agreed: total.agreed + (part?.agreed ?? 0),
      }),
      { compared: 0, agreed: 0 },
    );
  const aspects = ASPECTS.map((aspect) => [aspect, sum(groups.map((group) => group.aspects.get(aspect)))] as const);
  return { group: 'all', cases: sum(groups.map(({ cases }) => cases)), aspects: new Map(aspects) };
}

function headingOf(aspect: Aspect): string {
  return HEADINGS[aspect] ?? aspect;
}

function cellsOf({ aspects }: GroupResult, used: readonly Aspect[]): string[] {
  return used.map((aspect) => cell(aspects.get(aspect)));
}

function cell(agreement: Agreement | undefined): string {
  if (agreement === undefined || agreement.compared === 0) return '-';
  const { compared, agreed } = agreement;
  return compared === agreed ? String(compared) : `${agreed}/${compared}`;
}

/** Columns at equal places: the first to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const numeric = rows.length > 1 && widths.length > 2;
  return rows
    .map((row) =>
      row
        .map((text, column) =>
          numeric && column > 0 ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function mismatchText({ id, group, file, line, differences }: Mismatch): string {
  const lines = [`${file}:${line}: ${id} (${group}) differs`];
  for (const difference of differences.slice(0, SHOWN_DIFFERENCES)) lines.push(...differenceLines(difference));
  const left = differences.length - SHOWN_DIFFERENCES;
  if (left > 0) lines.push(`  … and ${left} more`);
  return lines.join('\n');
}

/** Of two mappings only the fields that differ. */
function differenceLines({ aspect, where, found, expected }: Difference): string[] {
  const lines = [`  ${headingOf(aspect)}${where === '' ? '' : `, ${where}`}`];
  const [left, right] = onlyDifferent(found, expected);
  lines.push(`    reference: ${shortened(right)}`, `    here:      ${shortened(left)}`);
  return lines;
}

function onlyDifferent(found: unknown, expected: unknown): readonly [unknown, unknown] {
  if (!isObject(found) || !isObject(expected)) return [found, expected];
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  const different = keys.filter((key) => JSON.stringify(found[key]) !== JSON.stringify(expected[key]));
  const part = (value: Readonly<Record<string, unknown>>): unknown =>
    Object.fromEntries(different.map((key) => [key, value[key] ?? null]));
  return [part(found), part(expected)];
}

const LONG = 400;

function shortened(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : printValue(value);
  return text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text;
}
