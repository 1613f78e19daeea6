import { z } from 'zod';
import { howMany, objectName, quantity, refuse, resourceList, stringMap } from './common.ts';
import { provider } from './provider.ts';

/** Where rows of a data file come from: relative to the scenario, or `${ORRERY_DATA}/…`. */
export const dataPath = z
  .string()
  .min(1)
  .describe("A file, relative to the scenario's folder; ${ORRERY_DATA} stands for the data folder.");

export const taint = z.strictObject({
  key: z.string().min(1).describe("The taint's key."),
  value: z.string().optional().describe("The taint's value."),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .describe('What it does to pods that do not tolerate it.'),
});

const image = z.strictObject({
  name: z.string().min(1).describe('The image, as pods name it.'),
  size: quantity.prefault('200M').describe('Its size in bytes.'),
});

const attributeValue = z
  .union([z.string(), z.int(), z.boolean(), z.strictObject({ version: z.string().min(1) })], {
    error: () => 'a text, a whole number, true or false, or {version: 1.2.3}',
  })
  .describe('A text, a whole number, true or false, or {version: 1.2.3} for a semantic version.');

const attributeName = z.string().regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z_][A-Za-z0-9_]{0,31}$/, {
  error: 'not a name of up to 32 letters, digits and "_", with a domain and "/" before it if need be',
});

/** Source: resource/v1 ResourceSliceMaxDevices. */
const MOST_DEVICES = 128;

const deviceGroup = z
  .strictObject({
    driver: objectName.max(63).describe('The driver that publishes them, such as gpu.example.com.'),
    name: objectName.describe('Devices are called <name>-0, <name>-1 …'),
    count: z.int().min(1).max(MOST_DEVICES).default(1).describe('How many on each node.'),
    attributes: z
      .record(attributeName, attributeValue)
      .default({})
      .describe('What selectors see as device.attributes[driver].<name>.'),
    capacity: z
      .record(attributeName, quantity)
      .default({})
      .describe('What selectors see as device.capacity[driver].<name>.'),
  })
  .describe('Devices for dynamic resource allocation: each node publishes a ResourceSlice a driver.');

export const nodeGroup = z
  .strictObject({
    name: objectName.describe('Nodes are called <name>-0, <name>-1 …'),
    count: howMany(0).describe('How many nodes.'),
    capacity: resourceList
      .optional()
      .describe(
        "What each node has: cpu, memory, and any other resource. pods defaults to the kubelet's maxPods. With a " +
          'cluster.provider it follows from the instance type.',
      ),
    allocatable: resourceList.optional().describe('What pods may use of it; the capacity where absent.'),
    labels: stringMap.default({}).describe('Labels besides the well-known ones, which are set.'),
    taints: z.array(taint).default([]).describe('Taints of each node.'),
    zones: z
      .array(z.string().min(1))
      .default([])
      .describe('Zones the nodes are dealt to, in turn (topology.kubernetes.io/zone).'),
    region: z.string().optional().describe('topology.kubernetes.io/region.'),
    instanceType: z
      .string()
      .optional()
      .describe('node.kubernetes.io/instance-type; with a cluster.provider, one of its instance types.'),
    spot: z.boolean().default(false).describe("Whether the provider's instances are spot instances."),
    autoscaling: z
      .strictObject({
        min: howMany(0).default(0).describe('So many at least.'),
        max: howMany(1).describe('So many at most.'),
      })
      .optional()
      .describe('The cluster autoscaler changes the number of nodes, between these.'),
    devices: z.array(deviceGroup).default([]).describe('Devices on each node that ResourceClaims can ask for.'),
    images: z.array(image).default([]).describe('Images on each node from the start.'),
    staticPods: z
      .strictObject({
        manifests: z
          .union([dataPath.transform((path) => [path]), z.array(dataPath).min(1)], {
            error: () => 'a path or a list of paths',
          })
          .optional()
          .describe('Files with Pods.'),
        inline: z
          .union([z.string(), z.array(z.record(z.string(), z.unknown()))], {
            error: () => 'Pods as a text block or a list',
          })
          .optional()
          .describe('Pods, written here.'),
      })
      .optional()
      .describe(
        'Pods in the folder of each kubelet (staticPodPath), which it runs whether or not there is an API server.',
      ),
    cloud: z
      .boolean()
      .default(true)
      .describe('Whether the nodes are instances of a cloud provider, which notices when one is gone.'),
  })
  .superRefine((group, context) => {
    for (const required of group.capacity === undefined ? [] : ['cpu', 'memory']) {
      if (group.capacity?.[required] === undefined) {
        refuse(context, `${required} is missing`, 'a quantity such as 8 (cpu) or 32Gi (memory)', [
          'capacity',
          required,
        ]);
      }
    }
    const devices = new Map<string, number>();
    const names = new Set<string>();
    for (const [index, { driver, name, count }] of group.devices.entries()) {
      const total = (devices.get(driver) ?? 0) + count;
      devices.set(driver, total);
      const path = ['devices', index];
      if (total > MOST_DEVICES) refuse(context, 'too many devices of one driver', `at most ${MOST_DEVICES}`, path);
      if (names.has(`${driver} ${name}`)) {
        refuse(context, `two groups of devices are called "${name}"`, 'names that differ', [...path, 'name']);
      }
      names.add(`${driver} ${name}`);
    }
    for (const resource of Object.keys(group.allocatable ?? {})) {
      if (resource !== 'pods' && group.capacity !== undefined && group.capacity[resource] === undefined) {
        refuse(context, 'allocatable without a capacity', Object.keys(group.capacity).join(', '), [
          'allocatable',
          resource,
        ]);
      }
    }
  });

/** `cluster:` the machines, from groups, Node manifests or a trace's node list, or several of them together. */
export const cluster = z
  .strictObject({
    nodeGroups: z.array(nodeGroup).default([]).describe('Groups of like nodes.'),
    manifests: z
      .union([dataPath.transform((path) => [path]), z.array(dataPath)], { error: () => 'a path or a list of paths' })
      .default([])
      .describe('Node manifests (YAML or JSON). Nodes that carry no conditions are taken to be Ready.'),
    trace: z
      .strictObject({
        format: z.enum(['openb']).describe('Format of the node list.'),
        nodes: dataPath.describe('The node list.'),
        maxNodes: z.int().min(1).optional().describe('Take the first so many only.'),
      })
      .optional()
      .describe("A trace's node list."),
    provider: provider.optional(),
    controlPlaneZone: z
      .string()
      .min(1)
      .optional()
      .describe('Where the control plane stands, for zone-partition; in no zone of the nodes where absent.'),
  })
  .superRefine((value, context) => {
    if (value.nodeGroups.length + value.manifests.length === 0 && value.trace === undefined) {
      refuse(context, 'the cluster has no nodes', 'nodeGroups, manifests or trace');
    }
    for (const [index, group] of value.nodeGroups.entries())
      checkGroup(group, value.provider !== undefined, index, context);
    const seen = new Map<string, number>();
    for (const [index, group] of value.nodeGroups.entries()) {
      if (seen.has(group.name)) {
        refuse(context, `two node groups are called "${group.name}"`, 'names that differ', [
          'nodeGroups',
          index,
          'name',
        ]);
      }
      seen.set(group.name, index);
    }
  })
  .describe('The machines.');

type Group = z.output<typeof nodeGroup>;

/** What a node group says has to go with whether there is a provider. */
function checkGroup(group: Group, hasProvider: boolean, index: number, context: z.RefinementCtx): void {
  const at = (field: string): (string | number)[] => ['nodeGroups', index, field];
  const rented = hasProvider && group.cloud;
  if (!rented) {
    if (group.capacity === undefined) {
      refuse(context, 'the capacity is missing', 'such as {cpu: 8, memory: 32Gi}', at('capacity'));
    }
    const needs = hasProvider ? 'cloud: true' : 'a cluster.provider';
    if (group.spot) refuse(context, 'spot instances need a provider', needs, at('spot'));
    if (group.autoscaling !== undefined) refuse(context, 'autoscaling needs a provider', needs, at('autoscaling'));
    return;
  }
  if (group.instanceType === undefined) {
    refuse(context, 'the instance type is missing', "one of the provider's", at('instanceType'));
  }
  if (group.capacity !== undefined) {
    refuse(context, 'the capacity follows from the instance type', 'no capacity, or cloud: false', at('capacity'));
  }
  if (group.autoscaling === undefined) return;
  const { min, max } = group.autoscaling;
  if (max < min) refuse(context, 'max lies below min', `at least ${min}`, [...at('autoscaling'), 'max']);
  if (group.count < min || group.count > max) {
    refuse(context, 'the count lies outside of autoscaling', `${min} to ${max}`, at('count'));
  }
  if (group.devices.length > 0) refuse(context, 'groups that are autoscaled have no devices', undefined, at('devices'));
}
