import type { KubeNode } from '../api/core.ts';
import { podRequests } from '../api/pod-requests.ts';
import { addressText, parseCidr, sizeOf } from '../api/cidr.ts';
import type { Environment } from '../environment.ts';
import type { NodeRecord } from './kubelet-state.ts';
import { podNetwork } from './node-object.ts';
import type { PodRecord } from './pod-record.ts';

/** Books what a pod asks for on its node. */
export function book(node: NodeRecord, record: PodRecord): void {
  record.booked = true;
  add(node, record, 1);
}

/** Gives it back, once. */
export function release(node: NodeRecord, record: PodRecord): void {
  if (!record.booked) return;
  record.booked = false;
  add(node, record, -1);
}

function add({ used }: NodeRecord, { pod }: PodRecord, sign: 1 | -1): void {
  for (const [resource, amount] of podRequests(pod.spec)) used.set(resource, (used.get(resource) ?? 0) + sign * amount);
  used.set('pods', (used.get('pods') ?? 0) + sign);
}

/**
 * The next address of the node's range that is not taken; after it is exhausted they are given out again. The range is its own
 * /24, or what the manager has given it.
 */
export function freeAddress(
  { server, settings }: Environment,
  node: NodeRecord,
  taken: (address: string) => boolean,
): string {
  const given = settings.controllerManager.allocateNodeCIDRs
    ? server.get<KubeNode>('Node', '', node.name)?.spec.podCIDR
    : undefined;
  const range = given === undefined ? undefined : parseCidr(given);
  const network = podNetwork(node.index);
  const hosts = range === undefined ? 254 : Number(sizeOf(range) - 2n);
  let address = '';
  for (let tries = 0; tries < hosts; tries++) {
    const host = 1 + (node.addressesGiven++ % hosts);
    address = range === undefined ? `${network}.${host}` : addressText(range, BigInt(host));
    if (node.addressesGiven <= hosts || !taken(address)) break;
  }
  return address;
}
