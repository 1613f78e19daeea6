import { countedPods } from '../recording.ts';
import type { Recording } from '../recording.ts';
import { hadTrouble } from './pod-rows.ts';

/** Something that went wrong with a pod. */
export interface FailureRow {
  /** Seconds. */
  readonly time: number;
  readonly pod: string;
  readonly node: string;
  readonly what: string;
}

export interface Failures {
  readonly rows: readonly FailureRow[];
  /** How many there are in all. */
  readonly count: number;
}

const LIMIT = 200;

/** What failed: pods that were evicted, rejected or failed, whose containers restarted, or that never found a node. */
export function failures(recording: Recording): Failures {
  const rows: FailureRow[] = [];
  for (const pod of countedPods(recording)) {
    if (!hadTrouble(pod)) continue;
    const waiting = pod.scheduled === undefined;
    const time = waiting ? pod.created : (pod.finished ?? pod.deleting ?? pod.deleted ?? pod.scheduled ?? pod.created);
    const words = [
      waiting && pod.unschedulable !== '' ? `never scheduled: ${pod.unschedulable}` : '',
      pod.reason === 'Completed' ? '' : pod.reason,
      pod.phase === 'Failed' && pod.reason === '' ? 'failed' : '',
      pod.restarts > 0 ? `${pod.restarts} restart${pod.restarts === 1 ? '' : 's'}` : '',
    ];
    const what = words.filter((word) => word !== '').join(', ');
    rows.push({ time: time / 1e6, pod: `${pod.namespace}/${pod.name}`, node: pod.node, what });
  }
  rows.sort((a, b) => a.time - b.time || (a.pod < b.pod ? -1 : 1));
  return { rows: rows.slice(0, LIMIT), count: rows.length };
}
