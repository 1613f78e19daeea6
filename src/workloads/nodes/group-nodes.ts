import type { KubeNode, Taint } from '../../sim/api/core.ts';
import type { Draft, StringMap } from '../../sim/api/meta.ts';
import { quantityValue } from '../../sim/api/quantity.ts';
import { UNINITIALIZED } from '../../sim/cloud/cloud-taints.ts';
import type { DriverDevices } from '../../sim/node/device-drivers.ts';
import { groupDevices } from './group-devices.ts';
import type { LoadedNode } from './loaded-node.ts';
import type { SizedGroup } from './sized-group.ts';
import { HOSTNAME, INSTANCE_TYPE, PLAIN_LABELS, REGION, ZONE } from './well-known-labels.ts';

/** What every node of a group has in common, made once. */
interface GroupParts {
  readonly taints: readonly Taint[];
  readonly status: KubeNode['status'];
  readonly devices: readonly DriverDevices[];
}

function partsOf(group: SizedGroup, maxPods: number): GroupParts {
  const capacity = Object.freeze({ ...group.capacity, pods: group.capacity['pods'] ?? String(maxPods) });
  const allocatable = Object.freeze({ ...capacity, ...group.allocatable });
  const images = group.images.map(({ name, size }) => ({ names: [name], sizeBytes: quantityValue(size) }));
  return {
    taints: group.taints,
    status: Object.freeze({ capacity, allocatable, ...(images.length === 0 ? {} : { images }) }),
    devices: groupDevices(group.devices),
  };
}

/** The Node of one of a group's machines: as it is in the end, or as a kubelet registers it that has an external provider. */
function nodeOf(
  group: SizedGroup,
  { taints, status }: GroupParts,
  name: string,
  zone: string | undefined,
  initialized: boolean,
): Draft<KubeNode> {
  const labels: Record<string, string> = { [HOSTNAME]: name, ...PLAIN_LABELS };
  if (initialized) Object.assign(labels, cloudLabels(group, zone));
  Object.assign(labels, group.labels);
  const metadata = { name, labels };
  if (!initialized) {
    // Of its addresses it knows its name alone.
    const addresses = [{ type: 'Hostname', address: name }];
    const spec = { taints: [...taints, UNINITIALIZED] };
    return { apiVersion: 'v1', kind: 'Node', metadata, spec, status: { ...status, addresses } };
  }
  const tainted = taints.length === 0 ? {} : { taints };
  const spec = group.cloud ? { providerID: `orrery://${zone ?? ''}/${name}`, ...tainted } : tainted;
  return { apiVersion: 'v1', kind: 'Node', metadata, spec, status };
}

function cloudLabels({ region, instanceType }: SizedGroup, zone: string | undefined): StringMap {
  return {
    ...(region === undefined ? {} : { [REGION]: region }),
    ...(instanceType === undefined ? {} : { [INSTANCE_TYPE]: instanceType }),
    ...(zone === undefined ? {} : { [ZONE]: zone }),
  };
}

/** The nodes of a group, dealt to its zones in turn: <group>-0, <group>-1 … */
export function groupNodes(group: SizedGroup, maxPods: number): LoadedNode[] {
  const parts = partsOf(group, maxPods);
  const nodes: LoadedNode[] = [];
  for (let index = 0; index < group.count; index++) {
    const name = `${group.name}-${index}`;
    const zone = group.zones[index % Math.max(1, group.zones.length)] ?? group.labels[ZONE];
    const region = group.region ?? group.labels[REGION];
    const node = nodeOf(group, parts, name, zone, true);
    const { cloud, rented } = group;
    nodes.push({ name, group: group.name, zone, region, cloud, rented, devices: parts.devices, node });
  }
  return nodes;
}

/** Makes the Node of any machine of a group; see `InstanceGroupSpec.node`. */
export function nodeMaker(
  group: SizedGroup,
  maxPods: number,
): (name: string, zone: string, initialized: boolean) => Draft<KubeNode> {
  const parts = partsOf(group, maxPods);
  return (name, zone, initialized) => nodeOf(group, parts, name, zone === '' ? undefined : zone, initialized);
}
