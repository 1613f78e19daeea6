import type { Pod } from '../../sim/api/core.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import type { Plugin } from '../../sim/scheduler/framework.ts';
import { portsCollide } from '../../sim/scheduler/host-ports.ts';
import { hostPortsOf } from '../../sim/scheduler/pod-class.ts';
import { SKIP, unschedulable } from '../../sim/scheduler/status.ts';

const REFUSED = unschedulable("node(s) didn't have free ports for the requested pod ports");

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
        hint: ({ podClass }, { before }) => portsCollide(podClass.spec.hostPorts, hostPortsOf((before as Pod).spec)),
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
