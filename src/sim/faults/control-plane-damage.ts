import type { ApiFront } from '../apiserver/flow-control/api-front.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import type { EtcdCluster } from '../etcd/cluster.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { TimedFault } from './timed-fault.ts';

/** Faults of the control plane's own machines, and what people do about them. */
export const CONTROL_PLANE_FAULTS = [
  'etcd-leader-loss',
  'etcd-partition',
  'etcd-slow-disk',
  'etcd-stall',
  'etcd-defrag',
  'api-server-loss',
] as const;

export type ControlPlaneFault = (typeof CONTROL_PLANE_FAULTS)[number];

export function isControlPlaneFault(kind: string): kind is ControlPlaneFault {
  return (CONTROL_PLANE_FAULTS as readonly string[]).includes(kind);
}

/** What of the control plane faults can strike. */
export interface ControlPlane {
  readonly etcd: EtcdCluster;
  readonly server: ApiServer;
  /** Undefined where requests are not followed through the servers. */
  readonly front: ApiFront | undefined;
  /** Told when no API server is left, and when one is back. */
  reachable(isReachable: boolean): void;
}

/** Does to etcd and the API servers what a timed fault says. */
export class ControlPlaneDamage implements Saveable {
  readonly #controlPlane: ControlPlane;
  /** Servers that each fault has taken. */
  #lost = new Map<number, readonly number[]>();

  constructor(controlPlane: ControlPlane) {
    this.#controlPlane = controlPlane;
  }

  strike(fault: number, kind: ControlPlaneFault, { members, factor, count = 1 }: TimedFault): void {
    const { etcd, server } = this.#controlPlane;
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
        return;
      case 'etcd-defrag':
        server.defragment();
        return;
      case 'api-server-loss':
        this.#lose(fault, count);
    }
  }

  #lose(fault: number, count: number): void {
    const { front } = this.#controlPlane;
    if (front === undefined) return;
    const { servers } = front;
    const lost: number[] = [];
    for (let server = 0; server < servers.count && lost.length < count; server++) {
      if (servers.isUp(server)) lost.push(server);
    }
    for (const server of lost) front.lose(server);
    this.#lost.set(fault, lost);
    if (!this.#anyUp) this.#controlPlane.reachable(false);
  }

  get #anyUp(): boolean {
    const servers = this.#controlPlane.front?.servers;
    return servers === undefined || Array.from({ length: servers.count }, (_, i) => servers.isUp(i)).includes(true);
  }

  release(fault: number): void {
    this.#controlPlane.etcd.release(fault);
    const none = !this.#anyUp;
    for (const server of this.#lost.get(fault) ?? []) this.#controlPlane.front?.bringBack(server);
    this.#lost.delete(fault);
    if (none && this.#anyUp) this.#controlPlane.reachable(true);
  }

  save(): [number, readonly number[]][] {
    return [...this.#lost];
  }

  restore(saved: unknown): void {
    this.#lost = new Map(saved as [number, readonly number[]][]);
  }
}
