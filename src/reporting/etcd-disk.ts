import { errorFunction } from 'simple-statistics';
import type { LatencySettings } from '../sim/settings.ts';
import { millis } from '../sim/kernel/time.ts';
import type { Micros } from '../sim/kernel/time.ts';
import { rounded } from './csv-table.ts';
import type { Exposition } from './exposition.ts';

/** What of etcd's disks is looked at; an EtcdCluster is one. */
export interface EtcdDisks {
  /** How many times as long as usual each member's disk takes now; 0: it is not written to. One list as long as nothing changes. */
  readonly paces: readonly number[];
  readonly walFsyncLatency: LatencySettings;
  readonly backendCommitLatency: LatencySettings;
}

/** Upper bounds in seconds: 1 ms, each twice the one before, 14 of them. Source: etcd server/storage/wal/metrics.go. */
const BUCKETS = Array.from({ length: 14 }, (_, i) => rounded(0.001 * 2 ** i));

/** What was written is put into the backend so often, if there is anything. Source: server/storage/backend/backend.go. */
const BATCH_INTERVAL: Micros = millis(100);

/** The standard normal distribution's 0.99 quantile. */
const Z99 = 2.3263478740408408;

/** How often members' disks were written to at one set of paces. */
interface Stretch {
  readonly paces: readonly number[];
  fsyncs: number;
  commits: number;
}

/**
 * Counts what etcd's members write to their disks: every revision to the log, and every 100 ms that had any to the database.
 * How long that took is the distribution that the run's own times are drawn from: a histogram of so many draws of it, in
 * the mean. So counting costs one addition a write, and nothing is drawn.
 */
export class EtcdDiskLedger {
  readonly #disks: EtcdDisks;
  #stretches: Stretch[] = [];
  /** When the batch that is being gathered is committed. */
  #batch: Micros = 0;

  constructor(disks: EtcdDisks) {
    this.#disks = disks;
  }

  /** Something was written. */
  wrote(time: Micros): void {
    const { paces } = this.#disks;
    let stretch = this.#stretches.at(-1);
    if (stretch?.paces !== paces) this.#stretches.push((stretch = { paces, fsyncs: 0, commits: 0 }));
    stretch.fsyncs++;
    if (time < this.#batch) return;
    stretch.commits++;
    this.#batch = time - (time % BATCH_INTERVAL) + BATCH_INTERVAL;
  }

  /** Writes both histograms, member by member. */
  write(out: Exposition): void {
    const { walFsyncLatency, backendCommitLatency, paces } = this.#disks;
    const family = (name: string, help: string, latency: LatencySettings, of: 'fsyncs' | 'commits'): void => {
      out.family(name, 'histogram', help, 'seconds');
      for (const member of paces.keys()) {
        const { counts, sum } = this.#histogram(member, latency, of);
        out.buckets(name, { member }, BUCKETS, counts, rounded(sum));
      }
    };
    family(
      'etcd_disk_wal_fsync_duration_seconds',
      "Writes of revisions to a member's log (leases and Events apart), as their distribution has them.",
      walFsyncLatency,
      'fsyncs',
    );
    family(
      'etcd_disk_backend_commit_duration_seconds',
      "Commits of what was written to a member's database, as their distribution has them.",
      backendCommitLatency,
      'commits',
    );
  }

  #histogram(
    member: number,
    { medianMilliseconds, p99Milliseconds }: LatencySettings,
    of: 'fsyncs' | 'commits',
  ): { readonly counts: readonly number[]; readonly sum: number } {
    const median = medianMilliseconds / 1000;
    const deviation = p99Milliseconds > medianMilliseconds ? Math.log(p99Milliseconds / medianMilliseconds) / Z99 : 0;
    const within = Array.from({ length: BUCKETS.length + 1 }, () => 0);
    let sum = 0;
    for (const stretch of this.#stretches) {
      const pace = stretch.paces[member] as number;
      const times = stretch[of];
      if (pace === 0 || times === 0) continue;
      sum += times * median * pace * Math.exp(deviation ** 2 / 2);
      for (const [i, bound] of BUCKETS.entries()) {
        within[i] = (within[i] as number) + times * shareWithin(bound, median * pace, deviation);
      }
      within[BUCKETS.length] = (within[BUCKETS.length] as number) + times;
    }
    // Rounded as sums up to each bound, so that the whole is what was counted.
    const whole = within.map(Math.round);
    return { counts: whole.map((count, i) => count - (whole[i - 1] ?? 0)), sum };
  }
}

/** The part of a lognormal distribution up to a bound. */
function shareWithin(bound: number, median: number, deviation: number): number {
  if (deviation === 0 || median === 0) return bound >= median ? 1 : 0;
  return (1 + errorFunction(Math.log(bound / median) / deviation / Math.SQRT2)) / 2;
}
