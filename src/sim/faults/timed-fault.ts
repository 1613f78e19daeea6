import type { LabelSelector } from '../api/meta.ts';
import type { Micros } from '../kernel/time.ts';
import type { ControlPlaneFault } from './control-plane-damage.ts';
import type { ComponentFault, WatchingProcess } from './component-damage.ts';

/**
 * What can happen to machines. node-crash: power lost, containers gone. node-freeze: the kubelet stops, containers run on.
 * partition: cut off from the API server, containers run on. zone-outage: the place has no power, whatever machine stands
 * there. slow-pulls: image pulls take longer.
 */
export type MachineFault = 'node-crash' | 'node-freeze' | 'partition' | 'zone-outage' | 'instance-gone' | 'slow-pulls';

/** What a timed fault can be; the rest is done by people, or to the control plane. */
export type FaultKind =
  | MachineFault
  | 'node-reboot'
  | 'cordon'
  | 'drain'
  | 'pod-kill'
  | 'api-server-outage'
  | ControlPlaneFault
  | ComponentFault;

/** A fault that happens at a given time. At most one of `nodes`, `selector`, `zone` and `group` chooses the nodes. */
export interface TimedFault {
  readonly at: Micros;
  /** Absent: to the end of the run, or until the failure response does something about it. */
  readonly forMicros?: Micros;
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
  /** For slow-pulls and etcd-slow-disk: how many times as long. */
  readonly factor?: number;
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
