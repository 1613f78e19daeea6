import { podRequests } from '../api/pod-requests.ts';
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

/** The next address of the node's /24 that is not taken; after it is exhausted they are given out again. */
export function freeAddress(node: NodeRecord, taken: (address: string) => boolean): string {
  const network = podNetwork(node.index);
  let address = '';
  for (let tries = 0; tries < 254; tries++) {
    address = `${network}.${1 + (node.addressesGiven++ % 254)}`;
    if (node.addressesGiven <= 254 || !taken(address)) break;
  }
  return address;
}
