import type { HostPort } from './pod-class.ts';

const ANY_ADDRESS = '0.0.0.0';

/** Whether two pods could not be on one node for their ports: the same one of one protocol, at addresses that overlap. */
export function portsCollide(wanted: readonly HostPort[], taken: readonly HostPort[]): boolean {
  return wanted.some(({ ip, protocol, port }) =>
    taken.some(
      (other) =>
        other.port === port &&
        other.protocol === protocol &&
        (ip === other.ip || ip === ANY_ADDRESS || other.ip === ANY_ADDRESS),
    ),
  );
}
