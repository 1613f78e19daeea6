import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunFolder } from './read-run.ts';

/** Where two runs part. */
export interface FirstDifference {
  /** The table in which they do so first. */
  readonly file: string;
  readonly columns: string;
  /** Simulated seconds. */
  readonly time: number;
  /** The last rows that both have. */
  readonly before: readonly string[];
  /** What each of them has then: the first rows that differ; empty where it has no more. */
  readonly one: readonly string[];
  readonly other: readonly string[];
}

/** Something that was asked for differently. */
export interface InputDifference {
  readonly what: string;
  readonly one: string;
  readonly other: string;
}

/** Tables whose rows come in the order of time. */
const TABLES = ['decisions.csv', 'events.csv'] as const;

const CONTEXT = 3;

/** Finds the first row in which two runs' tables differ; undefined where they are the same. */
export function firstDifference(one: RunFolder, other: RunFolder): FirstDifference | undefined {
  const found = TABLES.flatMap((file) => {
    const paths = [one, other].map(({ path }) => join(path, file));
    if (!paths.every((path) => existsSync(path))) return [];
    const [a = '', b = ''] = paths.map((path) => readFileSync(path, 'utf8'));
    return a === b ? [] : [differenceOf(file, a.trimEnd().split('\n'), b.trimEnd().split('\n'))];
  });
  return found.sort((a, b) => a.time - b.time)[0];
}

function differenceOf(file: string, a: readonly string[], b: readonly string[]): FirstDifference {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  const timeOf = (row: string | undefined): number => (row === undefined ? Infinity : Number.parseFloat(row));
  const time = Math.min(timeOf(a[at]), timeOf(b[at]));
  return {
    file,
    columns: a[0] ?? '',
    time,
    before: a.slice(Math.max(1, at - CONTEXT), at),
    one: a.slice(at, at + CONTEXT),
    other: b.slice(at, at + CONTEXT),
  };
}

/** What was asked of two runs, where it differs: that is why they do. */
export function inputDifferences(one: RunFolder, other: RunFolder): readonly InputDifference[] {
  const told = (run: RunFolder): ReadonlyMap<string, string> => {
    const { summary, performance } = run;
    const { request } = performance;
    return new Map([
      ['scenario', `${summary.scenario} (${summary.scenario_hash})`],
      ['file', request?.file ?? ''],
      ['seed', summary.seed],
      ['settings', (request?.settings ?? []).join(' ')],
      ['simulated', `${summary.simulated_seconds} s`],
      ['code', request?.code_version ?? summary.version],
    ]);
  };
  const [a, b] = [told(one), told(other)];
  return [...a].flatMap(([what, value]) =>
    b.get(what) === value ? [] : [{ what, one: value, other: b.get(what) ?? '' }],
  );
}
