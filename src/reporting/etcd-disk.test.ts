import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../test/support/scenario-cluster.ts';
import { SECOND, millis, seconds } from '../sim/kernel/time.ts';
import { EtcdDiskLedger } from './etcd-disk.ts';
import { Exposition } from './exposition.ts';

/** Values of one member's histogram by upper bound, with its sum and count. */
function read(ledger: EtcdDiskLedger, metric: 'wal_fsync' | 'backend_commit', member: number): Map<string, number> {
  const out = new Exposition();
  ledger.write(out);
  const pattern = new RegExp(
    `etcd_disk_${metric}_duration_seconds_(\\w+)\\{member="${member}"(?:,le="([^"]+)")?\\} (\\S+)`,
    'g',
  );
  return new Map([...out.end().matchAll(pattern)].map(([, part = '', le, value]) => [le ?? part, Number(value)]));
}

describe("etcd's disks in the metrics", () => {
  const latencies = {
    walFsyncLatency: { medianMilliseconds: 2, p99Milliseconds: 10 },
    backendCommitLatency: { medianMilliseconds: 4, p99Milliseconds: 4 },
  };

  it('have a write to the log for each revision, and a commit for each 100 ms that had any', () => {
    const ledger = new EtcdDiskLedger({ ...latencies, paces: [1, 1, 1] });
    for (let i = 0; i < 999; i++) ledger.wrote(i * millis(10));
    ledger.wrote(100 * SECOND);
    const fsyncs = read(ledger, 'wal_fsync', 2);
    expect([fsyncs.get('count'), fsyncs.get('+Inf')]).toEqual([1000, 1000]);
    // Half of them within the median, and 84 % within 2 ms · e^σ = 4 ms, as σ = ln 5 / 2.326 = 0.692.
    expect(fsyncs.get('0.002')).toBe(500);
    expect(fsyncs.get('0.004')).toBe(842);
    expect(fsyncs.get('sum')).toBeCloseTo(1000 * 0.002 * Math.exp(0.692 ** 2 / 2), 2);
    const commits = read(ledger, 'backend_commit', 0);
    expect([commits.get('count'), commits.get('0.002'), commits.get('0.004')]).toEqual([101, 0, 101]);
  });

  it('are slower while a fault slows them, and get nothing while they are cut off', async () => {
    const cluster = (
      await clusterMaker(`
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: disks }
duration: 1m
cluster: { nodeGroups: [{ name: n, count: 2, capacity: { cpu: 4, memory: 8Gi } }] }
apiLoad: [{ name: writer, verb: patch, requestsPerSecond: 50 }]
faults:
  - { at: 20s, for: 20s, kind: etcd-slow-disk, members: leader, factor: 20 }
  - { at: 20s, for: 20s, kind: etcd-partition, members: 1 }
`)
    )();
    const ledger = new EtcdDiskLedger(cluster.etcd);
    cluster.server.observe(({ time }) => ledger.wrote(time));
    cluster.start();
    cluster.run({ until: seconds(60) });
    const [leader, cut, other] = [0, 1, 2].map((member) => read(ledger, 'wal_fsync', member));
    const slow = (of: Map<string, number> | undefined): number => (of?.get('+Inf') ?? 0) - (of?.get('0.032') ?? 0);
    // A third of the writes met the slow disk, whose median is 2 ms · 20 · 1.5.
    expect(slow(leader) / (leader?.get('count') ?? 0)).toBeGreaterThan(0.2);
    expect(slow(other)).toBe(0);
    expect((cut?.get('count') ?? 0) / (other?.get('count') ?? 1)).toBeCloseTo(2 / 3, 1);
  });
});
