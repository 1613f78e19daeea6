import type { KubeNode } from '../../src/sim/api/core.ts';
import type {
  Device,
  DeviceAsk,
  DeviceAttribute,
  DeviceClass,
  ResourceClaim,
  ResourceClaimSpec,
  ResourceSlice,
} from '../../src/sim/api/resource.ts';

/** The driver of all devices made here. */
export const DRIVER = 'gpu.example.com';

/** A value as an attribute: whole numbers, truths and texts; `v1.2.3` for versions. */
function attribute(value: string | number | boolean): DeviceAttribute {
  if (typeof value === 'number') return { int: value };
  if (typeof value === 'boolean') return { bool: value };
  return /^v\d/.test(value) ? { version: value.slice(1) } : { string: value };
}

/** A device: `gpu('gpu-0', { model: 'A100' }, { memory: '40Gi' })`. */
export function gpu(
  name: string,
  attributes: Readonly<Record<string, string | number | boolean>> = {},
  capacity: Readonly<Record<string, string>> = {},
): Device {
  const values = Object.entries(attributes).map(([key, value]) => [key, attribute(value)] as const);
  const capacities = Object.entries(capacity).map(([key, value]) => [key, { value }] as const);
  return { name, attributes: Object.fromEntries(values), capacity: Object.fromEntries(capacities) };
}

export function slice(
  node: string,
  devices: readonly Device[],
  more: Partial<ResourceSlice['spec']> = {},
  name = `${node}-gpus`,
): ResourceSlice {
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceSlice',
    metadata: { name } as ResourceSlice['metadata'],
    spec: {
      driver: DRIVER,
      pool: { name: node, generation: 1, resourceSliceCount: 1 },
      ...(more.nodeSelector === undefined && more.allNodes === undefined ? { nodeName: node } : {}),
      devices,
      ...more,
    },
  };
}

export function deviceClass(name: string, ...expressions: readonly string[]): DeviceClass {
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'DeviceClass',
    metadata: { name } as DeviceClass['metadata'],
    spec: { selectors: expressions.map((expression) => ({ cel: { expression } })) },
  };
}

/** What to ask of class `gpu`: so many, or all, with selectors. */
export function ask(count: number | 'All' = 1, ...expressions: readonly string[]): DeviceAsk {
  return {
    deviceClassName: 'gpu',
    ...(count === 'All' ? { allocationMode: 'All' } : { allocationMode: 'ExactCount', count }),
    selectors: expressions.map((expression) => ({ cel: { expression } })),
  };
}

export function claim(name: string, devices: ResourceClaimSpec['devices'], uid = `${name}-uid`): ResourceClaim {
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { name, namespace: 'default', uid } as ResourceClaim['metadata'],
    spec: devices === undefined ? {} : { devices },
  };
}

export function plainNode(name: string, labels: Readonly<Record<string, string>> = {}): KubeNode {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {}, status: {} } as unknown as KubeNode;
}
