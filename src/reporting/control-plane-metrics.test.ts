import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../test/support/scenario-cluster.ts';
import { seconds } from '../sim/kernel/time.ts';
import { writeControlPlane, writeRequestDurations } from './control-plane-metrics.ts';
import { DurationTally } from './duration-tally.ts';
import { Exposition } from './exposition.ts';

describe("the control plane's metrics", () => {
  it('tell of etcd, of each priority level, and of loads, under the real names', async () => {
    const make = await clusterMaker(`
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: metrics }
duration: 1m
cluster: { nodeGroups: [{ name: n, count: 2, capacity: { cpu: 4, memory: 8Gi } }] }
apiLoad: [{ name: reader, verb: get, requestsPerSecond: 10, groups: ['system:serviceaccounts'] }]
faults: [{ at: 10s, for: 5s, kind: etcd-leader-loss }]
`);
    const cluster = make();
    cluster.start();
    cluster.run({ until: seconds(30) });
    const out = new Exposition();
    writeControlPlane(out, cluster.controlPlane);
    const text = out.end();
    for (const line of [
      'etcd_server_has_leader 1',
      'etcd_server_leader_changes_seen_total 1',
      'apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-low"} 245',
      'apiserver_flowcontrol_current_inqueue_requests{priority_level="workload-low"} 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    const dispatched =
      /dispatched_requests_total\{priority_level="workload-low",flow_schema="service-accounts"\} (\d+)/.exec(text);
    expect(Number(dispatched?.[1])).toBeGreaterThan(200);
    expect(text).toMatch(/etcd_mvcc_db_total_size_in_bytes [1-9]\d{3,}\n/);
    expect(text).toMatch(/request_wait_duration_seconds_bucket\{.*le="\+Inf"\} \d+/);
  });

  it('count how long requests took, by buckets', () => {
    const durations = new DurationTally([0.1, 1]);
    for (const took of [0.05, 0.1, 0.5, 3]) durations.add('bind', 'Pod', took);
    const out = new Exposition();
    writeRequestDurations(out, durations, { bind: 'POST' });
    const series = 'apiserver_request_duration_seconds_bucket{verb="POST",resource="pods",request="bind"';
    for (const [le, count] of [
      ['0.1', 2],
      ['1.0', 3],
      ['+Inf', 4],
    ] as const) {
      expect(out.end()).toContain(`${series},le="${le}"} ${count}\n`);
    }
    expect(out.end()).toContain('_sum{verb="POST",resource="pods",request="bind"} 3.65\n');
  });
});
