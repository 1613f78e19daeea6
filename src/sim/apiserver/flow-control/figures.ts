/** What metrics tell of flow control; plain data, by level and schema. */
export interface FlowFigures {
  /** `level schema` to how many requests had their seats. */
  readonly dispatched: Map<string, number>;
  /** `level schema reason` to how many were rejected. */
  readonly rejected: Map<string, number>;
  /** `level schema` to seconds waited in queues, by those that waited or not. */
  readonly waited: Map<string, number[]>;
}

/** Upper bounds in seconds. Source: apiserver_flowcontrol_request_wait_duration_seconds. */
export const WAIT_BUCKETS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30] as const;

export function newFigures(): FlowFigures {
  return { dispatched: new Map(), rejected: new Map(), waited: new Map() };
}

export function copyFigures({ dispatched, rejected, waited }: FlowFigures): FlowFigures {
  const copied = [...waited].map(([key, row]): [string, number[]] => [key, [...row]]);
  return { dispatched: new Map(dispatched), rejected: new Map(rejected), waited: new Map(copied) };
}

export function countOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Adds a wait to its histogram: one count a bucket, those beyond the last, and the sum. */
export function countWait({ waited }: FlowFigures, key: string, seconds: number): void {
  let row = waited.get(key);
  if (row === undefined) waited.set(key, (row = Array.from({ length: WAIT_BUCKETS.length + 2 }, () => 0)));
  let bucket = WAIT_BUCKETS.findIndex((bound) => seconds <= bound);
  if (bucket < 0) bucket = WAIT_BUCKETS.length;
  row[bucket] = (row[bucket] as number) + 1;
  row[WAIT_BUCKETS.length + 1] = (row[WAIT_BUCKETS.length + 1] as number) + seconds;
}
