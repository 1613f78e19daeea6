import { beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/sim/cluster.ts';
import { MINUTE } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

const HOUR = 60 * MINUTE;
const NODES = 40;

/** Services with probes, a daemon on every node, pods that come and go for a while, and one node that dies. */
const QUIET = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: quiet}
seed: 11
duration: 12h
cluster:
  nodeGroups: [{name: node, count: ${NODES}, capacity: {cpu: 8, memory: 32Gi}, zones: [a, b]}]
workloads:
  - name: services
    copies: 4
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: service}
      spec:
        replicas: 30
        selector: {matchLabels: {app: service}}
        template:
          metadata: {labels: {app: service}}
          spec:
            containers:
              - name: main
                image: registry.example/service:1
                readinessProbe: {httpGet: {port: 80}}
                livenessProbe: {httpGet: {port: 80}}
                resources: {requests: {cpu: 250m, memory: 256Mi}}
  - name: agent
    inline: |
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: agent}
      spec:
        selector: {matchLabels: {app: agent}}
        template:
          metadata: {labels: {app: agent}}
          spec:
            tolerations: [{operator: Exists}]
            containers: [{name: main, image: 'registry.example/agent:1'}]
  - name: churn
    generator:
      pods: 60
      from: 5m
      arrivals: {constant: {every: 20s}}
      resources: {cpu: 100m, memory: 64Mi}
      lifetime: {lognormal: {median: 60s, p99: 300s}}
faults:
  - {at: 40m, kind: node-crash, nodes: [node-3], for: 30m}
`;

let make: Awaited<ReturnType<typeof clusterMaker>>;

beforeAll(async () => {
  make = await clusterMaker(QUIET);
});

function run(cluster: Cluster, until: number): Cluster {
  if (cluster.kernel.now === 0) cluster.start();
  cluster.run({ until });
  return cluster;
}

describe('a cluster in which nothing happens', () => {
  it('does the same where every renewal of a lease is an event of its own, at every hour', () => {
    const lazy = make({ heartbeats: 'lazy' });
    const plain = make({ heartbeats: 'plain' });
    for (let hour = 1; hour <= 12; hour++) {
      run(lazy, hour * HOUR);
      run(plain, hour * HOUR);
      expect([hour, lazy.server.hash, lazy.server.revision]).toEqual([hour, plain.server.hash, plain.server.revision]);
    }
    // A renewal every 10 to 10.4 s from each node, but for the half hour in which one was down.
    const renewals = (NODES * 12 * HOUR) / (10.4 * 1e6) - (30 * MINUTE) / (10 * 1e6);
    expect(plain.kernel.dispatched - lazy.kernel.dispatched).toBeGreaterThan(renewals);
  });

  it('costs what kubelets report of their nodes every five minutes, and nothing for its pods', () => {
    const cluster = run(make(), 6 * HOUR);
    const { dispatched } = cluster.kernel;
    const { revision } = cluster.server;
    run(cluster, 12 * HOUR);
    const reports = (NODES * 6 * HOUR) / (5 * MINUTE);
    expect(cluster.server.revision - revision).toBeLessThanOrEqual(reports);
    expect(cluster.server.revision - revision).toBeGreaterThan(0.95 * reports);
    // The report, its commit, and its way to four watches; besides, passes over what is to be collected.
    const events = cluster.kernel.dispatched - dispatched;
    expect(events / reports).toBeGreaterThan(5.7);
    const passes = (6 * HOUR) / (20 * 1e6) + (6 * HOUR) / (5 * MINUTE);
    expect(events).toBeLessThan(6 * reports + 2 * passes);
  });
});
