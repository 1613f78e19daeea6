import type { KubeNode } from '../../sim/api/core.ts';
import type { Draft } from '../../sim/api/meta.ts';
import type { Device, DeviceClass, ResourceClaim, ResourceSlice } from '../../sim/api/resource.ts';
import type { ApiServer } from '../../sim/apiserver/api-server.ts';
import type { ApiRequest } from '../../sim/apiserver/request.ts';
import { allocate, heldDevices } from '../../sim/devices/allocator.ts';
import { gatherPools } from '../../sim/devices/pools.ts';
import type { Purpose } from '../../sim/kernel/random.ts';

/** What the benchmark's driver publishes of a node. Source: test/integration/scheduler_perf/dra.go, resourceSlice. */
export function driverSlice(driver: string, node: string, count: number): Draft & { readonly spec: object } {
  const devices = Array.from({ length: count }, (_, i): Device => ({
    name: `instance-${i}`,
    attributes: {
      model: { string: 'A100' },
      family: { string: 'GPU' },
      driverVersion: { version: '1.2.3' },
      'dra.example.com/numa': { int: i },
    },
    capacity: { memory: { value: '1Gi' } },
  }));
  const pool = { name: node, generation: 1, resourceSliceCount: 1 };
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceSlice',
    metadata: { name: node },
    spec: { driver, nodeName: node, pool, devices },
  };
}

/** Whether the whole of a name is what a pattern stands for: `*`, `?` and `[…]`. Source: Go's path/filepath, Match. */
export function matcher(pattern: string): (name: string) => boolean {
  const parts = pattern.match(/\[\^?[^\]]+\]|[^]/g) ?? [];
  const text = parts.map((part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.length > 1 ? part : part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  });
  const whole = new RegExp(`^${text.join('')}$`);
  return (name) => whole.test(name);
}

/**
 * Writes that give every claim of a namespace (of all, where it is empty) its devices on some node, without a pod. One after
 * the other takes the first node that has them, of nodes in an order that is drawn anew for each.
 * Undefined: one of them gets none. Source: test/integration/scheduler_perf/dra.go, allocResourceClaimsOp.
 */
export function claimAllocations(server: ApiServer, namespace: string, draws: Purpose): ApiRequest[] | undefined {
  const nodes = [...server.list<KubeNode>('Node').items];
  const slices = server.list<ResourceSlice>('ResourceSlice').items;
  const pools = new Map(nodes.map((node) => [node, gatherPools(slices, node)]));
  const all = server.list<ResourceClaim>('ResourceClaim').items;
  const taken = new Set(all.flatMap(({ status }) => (status?.allocation ? heldDevices(status.allocation) : [])));
  const state = {
    deviceClass: (name: string) => server.get<DeviceClass>('DeviceClass', '', name),
    isAllocated: (device: string) => taken.has(device),
  };
  const requests: ApiRequest[] = [];
  for (const [i, claim] of all.entries()) {
    const { namespace: home = '', name } = claim.metadata;
    if (claim.status?.allocation !== undefined || (namespace !== '' && home !== namespace)) continue;
    const allocation = inDrawnOrder(nodes, draws, i, (node) => allocate([claim], node, pools.get(node) ?? [], state));
    if (allocation === undefined) return undefined;
    for (const device of heldDevices(allocation[0]!)) taken.add(device);
    const target = { kind: 'ResourceClaim', namespace: home, name } as const;
    requests.push({
      verb: 'patch',
      ...target,
      subresource: 'status',
      patch: { status: { allocation: allocation[0] } },
    });
  }
  return requests;
}

/** The first answer, of nodes in an order that is drawn as far as it is needed. */
function inDrawnOrder<T>(
  nodes: KubeNode[],
  draws: Purpose,
  identity: number,
  answer: (node: KubeNode) => T | undefined,
): T | undefined {
  for (let i = 0; i < nodes.length; i++) {
    const drawn = i + draws.integer(identity, i, nodes.length - i);
    const node = nodes[drawn] as KubeNode;
    nodes[drawn] = nodes[i] as KubeNode;
    nodes[i] = node;
    const found = answer(node);
    if (found !== undefined) return found;
  }
  return undefined;
}
