import type { Micros } from '../kernel/time.ts';
import { MINUTE } from '../kernel/time.ts';
import { isComponentFault } from './component-damage.ts';
import { isControlPlaneFault } from './control-plane-damage.ts';
import type { FaultKind, MachineFault } from './timed-fault.ts';

/** What has a fault: where a machine stands, or the machine itself. */
const OF_THE_PLACE: readonly FaultKind[] = ['zone-outage', 'partition', 'partition-in', 'partition-out'];

const OF_THE_MACHINE: readonly FaultKind[] = [
  'node-crash',
  'node-freeze',
  'runtime-outage',
  'node-reboot',
  'instance-gone',
  'spot-reclaim',
  'slow-pulls',
  'slow-node',
  'memory-leak',
  'disk-full',
  'flapping',
];

const ENDED_BY_REBOOT: readonly FaultKind[] = ['node-freeze', 'runtime-outage', 'memory-leak', 'flapping'];

/** A spot instance is given two minutes' notice. */
const NOTICE: Readonly<Partial<Record<FaultKind, Micros>>> = { 'spot-reclaim': 2 * MINUTE };

/** Whether a machine that comes to the place has the fault as well. */
export function isOfPlace(kind: FaultKind): boolean {
  return OF_THE_PLACE.includes(kind);
}

/** Whether a new machine is without the fault. */
export function isOfMachine(kind: FaultKind): boolean {
  return OF_THE_MACHINE.includes(kind);
}

/** Whether a fault takes the machine away. */
export function isGone(kind: FaultKind): boolean {
  return kind === 'instance-gone' || kind === 'spot-reclaim';
}

/** Whether power off and on ends a fault; a crash or a shutdown only if nothing else will end it. */
export function endsByReboot(kind: FaultKind, endIsPlanned: boolean): boolean {
  return ENDED_BY_REBOOT.includes(kind) || (!endIsPlanned && (kind === 'node-crash' || kind === 'node-shutdown'));
}

/** How long before it happens a fault is known, where nothing is said; undefined: it is not. */
export function noticeOf(kind: FaultKind): Micros | undefined {
  return NOTICE[kind];
}

/** What a fault does to machines; undefined for faults of other things. */
export function damageOf(kind: FaultKind): MachineFault | undefined {
  if (isControlPlaneFault(kind) || isComponentFault(kind)) return undefined;
  switch (kind) {
    case 'node-reboot':
      return 'node-crash';
    case 'api-server-outage':
    case 'zone-partition':
      return 'partition';
    case 'registry-outage':
    case 'flapping':
    case 'bad-rollout':
    case 'cordon':
    case 'drain':
    case 'pod-kill':
      return undefined;
    default:
      return kind;
  }
}
