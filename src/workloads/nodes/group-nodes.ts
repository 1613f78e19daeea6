import type { KubeNode } from '../../sim/api/core.ts';
import type { Draft, StringMap } from '../../sim/api/meta.ts';
import { quantityValue } from '../../sim/api/quantity.ts';
import type { DriverDevices } from '../../sim/node/device-drivers.ts';
import type { NodeGroupSpec } from '../scenario-schema.ts';
import { groupDevices } from './group-devices.ts';
import type { LoadedNode } from './loaded-node.ts';
import { HOSTNAME, INSTANCE_TYPE, PLAIN_LABELS, REGION, ZONE } from './well-known-labels.ts';

/** What every node of a group has in common, made once. */
interface GroupParts {
  readonly spec: Omit<KubeNode['spec'], 'providerID'>;
  readonly status: KubeNode['status'];
  readonly labels: StringMap;
  readonly devices: readonly DriverDevices[];
}

function partsOf(group: NodeGroupSpec, maxPods: number): GroupParts {
  const capacity = Object.freeze({ ...group.capacity, pods: group.capacity['pods'] ?? String(maxPods) });
  const allocatable = Object.freeze({ ...capacity, ...group.allocatable });
  const images = group.images.map(({ name, size }) => ({ names: [name], sizeBytes: quantityValue(size) }));
  const labels: Record<string, string> = { ...PLAIN_LABELS };
  if (group.region !== undefined) labels[REGION] = group.region;
  if (group.instanceType !== undefined) labels[INSTANCE_TYPE] = group.instanceType;
  return {
    spec: group.taints.length === 0 ? {} : { taints: group.taints },
    status: Object.freeze({ capacity, allocatable, ...(images.length === 0 ? {} : { images }) }),
    labels,
    devices: groupDevices(group.devices),
  };
}

/** The nodes of a group, dealt to its zones in turn: <group>-0, <group>-1 … */
export function groupNodes(group: NodeGroupSpec, maxPods: number): LoadedNode[] {
  const parts = partsOf(group, maxPods);
  const nodes: LoadedNode[] = [];
  for (let index = 0; index < group.count; index++) {
    const name = `${group.name}-${index}`;
    const zone = group.zones[index % Math.max(1, group.zones.length)] ?? group.labels[ZONE];
    const region = group.region ?? group.labels[REGION];
    const labels: Record<string, string> = { [HOSTNAME]: name, ...parts.labels };
    if (zone !== undefined) labels[ZONE] = zone;
    Object.assign(labels, group.labels);
    const spec = group.cloud ? { providerID: `orrery://${zone ?? ''}/${name}`, ...parts.spec } : parts.spec;
    const node: Draft<KubeNode> = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels },
      spec,
      status: parts.status,
    };
    nodes.push({ name, group: group.name, zone, region, cloud: group.cloud, devices: parts.devices, node });
  }
  return nodes;
}
