import fc from 'fast-check';

import type { KubeNode, Pod, PodSpec, Taint, TopologySpreadConstraint } from '../src/sim/api/core.ts';
import type { StringMap } from '../src/sim/api/meta.ts';
import type { ClusterObjects } from '../src/sim/scheduler/framework.ts';

const metadata = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

const app = fc.constantFrom('a', 'b', 'c');
/** Draws a pod's labels. */
export const someLabels: fc.Arbitrary<StringMap> = fc.record({ app });
const taints: fc.Arbitrary<Taint[]> = fc.array(
  fc.record({ key: fc.constantFrom('gpu', 'old'), effect: fc.constantFrom('NoSchedule', 'PreferNoSchedule') }),
  { maxLength: 2 },
);

/** Draws what a node has. */
export const someNode = fc.record({
  cpu: fc.integer({ min: 1, max: 8 }),
  zone: fc.constantFrom(undefined, 'x', 'y', 'z'),
  disk: fc.constantFrom(undefined, 'ssd'),
  taints,
  unschedulable: fc.constantFrom(undefined, undefined, true),
  image: fc.boolean(),
  device: fc.constantFrom('', '', '', 'a', 'b'),
});

const term = fc.record({
  labelSelector: fc.record({ matchLabels: someLabels }),
  topologyKey: fc.constantFrom(HOSTNAME, ZONE),
});
const terms = fc.array(term, { maxLength: 1 });
const weighted = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), podAffinityTerm: term }), {
  maxLength: 2,
});
const constraint: fc.Arbitrary<TopologySpreadConstraint> = fc.record({
  maxSkew: fc.integer({ min: 1, max: 3 }),
  topologyKey: fc.constantFrom(HOSTNAME, ZONE),
  whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
  labelSelector: fc.record({ matchLabels: someLabels }),
});
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });

/** Draws what a pod asks for. */
export const someSpec = fc.record({
  cpu: fc.constantFrom('0', '100m', '500m', '1', '3'),
  memory: fc.constantFrom(undefined, undefined, '100Mi', '1Gi'),
  device: fc.constantFrom('', '', '', 'a'),
  port: fc.constantFrom(0, 0, 80, 81),
  nodeSelector: optional(fc.constant({ disk: 'ssd' })),
  tolerations: optional(fc.constant([{ key: 'gpu', operator: 'Exists' as const }])),
  topologySpreadConstraints: optional(fc.array(constraint, { minLength: 1, maxLength: 2 })),
  required: optional(terms),
  requiredAnti: optional(terms),
  preferred: optional(weighted),
  preferredAnti: optional(weighted),
});

type SomeSpec = typeof someSpec extends fc.Arbitrary<infer T> ? T : never;
type SomeNode = typeof someNode extends fc.Arbitrary<infer T> ? T : never;

/** Node `n<index>`, with room for five pods. */
export function nodeOf(
  { cpu, zone, disk, taints: nodeTaints, unschedulable, image, device }: SomeNode,
  index: number,
): KubeNode {
  const name = `n${index}`;
  const devices = device === '' ? {} : { [`example.com/${device}`]: '2' };
  const allocatable = { cpu: String(cpu), memory: '8Gi', pods: '5', ...devices };
  const nodeLabels = { [HOSTNAME]: name, ...(zone && { [ZONE]: zone }), ...(disk && { disk }) };
  const images = image ? [{ names: ['app:1'], sizeBytes: 900e6 }] : [];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...metadata, name, uid: name, labels: nodeLabels },
    spec: { taints: nodeTaints, ...(unschedulable && { unschedulable }) },
    status: { allocatable, capacity: allocatable, images },
  };
}

/** The pod spec; `cpu` in place of the one that was drawn. */
export function specOf(given: SomeSpec, cpu: string = given.cpu): PodSpec {
  const { memory, device, port, nodeSelector, tolerations, topologySpreadConstraints } = given;
  const requests = { cpu, ...(memory && { memory }), ...(device !== '' && { [`example.com/${device}`]: '1' }) };
  const ports = port === 0 ? [] : [{ containerPort: port, hostPort: port, protocol: 'TCP' as const }];
  return {
    containers: [{ name: 'c', image: 'app:1', ports, resources: { requests } }],
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    ...(topologySpreadConstraints && { topologySpreadConstraints }),
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: given.required ?? [],
        preferredDuringSchedulingIgnoredDuringExecution: given.preferred ?? [],
      },
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: given.requiredAnti ?? [],
        preferredDuringSchedulingIgnoredDuringExecution: given.preferredAnti ?? [],
      },
    },
  };
}

/** A cluster with one Service, which selects the pods of app `a`. */
export const objects: ClusterObjects = {
  namespaces: new Map(),
  services: () => [{ spec: { selector: { app: 'a' } } }] as never,
  disruptionBudgets: () => [],
  budgetVersion: 0,
  replicaSet: () => undefined,
  replicationController: () => undefined,
  statefulSet: () => undefined,
  workloadVersion: 1,
  namespaceVersion: 1,
};

/** Pod `p<number>` of the default namespace, not on any node. */
export function podOf(number: number, spec: PodSpec, labels: StringMap): Pod {
  const uid = number.toString(16).padStart(8, '0');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: `p${number}`, namespace: 'default', uid, labels },
    spec,
    status: { phase: 'Pending' },
  };
}
