import type { Pod } from '../api/core.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Micros } from '../kernel/time.ts';
import { mostRestarts, readySince } from './pod-state.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_ORDER = { Pending: 0, Unknown: 1, Running: 2, Succeeded: 2, Failed: 2 } as const;

/** A pod with all that it is compared by. */
interface Ranked {
  readonly pod: Pod;
  readonly assigned: number;
  readonly phase: number;
  readonly ready: number;
  readonly cost: number;
  readonly neighbours: number;
  readonly readyBucket: number;
  readonly readySince: Micros;
  readonly restarts: number;
  readonly created: Micros;
  readonly ageBucket: number;
}

/** The binary order of magnitude of a span, in nanoseconds as in the source; -1 for none. */
function bucket(span: Micros): number {
  return span > 0 ? Math.floor(Math.log2(span * 1000)) : -1;
}

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST];
  const cost = text === undefined || !/^-?\d+$/.test(text) ? 0 : Number(text);
  return Math.abs(cost) > 2_147_483_647 ? 0 : cost;
}

function compare(a: Ranked, b: Ranked): number {
  const first =
    a.assigned - b.assigned || a.phase - b.phase || a.ready - b.ready || a.cost - b.cost || b.neighbours - a.neighbours;
  if (first !== 0) return first;
  const byUid = a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1;
  if (a.ready === 1 && a.readySince !== b.readySince) return a.readyBucket - b.readyBucket || byUid;
  if (a.restarts !== b.restarts) return b.restarts - a.restarts;
  if (a.created !== b.created) return a.ageBucket - b.ageBucket || byUid;
  return byUid;
}

/**
 * The order in which a ReplicaSet gives pods up, first to go first: not assigned, not running, not ready, cheaper to
 * delete, more of its kind on the node, ready for less long, more restarts, younger. Spans count by order of magnitude,
 * so that the youngest are not always hit. Source: pkg/controller/controller_utils.go, ActivePodsWithRanks.
 */
export function scaleDownOrder(
  pods: readonly Pod[],
  calendar: Calendar,
  now: Micros,
  relatedOnNode: (nodeName: string) => number = () => 0,
): Pod[] {
  const ranked = pods.map((pod): Ranked => {
    const node = pod.spec.nodeName;
    const since = readySince(pod, calendar);
    const created = calendar.micros(pod.metadata.creationTimestamp);
    return {
      pod,
      assigned: node === undefined || node === '' ? 0 : 1,
      phase: PHASE_ORDER[pod.status.phase],
      ready: since === undefined ? 0 : 1,
      cost: deletionCost(pod),
      neighbours: node === undefined || node === '' ? 0 : relatedOnNode(node),
      readySince: since ?? 0,
      readyBucket: since === undefined ? 0 : bucket(now - since),
      restarts: mostRestarts(pod),
      created,
      ageBucket: bucket(now - created),
    };
  });
  return ranked.sort(compare).map(({ pod }) => pod);
}
