import type { EtcdCluster } from '../etcd/cluster.ts';
import type { TimedFault } from './timed-fault.ts';

/** Faults of the control plane's own machines. */
export const CONTROL_PLANE_FAULTS = ['etcd-leader-loss', 'etcd-partition', 'etcd-slow-disk', 'etcd-stall'] as const;

export type ControlPlaneFault = (typeof CONTROL_PLANE_FAULTS)[number];

export function isControlPlaneFault(kind: string): kind is ControlPlaneFault {
  return (CONTROL_PLANE_FAULTS as readonly string[]).includes(kind);
}

/** Does to etcd what a timed fault says. */
export class ControlPlaneDamage {
  readonly #etcd: EtcdCluster;

  constructor(etcd: EtcdCluster) {
    this.#etcd = etcd;
  }

  strike(fault: number, kind: ControlPlaneFault, { members, factor }: TimedFault): void {
    const etcd = this.#etcd;
    switch (kind) {
      case 'etcd-leader-loss':
        etcd.strike(fault, etcd.choose('leader'), 'down');
        return;
      case 'etcd-partition':
        etcd.strike(fault, etcd.choose(members ?? 'leader'), 'cut');
        return;
      case 'etcd-slow-disk':
        etcd.strike(fault, etcd.choose(members ?? 'all'), 'slow', factor);
        return;
      case 'etcd-stall':
        etcd.strike(fault, etcd.choose(members ?? 'all'), 'frozen');
    }
  }

  release(fault: number): void {
    this.#etcd.release(fault);
  }
}
