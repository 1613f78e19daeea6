import { describe, expect, it } from 'vitest';
import type { KubeNode, Pod } from '../../src/sim/api/core.ts';
import type { EndpointSlice } from '../../src/sim/api/workloads.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import type { Change } from '../../src/sim/etcd/store.ts';
import { SECOND, seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';

/** The timeline of an abrupt node failure, as the constants of v1.34 imply it; seconds after the failure. */
const CRASH = 600;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

const scenario = (seed: number, fault: string): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: node-failure }
seed: ${seed}
duration: 30m
cluster:
  nodeGroups: [{ name: n, count: 6, capacity: { cpu: 4, memory: 8Gi }, zones: [a, b] }]
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 6
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: web, resources: { requests: { cpu: 500m } } }] }
      ---
      apiVersion: v1
      kind: Service
      metadata: { name: web }
      spec: { selector: { app: web }, ports: [{ port: 80 }] }
faults:
  - { at: ${CRASH}s, ${fault}, nodes: [n-1] }
`;

/** Times of the first writes that fit, in seconds after the failure. */
class Watcher {
  readonly cluster: Cluster;
  readonly #firsts = new Map<string, number>();

  constructor(cluster: Cluster, firsts: Readonly<Record<string, (change: Change) => boolean>>) {
    this.cluster = cluster;
    cluster.server.observe((change) => {
      const at = change.time / SECOND - CRASH;
      if (at < 0) return;
      for (const [name, fits] of Object.entries(firsts)) {
        if (!this.#firsts.has(name) && fits(change)) this.#firsts.set(name, at);
      }
    });
    cluster.start();
    cluster.run({ until: seconds(1800) });
  }

  at(name: string): number {
    const at = this.#firsts.get(name);
    if (at === undefined) throw new Error(`it never came to "${name}"`);
    return at;
  }
}

const node = ({ kind, key, object }: Change): KubeNode | undefined =>
  kind === 'Node' && key === 'n-1' ? (object as KubeNode) : undefined;
const podThere = ({ kind, object }: Change): Pod | undefined =>
  kind === 'Pod' && (object as Pod).spec.nodeName === 'n-1' ? (object as Pod) : undefined;
const unreachable = (change: Change, effect: string): boolean =>
  node(change)?.spec.taints?.some((taint) => taint.key.endsWith('/unreachable') && taint.effect === effect) === true;

const FIRSTS: Readonly<Record<string, (change: Change) => boolean>> = {
  unknown: (change) =>
    node(change)?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'Unknown') === true,
  noSchedule: (change) => unreachable(change, 'NoSchedule'),
  noExecute: (change) => unreachable(change, 'NoExecute'),
  terminating: (change) => podThere(change)?.metadata.deletionTimestamp !== undefined,
  removed: (change) => change.type === 'DELETED' && podThere(change) !== undefined,
  nodeDeleted: (change) => change.type === 'DELETED' && node(change) !== undefined,
  replacement: ({ kind, type }) => kind === 'Pod' && type === 'ADDED',
  endpointsLost: ({ kind, object }) =>
    kind === 'EndpointSlice' && (object as EndpointSlice).endpoints.some(({ conditions }) => !conditions.ready),
};

function between(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}

describe('a machine that loses its power, its node object staying', () => {
  it('is noticed after 39.6 to 55.1 s, tainted at once, and evicted 300 s later', async () => {
    const noticed: number[] = [];
    for (const seed of SEEDS) {
      const watcher = new Watcher((await clusterMaker(scenario(seed, 'kind: node-crash')))(), FIRSTS);
      const unknown = watcher.at('unknown');
      between(unknown, 39.6, 55.2);
      between(watcher.at('noSchedule') - unknown, 0, 0.2);
      between(watcher.at('noExecute') - unknown, 0, 0.3);
      between(watcher.at('endpointsLost') - unknown, 0, 0.3);
      between(watcher.at('terminating') - watcher.at('noExecute'), 299.9, 300.3);
      between(watcher.at('replacement') - watcher.at('terminating'), 0, 0.2);
      expect(() => watcher.at('removed')).toThrow('it never came');
      noticed.push(unknown);
    }
    const mean = noticed.reduce((sum, at) => sum + at, 0) / noticed.length;
    between(mean, 42, 53);
  });
});

describe('an instance that its provider takes away', () => {
  it('is deleted within 39.6 to 60.3 s, its pods collected between 80 and 141 s', async () => {
    for (const seed of SEEDS) {
      const watcher = new Watcher((await clusterMaker(scenario(seed, 'kind: instance-gone')))(), FIRSTS);
      between(watcher.at('nodeDeleted'), 39.6, 60.4);
      between(watcher.at('removed'), 80, 141);
    }
  });
});

describe('a machine that comes back in time', () => {
  it('keeps its pods and loses its taints', async () => {
    const cluster = (await clusterMaker(scenario(1, 'kind: node-crash, for: 2m')))();
    const watcher = new Watcher(cluster, FIRSTS);
    between(watcher.at('noExecute'), 39.6, 55.4);
    expect(() => watcher.at('terminating')).toThrow('it never came');
    expect(cluster.server.get<KubeNode>('Node', '', 'n-1')?.spec.taints ?? []).toEqual([]);
    const pods = cluster.server.list<Pod>('Pod', { fieldSelector: 'spec.nodeName=n-1' }).items;
    expect(pods.map(({ status }) => status.containerStatuses?.[0]?.restartCount)).toEqual(pods.map(() => 1));
  });
});
