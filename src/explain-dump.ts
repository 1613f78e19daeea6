import { profileFor, ReferenceWorld } from './conformance/reference-world.ts';
import type { ReferenceInput } from './conformance/reference-case.ts';
import { consideredNow, isMeant } from './explain-decision.ts';
import type { ExplainedDecision } from './explain-decision.ts';
import { configurationIn } from './scenario-policies.ts';
import type { KubeObject } from './sim/api/meta.ts';
import type { Pod } from './sim/api/core.ts';
import { keyOf } from './sim/apiserver/request.ts';
import { InputError } from './workloads/input-error.ts';
import { checkDump, readDump } from './workloads/read-dump.ts';
import type { Dump } from './workloads/read-dump.ts';
import { readInput, YamlSource } from './workloads/yaml.ts';

/** The kinds of a dump that decide about a pod, by the names a reference case has for them. */
const LISTS: Readonly<Record<string, string>> = {
  nodes: 'Node',
  pods: 'Pod',
  namespaces: 'Namespace',
  services: 'Service',
  replicaSets: 'ReplicaSet',
  replicationControllers: 'ReplicationController',
  statefulSets: 'StatefulSet',
  podDisruptionBudgets: 'PodDisruptionBudget',
  persistentVolumes: 'PersistentVolume',
  persistentVolumeClaims: 'PersistentVolumeClaim',
  storageClasses: 'StorageClass',
  csiNodes: 'CSINode',
  csiDrivers: 'CSIDriver',
  csiStorageCapacities: 'CSIStorageCapacity',
};

/** What is asked about a cluster's dump. */
interface DumpQuestion {
  readonly files: readonly string[];
  /** `namespace/name`, a name, or the beginning of one with a `*` behind. */
  readonly pod: string;
  /** A KubeSchedulerConfiguration's file; absent: the default. */
  readonly configuration?: string;
}

/** A pod that the dump does not have. */
export interface NoPod {
  readonly known: readonly string[];
}

/**
 * Says what kube-scheduler would decide about a pod of a cluster's dump now. A pod that has a node is taken off it first.
 * Throws InputError where a file cannot be used.
 */
export function explainDump({ files, pod: asked, configuration }: DumpQuestion): ExplainedDecision | NoPod {
  const dump = readDump(files);
  checkDump(dump, files);
  const pods = objectsOf<Pod>(dump, 'Pod');
  const pod = pods.find((one) => isMeant(asked, keyOf(one)));
  if (pod === undefined) return { known: pods.map((one) => keyOf(one)) };
  const input = inputOf(dump, pod, configuration);
  const profile = profileFor(input, pod);
  if (profile === undefined) {
    throw new InputError({
      message: 'no profile handles this pod',
      path: 'spec.schedulerName',
      found: pod.spec.schedulerName ?? 'default-scheduler',
      allowed: (input.profiles ?? []).map(({ schedulerName }) => schedulerName).join(', ') || 'default-scheduler',
    });
  }
  const world = new ReferenceWorld(input, profile, { queued: true });
  const { nodeName, ...spec } = pod.spec;
  const info = world.pod({ ...pod, spec });
  const explained = consideredNow(world.cycle, info, { time: 0, ...(nodeName === undefined ? {} : { was: nodeName }) });
  const gate = world.gate(info);
  if (gate === undefined) return explained;
  const message = `held back by ${gate.plugin}: ${gate.status.reasons.join(', ')}`;
  return { ...explained, decision: { ...explained.decision, message } };
}

function objectsOf<T extends KubeObject>(dump: Dump, kind: string): readonly T[] {
  return (dump.get(kind) ?? []) as readonly T[];
}

function inputOf(dump: Dump, pod: Pod, configuration: string | undefined): ReferenceInput {
  const lists = Object.entries(LISTS).map(([list, kind]) => [list, objectsOf(dump, kind)] as const);
  const others = objectsOf<Pod>(dump, 'Pod').filter((one) => one !== pod);
  const given = { ...Object.fromEntries(lists), pods: others } as ReferenceInput;
  if (configuration === undefined) return given;
  const { profiles } = configurationIn(new YamlSource(configuration, readInput(configuration)));
  return { ...given, profiles };
}
