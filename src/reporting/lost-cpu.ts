import { rounded } from './csv-table.ts';
import type { Exposition } from './exposition.ts';

/** Time that running containers have lost at the processor, in microseconds. */
export interface LostCpu {
  /** Stopped by a limit. */
  readonly throttled: number;
  /** Runnable, but others had the processor. */
  readonly waiting: number;
  /** In whose CFS periods the limit was reached. */
  readonly limited: number;
}

/** A CFS period, in seconds. Source: pkg/kubelet/cm/helpers_linux.go QuotaPeriod. */
const CFS_PERIOD = 0.1;

/** Figures of the summary; none where no container has lost any. */
export function lostCpuMetrics(lost: LostCpu | undefined): Readonly<Record<string, number>> {
  if (lost === undefined || (lost.throttled === 0 && lost.waiting === 0)) return {};
  return {
    cpu_throttled_seconds: rounded(lost.throttled / 1e6),
    cpu_waiting_seconds: rounded(lost.waiting / 1e6),
  };
}

/** What cadvisor says of containers, of all of them together. */
export function writeLostCpu(out: Exposition, { throttled, waiting, limited }: LostCpu): void {
  const name = (what: string): string => `container_cpu_cfs_throttled_${what}`;
  out.family(name('seconds'), 'counter', 'Time for which limits have stopped containers.');
  out.sample(name('seconds_total'), {}, rounded(throttled / 1e6));
  out.family(name('periods'), 'counter', 'CFS periods in which containers reached their limits.');
  out.sample(name('periods_total'), {}, Math.round(limited / 1e6 / CFS_PERIOD));
  out.family('container_pressure_cpu_waiting_seconds', 'counter', 'Time in which containers waited for the processor.');
  out.sample('container_pressure_cpu_waiting_seconds_total', {}, rounded(waiting / 1e6));
}
