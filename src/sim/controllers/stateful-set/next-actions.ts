import type { Pod } from '../../api/core.ts';
import type { StatefulSet } from '../../api/workloads.ts';
import { isFinished } from '../pod-state.ts';
import { isHealthy, isRunningAndReady, isTerminating, revisionOfMember } from './members.ts';

/** A StatefulSet's members as a sync finds them. */
export interface Members {
  readonly set: StatefulSet;
  /** By ordinal, from the first; undefined where there is none. */
  readonly wanted: readonly (Pod | undefined)[];
  /** Members beyond the wanted ordinals, lowest first. */
  readonly condemned: readonly Pod[];
  readonly updateRevision: string;
  readonly isAvailable: (pod: Pod) => boolean;
}

/** What to do next. Indexes are into `wanted`. */
export interface Actions {
  readonly create: readonly number[];
  readonly delete: readonly Pod[];
  /** Members that ended go, to be made anew: not because there are too many. */
  readonly recreates?: boolean;
}

const NOTHING: Actions = { create: [], delete: [] };

/** Source: statefulset/stateful_set_control.go updateStatefulSet. */
export function nextActions(members: Members): Actions {
  const { set, wanted } = members;
  if (set.metadata.deletionTimestamp !== undefined) return NOTHING;
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  const create: number[] = [];
  const ended: Pod[] = [];
  for (const [index, pod] of wanted.entries()) {
    if (pod === undefined) {
      if (ordered) return { create: [index], delete: [] };
      create.push(index);
      continue;
    }
    if (isFinished(pod)) {
      // The name is free when the pod is gone; a later sync makes it anew.
      if (!isTerminating(pod)) ended.push(pod);
      if (ordered) return { create: [], delete: ended, recreates: true };
      continue;
    }
    if (ordered && (isTerminating(pod) || !isRunningAndReady(pod) || !members.isAvailable(pod))) return NOTHING;
  }
  if (create.length + ended.length > 0) return { create, delete: ended, recreates: true };
  return scaleDown(members, ordered) ?? rollOver(members);
}

/** Highest ordinals first; in order one at a time, and only while all others are well. */
function scaleDown({ wanted, condemned, isAvailable }: Members, ordered: boolean): Actions | undefined {
  if (condemned.length === 0) return undefined;
  if (!ordered) {
    const going = condemned.filter((pod) => !isTerminating(pod)).reverse();
    return going.length === 0 ? undefined : { create: [], delete: going };
  }
  const unhealthy = [...wanted, ...condemned].find((pod) => pod !== undefined && !isHealthy(pod));
  const last = condemned.at(-1) as Pod;
  if (isTerminating(last)) return NOTHING;
  if ((!isRunningAndReady(last) || !isAvailable(last)) && last !== unhealthy) return NOTHING;
  return { create: [], delete: [last] };
}

/** A rolling update goes from the highest ordinal down to the partition, one member at a time. */
function rollOver({ set, wanted, updateRevision, isAvailable }: Members): Actions {
  const { updateStrategy } = set.spec;
  if (updateStrategy?.type === 'OnDelete') return NOTHING;
  const lowest = updateStrategy?.rollingUpdate?.partition ?? 0;
  for (let index = wanted.length - 1; index >= lowest; index--) {
    const pod = wanted[index];
    if (pod === undefined) return NOTHING;
    if (revisionOfMember(pod) !== updateRevision && !isTerminating(pod)) return { create: [], delete: [pod] };
    if (!isHealthy(pod) || !isAvailable(pod)) return NOTHING;
  }
  return NOTHING;
}
