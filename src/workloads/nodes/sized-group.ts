import { unknownName } from '../nearest.ts';
import type { Scenario } from '../scenario.ts';
import type { NodeGroupSpec } from '../scenario-schema.ts';

/** A node group whose machines' size is known. */
export interface SizedGroup extends NodeGroupSpec {
  readonly capacity: Readonly<Record<string, string>>;
  /** Its machines are instances of the scenario's provider. */
  readonly rented: boolean;
}

/** A node group with what the provider says of its instance type. Throws InputError. */
export function sizedGroup({ cluster, source }: Scenario, group: NodeGroupSpec, index: number): SizedGroup {
  const { provider } = cluster;
  if (provider === undefined || !group.cloud) return { ...group, capacity: group.capacity ?? {}, rented: false };
  const { instanceType = '' } = group;
  const type = provider.instanceTypes.find(({ name }) => name === instanceType);
  if (type === undefined) {
    const known = provider.instanceTypes.map(({ name }) => name);
    const path = ['cluster', 'nodeGroups', index, 'instanceType'];
    throw source.error(path, unknownName('instance type', instanceType, known));
  }
  const { cpu, memory, gpu, maxPods } = type;
  const capacity = {
    cpu,
    memory,
    ...(gpu === undefined ? {} : { 'nvidia.com/gpu': String(gpu) }),
    ...(maxPods === undefined ? {} : { pods: String(maxPods) }),
  };
  return { ...group, capacity, region: group.region ?? provider.region, rented: true };
}
