import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../test/support/scenario-cluster.ts';
import type { KubeNode, Pod } from '../api/core.ts';
import type { Cluster } from '../cluster.ts';
import type { FaultNotice } from '../faults/timed-fault.ts';
import { seconds } from '../kernel/time.ts';

interface Given {
  readonly spot?: string;
  readonly response?: string;
  readonly faults?: string;
  readonly kubelet?: string;
}

/** Two spot instances and one that stays, which boot in 40 s; a web of six pods. */
const scenario = ({ spot = '', response = '', faults = '', kubelet = '' }: Given): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: spot }
duration: 2h
components: { kubelet: { imagesPresent: all, ${kubelet} } }
cluster:
  provider:
    instanceTypes: [{ name: m, cpu: 4, memory: 16Gi, price: 0.2 }]
    boot: 40s
    spot: { ${spot} }
  nodeGroups:
    - { name: base, instanceType: m, zones: [a], count: 1 }
    - { name: spot, instanceType: m, spot: true, zones: [a, b], count: 2 }
policies: { failure: { ${response} } }
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
          spec: { containers: [{ name: c, image: app, resources: { requests: { cpu: 500m } } }] }
faults: [${faults}]
`;

async function watched(
  given: Given,
): Promise<{ cluster: Cluster; notices: FaultNotice[]; until: (at: number) => void }> {
  const cluster = (await clusterMaker(scenario(given)))();
  const notices: FaultNotice[] = [];
  cluster.faults.observe((notice) => notices.push(notice));
  cluster.start();
  return { cluster, notices, until: (time) => void cluster.run({ until: seconds(time) }) };
}

const told = (notices: readonly FaultNotice[]) =>
  notices.map(({ time, kind, nodes, phase, source }) => [Math.round(time / 1e6), kind, nodes.join(' '), phase, source]);
const podsOn = (cluster: Cluster, node: string): Pod[] =>
  cluster.server
    .list<Pod>('Pod')
    .items.filter(({ spec, metadata }) => spec.nodeName === node && metadata.deletionTimestamp === undefined);

describe('spot instances', () => {
  it('are taken back at the end of their lives, those that take their place as well; others are not', async () => {
    const { cluster, notices, until } = await watched({ spot: 'interruption: 300s' });
    until(800);
    // 300 s; missed after 30 s, booted after 40 s more, and 300 s again.
    expect(told(notices)).toEqual(
      [300, 670].flatMap((at, life) => {
        const nodes = life === 0 ? ['spot-0', 'spot-1'] : ['spot-2', 'spot-3'];
        const begins = nodes.map((node) => [at, 'spot-reclaim', node, 'begin', 'cloud-provider']);
        return [...begins, ...nodes.map((node) => [at, 'spot-reclaim', node, 'end', 'cloud-provider'])];
      }),
    );
    expect(cluster.provider?.instancesOf('spot').map(({ name }) => name)).toEqual(['spot-4', 'spot-5']);
    expect(cluster.provider?.instancesOf('base').map(({ name }) => name)).toEqual(['base-0']);
  });

  it('have a notice on which they can be drained', async () => {
    const { cluster, until } = await watched({
      spot: 'interruption: 300s, notice: 100s',
      response: 'response: drain-on-warning',
    });
    until(199);
    expect(podsOn(cluster, 'spot-0').length + podsOn(cluster, 'spot-1').length).toBeGreaterThan(2);
    until(240);
    expect(cluster.server.get<KubeNode>('Node', '', 'spot-0')?.spec.unschedulable).toBe(true);
    expect([...podsOn(cluster, 'spot-0'), ...podsOn(cluster, 'spot-1')]).toEqual([]);
    expect(podsOn(cluster, 'base-0')).toHaveLength(6);
  });

  it('may be told to shut down at the notice: kubelets end the pods in good order', async () => {
    const { cluster, until } = await watched({
      spot: 'interruption: 300s, notice: 30s, shutdownAtNotice: true',
      kubelet: 'shutdownGracePeriodSeconds: 20',
    });
    const ended = new Map<string, string>();
    cluster.server.observe(({ kind, key, object, time }) => {
      if (kind !== 'Pod') return;
      const { phase, reason } = (object as Pod).status;
      if (phase === 'Failed' && !ended.has(key)) ended.set(key, `${Math.floor(time / 1e6)} ${reason ?? ''}`);
    });
    until(269);
    const before = podsOn(cluster, 'spot-0').length + podsOn(cluster, 'spot-1').length;
    until(299);
    expect(ended.size).toBe(before);
    for (const one of ended.values()) expect(one).toMatch(/^27[0-3] Terminated$/);
    expect(cluster.kubelets.machineState('spot-0')).toBe('off');
    until(301);
    expect(cluster.kubelets.machineState('spot-0')).toBe('gone');
  });
});

describe('instances that are launched while the run lasts', () => {
  const LOST = '{ at: 100s, kind: instance-gone, nodes: [spot-1] }';

  it('can be struck like those that were there', async () => {
    const faults = `${LOST}, { at: 300s, kind: node-crash, group: spot, for: 60s }`;
    const { cluster, notices, until } = await watched({ faults });
    until(310);
    expect(told(notices).at(-1)).toEqual([300, 'node-crash', 'spot-0 spot-2', 'begin', 'timed']);
    expect(cluster.kubelets.machineState('spot-2')).toBe('off');
    until(400);
    expect(cluster.kubelets.machineState('spot-2')).toBe('running');
  });

  it('have no power where their zone has none', async () => {
    const faults = `${LOST}, { at: 150s, kind: zone-outage, zone: b, for: 200s }`;
    const { cluster, until } = await watched({ faults });
    until(200);
    expect(cluster.kubelets.machineState('spot-2')).toBe('off');
    until(380);
    expect(cluster.kubelets.machineState('spot-2')).toBe('running');
  });

  it('take the place of one that is given back, under a name of their own', async () => {
    const faults = '{ at: 100s, kind: node-crash, nodes: [spot-1] }';
    const { cluster, notices, until } = await watched({
      faults,
      response: 'response: { use: replace, with: { after: 2m } }',
    });
    until(600);
    const names = cluster.server.list<KubeNode>('Node').items.map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(['base-0', 'spot-0', 'spot-2']);
    expect(told(notices).filter(([, kind]) => kind === 'replace')).toHaveLength(2);
    expect(told(notices).filter(([, , , phase]) => phase === 'begin')).toHaveLength(2);
  });

  it('are part of what is saved, with what befalls them', async () => {
    const make = await clusterMaker(
      scenario({
        spot: 'interruption: { exponential: { mean: 400s } }, notice: 60s',
        response: 'response: drain-on-warning',
        faults: '{ at: 200s, kind: partition, zone: b, for: 300s }',
      }),
    );
    const end = (cluster: Cluster): string => {
      cluster.run({ until: seconds(1500) });
      return `${cluster.server.hash} ${cluster.kernel.dispatched}`;
    };
    const whole = make();
    whole.start();
    const expected = end(whole);
    expect(whole.kubelets.machines.length).toBeGreaterThan(6);
    for (const at of [250, 450, 800]) {
      const original = make();
      original.start();
      original.run({ until: seconds(at) });
      const saved = structuredClone(original.save());
      const branch = make();
      branch.restore(saved);
      expect(end(branch)).toBe(expected);
      original.run({ until: seconds(at + 300) });
      original.restore(saved);
      expect(end(original)).toBe(expected);
    }
  });
});
