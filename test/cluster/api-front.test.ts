import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/sim/api/core.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { SECOND, seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

const scenario = (apiServer: string, more: string, replicas = 150): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: front }
duration: 10m
cluster:
  nodeGroups: [{ name: n, count: 20, capacity: { cpu: 16, memory: 64Gi } }]
components:
  apiServer: ${apiServer}
workloads:
  - name: web
    at: 10s
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: ${replicas}
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: web, resources: { requests: { cpu: 500m } } }] }
${more}
`;

/** Lists that a server of one slow core could never keep up with: 200 a second, 6 ms each with a hundred pods. */
const FLOOD = `
apiLoad:
  - { name: tenant, verb: list, kind: Pod, requestsPerSecond: 200, clients: 2, groups: ['system:serviceaccounts'], at: 20s, for: 10s }
`;

interface Seen {
  readonly cluster: Cluster;
  /** From a pod's creation to its binding, in seconds, of pods created in the flood. */
  readonly waits: readonly number[];
  readonly codes: ReadonlyMap<string, number>;
}

async function ran(yaml: string, until: number): Promise<Seen> {
  const cluster = (await clusterMaker(yaml))();
  const created = new Map<string, number>();
  const waits: number[] = [];
  const codes = new Map<string, number>();
  cluster.server.observe(({ kind, type, object, previous, time }) => {
    if (kind !== 'Pod') return;
    const { metadata, spec } = object as Pod;
    if (type === 'ADDED') created.set(metadata.uid, time);
    const bound = spec.nodeName !== undefined && (previous as Pod | undefined)?.spec.nodeName === undefined;
    const at = created.get(metadata.uid);
    if (bound && at !== undefined && at > seconds(20.5)) waits.push((time - at) / SECOND);
  });
  cluster.server.observeRequests((_request, result) => {
    const code = result.ok ? 'ok' : String(result.status.code);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  });
  cluster.start();
  cluster.run({ until: seconds(until) });
  return { cluster, waits, codes };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a flood of lists', () => {
  const slow = '{ cpuCores: 1, listCpuMicrosecondsPerObject: 60 }';
  // ReplicaSets are created at the manager's 20 a second, so pods keep coming while the flood lasts.
  const replicas = 500;

  it('is queued and rejected by priority and fairness, and the scheduler hardly waits', async () => {
    const fair = await ran(scenario(slow, FLOOD, replicas), 30);
    const { flow, loads } = fair.cluster.controlPlane;
    const rejected = [...(flow?.figures.rejected.keys() ?? [])];
    expect(rejected).toContain('workload-low service-accounts queue-full');
    expect(rejected.every((key) => key.startsWith('workload-low '))).toBe(true);
    expect(fair.codes.get('429')).toBeGreaterThan(100);
    expect(loads[0]?.sent).toBeGreaterThan(1500);
    const first = await ran(scenario(slow.replace('}', ', enablePriorityAndFairness: false }'), FLOOD, replicas), 30);
    expect(first.codes.get('429')).toBeGreaterThan(100);
    expect(fair.waits.length).toBeGreaterThan(20);
    expect(mean(first.waits) / mean(fair.waits)).toBeGreaterThan(5);
  });

  it('can be saved and resumed in the middle', async () => {
    const make = await clusterMaker(scenario(slow, FLOOD));
    const whole = make();
    whole.start();
    whole.run({ until: seconds(23) });
    const resumed = make();
    resumed.restore(structuredClone(whole.save()));
    for (const cluster of [whole, resumed]) cluster.run({ until: seconds(30) });
    expect(resumed.server.hash).toBe(whole.server.hash);
    expect(resumed.controlPlane).toEqual(whole.controlPlane);
  });
});

describe("users' priority levels and flow schemas", () => {
  it('set noisy clients apart while the run lasts: the operator beside them is answered at once again', async () => {
    const yaml = await readFile(new URL('../../scenarios/api-fairness.yaml', import.meta.url), 'utf8');
    const cluster = (await clusterMaker(yaml))();
    cluster.start();
    const operator = (until: number): { sent: number; answered: number; atOnce: number } => {
      cluster.run({ until: seconds(until) });
      const { flow, loads } = cluster.controlPlane;
      const { sent = 0, answered = 0 } = loads.find(({ name }) => name === 'operator') ?? {};
      return { sent, answered, atOnce: flow?.figures.waited.get('workload-low operations')?.[0] ?? 0 };
    };
    const before = operator(120);
    expect(before.answered / before.sent).toBeLessThan(0.5);
    const then = operator(150);
    const after = operator(180);
    // Save for one on its way at each of the two instants.
    expect(Math.abs(after.answered - then.answered - (after.sent - then.sent))).toBeLessThanOrEqual(1);
    expect(Math.abs(after.atOnce - then.atOnce - (after.sent - then.sent))).toBeLessThanOrEqual(1);
    const { flow } = cluster.controlPlane;
    // ⌈600 · 20 / 265⌉, and nothing borrowed.
    expect(flow?.levels.find(({ name }) => name === 'crawling')).toMatchObject({ nominal: 46, limit: 46 });
    expect(flow?.figures.rejected.get('crawling crawling queue-full')).toBeGreaterThan(10_000);
  });
});

describe('an API server behind the balancer', () => {
  it('is lost, and others take its clients: the roll-out goes on', async () => {
    const fault = 'faults: [{ at: 12s, for: 20s, kind: api-server-loss }]';
    const { cluster, codes } = await ran(scenario('{ replicas: 3 }', fault), 120);
    const running = cluster.server.list<Pod>('Pod').items.filter(({ status }) => status.phase === 'Running');
    expect(running).toHaveLength(150);
    expect(codes.get('503') ?? 0).toBeGreaterThan(0);
    expect(codes.get('503') ?? 0).toBeLessThan(100);
  });

  it('is the only one: nothing is written, nodes are not heard, until it is back', async () => {
    const fault = 'faults: [{ at: 12s, for: 90s, kind: api-server-loss }]';
    const { cluster } = await ran(scenario('{ replicas: 1 }', fault), 101);
    const { revision } = cluster.server;
    cluster.run({ until: seconds(102) - 1 });
    expect(cluster.server.revision).toBe(revision);
    cluster.run({ until: seconds(240) });
    expect(cluster.server.list<Pod>('Pod').items.every(({ status }) => status.phase === 'Running')).toBe(true);
  });
});

describe('followed through a server that is never busy', () => {
  it('requests fare as if they were not', async () => {
    const plain = await ran(scenario('{}', ''), 60);
    const followed = await ran(scenario('{ followRequests: true, cpuCores: 0 }', ''), 60);
    // Latencies are drawn at the server then, not as requests leave: some writes meet others than they did.
    expect(Math.abs(followed.cluster.server.revision - plain.cluster.server.revision)).toBeLessThan(10);
    expect(followed.cluster.controlPlane.flow?.figures.rejected.size).toBe(0);
  });
});
