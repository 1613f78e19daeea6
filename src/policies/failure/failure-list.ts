import type { Failure, FailureModel } from '../../sim/faults/failure-model.ts';
import type { MachineFault } from '../../sim/faults/timed-fault.ts';

/** A failure that was observed, or is to be. Seconds from the start of the run. */
export interface ListedFailure {
  readonly at: number;
  readonly node: string;
  readonly kind: MachineFault;
  /** Absent: until the failure response repairs it. */
  readonly for?: number | undefined;
}

/** Failures as they are listed, such as those of a real cluster's log; of each node those that do not overlap. */
export function failureList(failures: readonly ListedFailure[]): FailureModel {
  const byNode = new Map<string, Failure[]>();
  const ends = new Map<string, number>();
  for (const { at, node, kind, for: forSeconds } of [...failures].sort((a, b) => a.at - b.at)) {
    const end = ends.get(node) ?? 0;
    // While one failure lasts there is no other.
    if (at < end) continue;
    const list = byNode.get(node) ?? [];
    list.push({ afterSeconds: at - end, kind, forSeconds });
    byNode.set(node, list);
    ends.set(node, forSeconds === undefined ? Infinity : at + forSeconds);
  }
  return { name: 'list', next: ({ name }, ordinal) => byNode.get(name)?.[ordinal] };
}
