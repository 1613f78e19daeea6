import type { LabelSelector } from '../api/meta.ts';
import type { Micros } from '../kernel/time.ts';
import type { ControlPlaneFault } from './control-plane-damage.ts';
import type { ComponentFault, WatchingProcess } from './component-damage.ts';

/**
 * What can happen to machines. node-crash: power lost, containers gone. node-shutdown: switched off in good order.
 * node-freeze: the kubelet stops, containers run on. partition: cut off from the API server, containers run on;
 * partition-out: only what the node says is lost, partition-in: only what it would hear. zone-outage: the place has no
 * power, whatever machine stands there. slow-pulls: image pulls take longer; slow-node: everything does. memory-leak and
 * disk-full: something on the node takes of either besides its pods. kubelet-restart: it ends and starts again.
 * runtime-outage: the container runtime answers nothing, containers run on.
 */
export const MACHINE_FAULTS = [
  'node-crash',
  'node-shutdown',
  'node-freeze',
  'partition',
  'partition-in',
  'partition-out',
  'zone-outage',
  'instance-gone',
  'spot-reclaim',
  'slow-pulls',
  'slow-node',
  'memory-leak',
  'disk-full',
  'kubelet-restart',
  'runtime-outage',
] as const;

export type MachineFault = (typeof MACHINE_FAULTS)[number];

/** Faults that are made of others: a kubelet that hangs by turns, an update that does one node after the other harm. */
export const COMPOSED_FAULTS = ['flapping', 'bad-rollout'] as const;

export type ComposedFault = (typeof COMPOSED_FAULTS)[number];

/** Faults of what all nodes share. */
export const SHARED_FAULTS = ['api-server-outage', 'registry-outage', 'zone-partition'] as const;

export type SharedFault = (typeof SHARED_FAULTS)[number];

/** What a timed fault can be; the rest is done by people, or to the control plane. */
export type FaultKind =
  | MachineFault
  | ComposedFault
  | SharedFault
  | ControlPlaneFault
  | ComponentFault
  | 'node-reboot'
  | 'cordon'
  | 'drain'
  | 'pod-kill';

/** How a fault does what it does; what a kind has no use for is absent. */
export interface FaultDetail {
  /** For slow-pulls, slow-node and etcd-slow-disk: how many times as long. */
  readonly factor?: number | undefined;
  /** For memory-leak and disk-full: bytes that are taken every second; and, for disk-full, what part of it at once. */
  readonly perSecond?: number | undefined;
  readonly share?: number | undefined;
  /** For flapping: from one fall to the next. For bad-rollout: from one batch to the next. */
  readonly everyMicros?: Micros | undefined;
  /** For bad-rollout: nodes a batch, and what becomes of them. */
  readonly batch?: number | undefined;
  readonly effect?: MachineFault | undefined;
  /** For zone-partition: the zones that do not reach each other. */
  readonly zones?: readonly string[] | undefined;
}

/** A fault that happens at a given time. At most one of `nodes`, `selector`, `zone` and `group` chooses the nodes. */
export interface TimedFault extends FaultDetail {
  readonly at: Micros;
  /** Absent: to the end of the run, or until the failure response does something about it. */
  readonly forMicros?: Micros;
  /** It is known so long before. */
  readonly warningMicros?: Micros;
  readonly kind: FaultKind;
  readonly nodes?: readonly string[];
  /** By the labels the machines were given with. */
  readonly selector?: LabelSelector;
  readonly zone?: string;
  readonly group?: string;
  /** Only so many of the nodes (or pods, for pod-kill), drawn by the seed. */
  readonly count?: number;
  /** For pod-kill. */
  readonly pods?: { readonly namespace?: string; readonly selector?: LabelSelector };
  /** For etcd's faults: the leader, so many of its followers, or all. */
  readonly members?: 'leader' | 'all' | number;
  /** For watch-lag and watch-cut: whose watches; kube-controller-manager's where absent. */
  readonly process?: WatchingProcess;
}

/** What the failure response has done about a node. reboot: power off and on. replace: a new instance of the same name. */
export type RepairKind = 'reboot' | 'replace';

/** That a fault or a repair began or ended, for the record. */
export interface FaultNotice {
  readonly time: Micros;
  readonly kind: FaultKind | RepairKind;
  readonly nodes: readonly string[];
  readonly zone?: string;
  readonly phase: 'begin' | 'end';
  /** `timed`, or the name of the failure model or response. */
  readonly source: string;
}
