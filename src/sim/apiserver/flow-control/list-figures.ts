import type { ReadCost } from './list-cost.ts';
import type { ListSource } from './list-source.ts';

/** Lists of one kind from one source. */
export interface ListCounts {
  lists: number;
  fetched: number;
  returned: number;
}

/** What metrics tell of lists; plain data. */
export interface ListFigures {
  /** By `source kind`. */
  readonly counts: Map<string, ListCounts>;
  /** Most that one API server's memory has held of lists at once, in bytes. */
  peakBytes: number;
}

export function newListFigures(): ListFigures {
  return { counts: new Map(), peakBytes: 0 };
}

export function copyListFigures({ counts, peakBytes }: ListFigures): ListFigures {
  const copied = [...counts].map(([key, row]): [string, ListCounts] => [key, { ...row }]);
  return { counts: new Map(copied), peakBytes };
}

/** Counts a list as it begins. */
export function countList({ counts }: ListFigures, kind: string, source: ListSource, cost: ReadCost): void {
  const key = `${source} ${kind}`;
  let row = counts.get(key);
  if (row === undefined) counts.set(key, (row = { lists: 0, fetched: 0, returned: 0 }));
  row.lists++;
  row.fetched += cost.fetched;
  row.returned += cost.returned;
}
