import { configuredProfile } from '../policies/scheduling/configured-profile.ts';
import { DEFAULT_PROFILE_CONFIGURATION } from '../policies/scheduling/configuration/read-configuration.ts';
import type { ProfileConfiguration } from '../policies/scheduling/configuration/read-configuration.ts';
import type { KubeNode, Namespace, Pod, Service } from '../sim/api/core.ts';
import type { StringMap } from '../sim/api/meta.ts';
import type { PodDisruptionBudget, ReplicaSet, StatefulSet } from '../sim/api/workloads.ts';
import type { ClusterObjects, StorageObjects } from '../sim/scheduler/framework.ts';
import { NodeTable } from '../sim/scheduler/node-table.ts';
import { PodClasses, schedulerNameOf } from '../sim/scheduler/pod-class.ts';
import type { PodInfo } from '../sim/scheduler/pod-class.ts';
import { ResourceNames } from '../sim/scheduler/resource-names.ts';
import { SchedulingCycle } from '../sim/scheduler/scheduling-cycle.ts';
import type { Status } from '../sim/scheduler/status.ts';
import type { Ties } from '../sim/scheduler/tie-breaker.ts';
import type { ReferenceInput } from './reference-case.ts';

/** Services and owners of a case, as the scheduler's informers would have them. */
class CaseObjects implements ClusterObjects {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly workloadVersion = 1;
  readonly budgetVersion = 0;
  readonly namespaceVersion = 1;
  readonly storage: StorageObjects;
  readonly #input: ReferenceInput;

  constructor(input: ReferenceInput) {
    this.#input = input;
    this.storage = storageOf(input);
    this.namespaces = new Map((input.namespaces ?? []).map((namespace) => [namespace.metadata.name, namespace]));
  }

  services(namespace: string): readonly Service[] {
    return (this.#input.services ?? []).filter(({ metadata }) => metadata.namespace === namespace);
  }

  disruptionBudgets(namespace: string): readonly PodDisruptionBudget[] {
    return (this.#input.podDisruptionBudgets ?? []).filter(({ metadata }) => metadata.namespace === namespace);
  }

  replicaSet(key: string): ReplicaSet | undefined {
    return byKey(this.#input.replicaSets, key);
  }

  replicationController(key: string): { readonly spec: { readonly selector?: StringMap } } | undefined {
    return byKey(this.#input.replicationControllers, key);
  }

  statefulSet(key: string): StatefulSet | undefined {
    return byKey(this.#input.statefulSets, key);
  }
}

function storageOf(input: ReferenceInput): StorageObjects {
  const named = <T extends { metadata: Pod['metadata'] }>(
    list: readonly T[] | undefined,
    name: string,
  ): T | undefined => list?.find(({ metadata }) => metadata.name === name);
  return {
    claim: (key) => byKey(input.persistentVolumeClaims, key),
    volume: (name) => named(input.persistentVolumes, name),
    volumesOfClass: (name) =>
      (input.persistentVolumes ?? []).filter(({ spec }) => (spec.storageClassName ?? '') === name),
    storageClass: (name) => named(input.storageClasses, name),
    csiNode: (name) => named(input.csiNodes, name),
    csiDriver: (name) => named(input.csiDrivers, name),
    storageCapacities: () => input.csiStorageCapacities ?? [],
    csiNodeVersion: 0,
    attachments: () => [],
    attachmentCount: () => 0,
    attachmentTotal: 0,
    version: 0,
  };
}

function byKey<T extends { metadata: Pod['metadata'] }>(list: readonly T[] | undefined, key: string): T | undefined {
  return list?.find(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}` === key);
}

/** Reference objects leave out what cannot matter. */
function whole<T extends Pod | KubeNode>(object: T): T {
  const { namespace = '', name } = object.metadata;
  return {
    ...object,
    metadata: { ...object.metadata, uid: object.metadata.uid ?? `${namespace}/${name}` },
    spec: object.spec ?? {},
    status: object.status ?? {},
  };
}

/**
 * A pod as the list of nominations has it: by its name alone. What it asks for, and its priority, are looked up in the
 * scheduling queue, and a pod that is not there stands for nothing: it asks for nothing and has priority 0. The queue of
 * the recorded scheduler was empty but for the pod to be scheduled. Source: v1.34.1, nominatedPodToInfo,
 * pkg/scheduler/backend/queue/scheduling_queue.go.
 */
function bare(pod: Pod): Pod {
  return { ...whole(pod), spec: { containers: [] } };
}

/** The scheduler of a case, made of the parts that a simulation's is made of. */
export class ReferenceWorld {
  readonly cycle: SchedulingCycle;
  readonly table: NodeTable;
  /** Names of the nodes that had the highest total in the last cycle that scored, sorted. */
  lastBest: readonly string[] = [];
  readonly #classes = new PodClasses(new ResourceNames());

  /**
   * `profile` handles the case's pods. `queued`: pods that are nominated wait in the queue, as in a running cluster, so that
   * they count in full; see `bare`.
   */
  constructor(input: ReferenceInput, profile: ProfileConfiguration, { queued = false }: { queued?: boolean } = {}) {
    const classes = this.#classes;
    const table = new NodeTable(classes);
    this.table = table;
    for (const node of input.nodes ?? []) table.setNode(whole(node));
    for (const pod of input.pods ?? []) {
      const { nodeName } = pod.spec;
      const { phase } = pod.status ?? {};
      if (nodeName === undefined || phase === 'Succeeded' || phase === 'Failed') continue;
      table.addPod(classes.info(whole(pod)), nodeName);
    }
    const handle = { table, objects: new CaseObjects(input), draws: () => 0 };
    // The recorded sequences break ties by name, and all nodes were looked at.
    const smallestName = (_pod: PodInfo, _attempt: number, ties: Ties): number => {
      const names = Array.from({ length: ties.count }, (_, index) => table.names[ties.row(index)] as string);
      this.lastBest = names.toSorted();
      return names.indexOf(this.lastBest[0] as string);
    };
    const searched = { ...configuredProfile(profile), percentageOfNodesToScore: 100 };
    this.cycle = new SchedulingCycle(searched, handle, smallestName, 100);
    for (const pod of input.pods ?? []) {
      const { nominatedNodeName = '' } = pod.status ?? {};
      const known = queued ? whole(pod) : bare(pod);
      if (pod.spec.nodeName === undefined) this.cycle.nominations.set(classes.info(known), nominatedNodeName);
    }
  }

  pod(pod: Pod): PodInfo {
    return this.#classes.info(whole(pod));
  }

  /** What keeps a pod out of the queue. */
  gate(pod: PodInfo): { readonly plugin: string; readonly status: Status } | undefined {
    for (const { plugin } of this.cycle.plugins) {
      const status = plugin.preEnqueue?.(pod);
      if (status !== undefined) return { plugin: plugin.name, status };
    }
    return undefined;
  }
}

const DEFAULT_PROFILES = [DEFAULT_PROFILE_CONFIGURATION];

/** The profile that a pod names, if there is one. */
export function profileFor(
  { profiles = DEFAULT_PROFILES }: ReferenceInput,
  pod: Pod,
): ProfileConfiguration | undefined {
  const name = schedulerNameOf(pod);
  return profiles.find(({ schedulerName }) => schedulerName === name);
}
