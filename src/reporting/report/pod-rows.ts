import { identityOf } from '../../sim/kernel/random.ts';
import type { PodLife } from '../pod-ledger.ts';
import type { Recording } from '../recording.ts';

/** Pods of the chart at most: 12,000 take some 0.8 MB of the page. */
const LIMIT = 12_000;

/** Lives of pods, as columns; times in milliseconds, -1 where it never came. */
export interface PodRows {
  /** Pods that are left out: of those without trouble an even choice is shown. */
  readonly leftOut: number;
  /** Owners with what all names of their pods begin with. */
  readonly owners: readonly { readonly namespace: string; readonly owner: string; readonly prefix: string }[];
  readonly owner: readonly number[];
  /** What follows the owner's prefix. */
  readonly name: readonly string[];
  /** Index among the nodes of the map; -1 where it never had one. */
  readonly node: readonly number[];
  readonly created: readonly number[];
  /** After its creation. */
  readonly scheduled: readonly number[];
  readonly running: readonly number[];
  readonly ready: readonly number[];
  readonly deleting: readonly number[];
  readonly ended: readonly number[];
  readonly attempts: readonly number[];
  readonly restarts: readonly number[];
  /** Phase and reason, as an index into `states`. */
  readonly state: readonly number[];
  readonly states: readonly (readonly [phase: string, reason: string])[];
}

export function podRows(recording: Recording): PodRows {
  const { nodes } = recording;
  const pods = chosen([...recording.pods.pods.values()]);
  const owners = new Map<string, number>();
  const ownerRows: { namespace: string; owner: string; prefix: string }[] = [];
  const states = new Map<string, number>();
  const after = ({ created }: PodLife, time: number | undefined): number =>
    time === undefined ? -1 : Math.round((time - created) / 1000);
  const ownerOf = ({ namespace, owner, ownerKind, name }: PodLife): number => {
    const key = JSON.stringify([namespace, ownerKind, owner]);
    let index = owners.get(key);
    if (index === undefined) {
      index = ownerRows.length;
      owners.set(key, index);
      const prefix = owner !== '' && name.startsWith(owner) ? owner : '';
      ownerRows.push({ namespace, owner: owner === '' ? '' : `${ownerKind} ${owner}`, prefix });
    }
    return index;
  };
  const stateOf = (pod: PodLife): number => {
    const key = JSON.stringify([pod.deleted === undefined ? pod.phase : 'Deleted', pod.reason]);
    const index = states.get(key) ?? states.size;
    states.set(key, index);
    return index;
  };
  const owner = pods.map(ownerOf);
  const state = pods.map(stateOf);
  return {
    leftOut: recording.pods.pods.size - pods.length,
    owners: ownerRows,
    owner,
    name: pods.map(({ name }, i) => {
      const { prefix } = ownerRows[owner[i] as number] as { prefix: string };
      return name.startsWith(prefix) ? name.slice(prefix.length) : `=${name}`;
    }),
    node: pods.map(({ node }) => nodes.nodes.get(node)?.index ?? -1),
    created: pods.map(({ created }) => Math.round(created / 1000)),
    scheduled: pods.map((pod) => after(pod, pod.scheduled)),
    running: pods.map((pod) => after(pod, pod.running)),
    ready: pods.map((pod) => after(pod, pod.ready)),
    deleting: pods.map((pod) => after(pod, pod.deleting)),
    ended: pods.map((pod) => after(pod, pod.finished ?? pod.deleted)),
    attempts: pods.map(({ attempts }) => attempts),
    restarts: pods.map(({ restarts }) => restarts),
    state,
    states: [...states.keys()].map((key) => JSON.parse(key) as readonly [string, string]),
  };
}

/**
 * Those with trouble first, then as many of the others as there is room for, one of each stretch of equally many; in order of
 * creation. Which one of a stretch is by its name's hash, so that no rhythm in which pods are made decides.
 */
function chosen(pods: readonly PodLife[]): readonly PodLife[] {
  if (pods.length <= LIMIT) return pods;
  const troubled = pods.filter((pod) => hadTrouble(pod)).slice(0, LIMIT / 2);
  const kept = new Set(troubled);
  const others = pods.filter((pod) => !kept.has(pod));
  const room = LIMIT - troubled.length;
  for (let i = 0; i < room; i++) {
    const from = Math.floor((i * others.length) / room);
    const to = Math.floor(((i + 1) * others.length) / room);
    kept.add(others[from + (identityOf((others[from] as PodLife).name) % (to - from))] as PodLife);
  }
  return pods.filter((pod) => kept.has(pod));
}

/** Whether somebody may ask what became of it. */
export function hadTrouble({ reason, phase, restarts, scheduled, unschedulable }: PodLife): boolean {
  if (phase === 'Failed' || restarts > 0) return true;
  // What was done to it afterwards did it no harm.
  if (phase === 'Succeeded') return false;
  if (reason !== '' && reason !== 'Completed') return true;
  return scheduled === undefined && unschedulable !== '';
}
