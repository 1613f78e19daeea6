import type { Pod } from '../../sim/api/core.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import { hostPortsOf } from '../../sim/scheduler/pod-class.ts';
import type { HostPort } from '../../sim/scheduler/pod-class.ts';
import { SKIP, unschedulable } from '../../sim/scheduler/status.ts';

const ANY_ADDRESS = '0.0.0.0';
const REFUSED = unschedulable("node(s) didn't have free ports for the requested pod ports");

/** Whether two pods could not be on one node for their ports: the same one of one protocol, at addresses that overlap. */
function collides(wanted: readonly HostPort[], taken: readonly HostPort[]): boolean {
  return wanted.some(({ ip, protocol, port }) =>
    taken.some(
      (other) =>
        other.port === port &&
        other.protocol === protocol &&
        (ip === other.ip || ip === ANY_ADDRESS || other.ip === ANY_ADDRESS),
    ),
  );
}

/** Keeps pods off nodes where one of their host ports is taken. */
export function nodePorts(): Plugin {
  return {
    name: 'NodePorts',
    scope: 'row',
    repeatable: true,
    events: [
      {
        resource: 'AssignedPod',
        action: Action.delete,
        hint: ({ podClass }, { before }) => collides(podClass.spec.hostPorts, hostPortsOf((before as Pod).spec)),
      },
      { resource: 'Node', action: Action.add },
    ],
    preFilter(_cycle, { podClass }) {
      return podClass.spec.hostPorts.length === 0 ? SKIP : undefined;
    },
    filter({ table }, { podClass }, { row }) {
      return podClass.spec.hostPorts.some((port) => table.portTaken(row, port)) ? REFUSED : undefined;
    },
  };
}
