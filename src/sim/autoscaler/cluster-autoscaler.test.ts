import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../test/support/scenario-cluster.ts';
import type { KubeNode, Pod } from '../api/core.ts';
import type { Cluster } from '../cluster.ts';
import { seconds } from '../kernel/time.ts';

interface Given {
  readonly groups: string;
  readonly workloads?: string;
  readonly provider?: string;
  readonly expander?: string;
  readonly faults?: string;
  readonly settings?: string;
}

/** Machines of four processors; instances boot in 40 s, kubelets register 15 s later. */
const scenario = ({
  groups,
  workloads = '',
  provider = '',
  expander = 'least-waste',
  settings = '',
}: Given): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: autoscaled }
duration: 2h
components:
  kubelet: { imagesPresent: all }
  clusterAutoscaler: { ${settings} }
cluster:
  provider:
    instanceTypes:
      - { name: m, cpu: 4, memory: 16Gi, price: 0.2, spotPrice: 0.06 }
      - { name: l, cpu: 8, memory: 32Gi, price: 0.4 }
      - { name: g, cpu: 8, memory: 32Gi, gpu: 2, price: 3 }
    boot: 40s
    ${provider}
  nodeGroups:
    - { name: base, instanceType: m, zones: [a], count: 1 }
    ${groups}
policies: { reconcile: { expander: ${expander} } }
workloads:
  ${workloads === '' ? '[]' : workloads}
`;

const deployment = (name: string, replicas: number, cpu: string, at = '60s', spec = ''): string => `
  - name: ${name}
    at: ${at}
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: ${name} }
      spec:
        replicas: ${replicas}
        selector: { matchLabels: { app: ${name} } }
        template:
          metadata: { labels: { app: ${name} } }
          spec:
            containers: [{ name: c, image: app, resources: { requests: { cpu: ${cpu} } } }]
            ${spec}
`;

/** A DaemonSet whose pods take half a processor of each node. */
const DAEMON = `
  - name: agent
    inline: |
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: { name: agent }
      spec:
        selector: { matchLabels: { app: agent } }
        template:
          metadata: { labels: { app: agent } }
          spec: { containers: [{ name: c, image: app, resources: { requests: { cpu: 500m } } }] }
`;

interface Noted {
  readonly at: number;
  readonly reason: string;
  readonly name: string;
  readonly message: string;
}

async function watched(given: Given): Promise<{ cluster: Cluster; noted: Noted[]; until: (time: number) => void }> {
  const cluster = (await clusterMaker(scenario(given)))();
  const noted: Noted[] = [];
  cluster.events.observe(({ time, component, reason, name, message }) => {
    if (component === 'cluster-autoscaler') noted.push({ at: time / 1e6, reason, name, message });
  });
  cluster.start();
  return { cluster, noted, until: (time) => void cluster.run({ until: seconds(time) }) };
}

const nodesOf = (cluster: Cluster): string[] =>
  cluster.server.list<KubeNode>('Node').items.map(({ metadata }) => metadata.name);
const running = (cluster: Cluster): Pod[] =>
  cluster.server.list<Pod>('Pod').items.filter(({ status }) => status.phase === 'Running');

const ONE = '- { name: more, instanceType: m, zones: [a], count: 0, autoscaling: { max: 5 } }';

describe('pods that no node takes', () => {
  it('make a group grow within 2 to 12 s, once, and run when the node is there', async () => {
    const { cluster, noted, until } = await watched({ groups: ONE, workloads: deployment('web', 2, '3') });
    until(300);
    const triggered = noted.filter(({ reason }) => reason === 'TriggeredScaleUp');
    expect(triggered).toHaveLength(1);
    expect(triggered[0]?.message).toBe('pod triggered scale-up: [{more 0->1 (max: 5)}]');
    const decided = (triggered[0]?.at ?? 0) - 60;
    expect(decided).toBeGreaterThanOrEqual(2);
    expect(decided).toBeLessThanOrEqual(12.5);
    const node = cluster.server.get<KubeNode>('Node', '', 'more-0');
    const registered = cluster.calendar.micros(node?.metadata.creationTimestamp ?? '') / 1e6 - 60;
    // 40 s boot and 15 s start-up; timestamps are cut to seconds.
    expect(registered).toBeGreaterThan(decided + 55 - 1);
    expect(registered).toBeLessThan(decided + 55 + 0.1);
    expect(running(cluster)).toHaveLength(2);
    expect(cluster.autoscaler?.counts).toMatchObject({ scaleUps: 1, nodesAdded: 1 });
  });

  it('are packed onto as many nodes as they need beside the pods of DaemonSets', async () => {
    const workloads = DAEMON + deployment('web', 10, '1');
    const { cluster, until } = await watched({ groups: ONE, workloads });
    until(200);
    // 3.5 processors are left on each node: three pods; ten pods need base and three more.
    expect(nodesOf(cluster).sort()).toEqual(['base-0', 'more-0', 'more-1', 'more-2']);
    expect(running(cluster).filter(({ metadata }) => metadata.labels?.['app'] === 'web')).toHaveLength(10);
    expect(cluster.autoscaler?.counts.scaleUps).toBe(1);
  });

  it('make nodes of a group that has none yet, by its labels and taints; pods with GPUs wait for others 30 s', async () => {
    const groups = `- name: gpu
      instanceType: g
      zones: [a]
      count: 0
      labels: { pool: gpu }
      taints: [{ key: gpu, effect: NoSchedule }]
      autoscaling: { max: 5 }
    ${ONE}`;
    const wants = 'nodeSelector: { pool: gpu }\n            tolerations: [{ key: gpu, operator: Exists }]';
    const workloads = deployment('train', 3, '1, nvidia.com/gpu: 1', '60s', wants);
    const { cluster, noted, until } = await watched({ groups, workloads });
    until(300);
    const [first] = noted.filter(({ reason }) => reason === 'TriggeredScaleUp');
    expect(first?.message).toContain('gpu 0->2');
    expect(first?.at).toBeGreaterThan(89);
    expect(first?.at).toBeLessThan(101);
    expect(running(cluster)).toHaveLength(3);
    expect(new Set(running(cluster).map(({ spec }) => spec.nodeName))).toEqual(new Set(['gpu-0', 'gpu-1']));
  });

  it('are told that nothing helps where they are larger than any node, and no node comes', async () => {
    const { cluster, noted, until } = await watched({ groups: ONE, workloads: deployment('web', 1, '5') });
    until(200);
    expect(noted.map(({ reason }) => reason)).toEqual(['NotTriggerScaleUp']);
    expect(nodesOf(cluster)).toEqual(['base-0']);
  });

  const TWO = `- { name: spot, instanceType: m, spot: true, zones: [a], count: 0, autoscaling: { max: 5 } }
    - { name: large, instanceType: l, zones: [a, b], count: 0, autoscaling: { max: 5 } }`;
  const needs = deployment('full', 1, '4', '1s') + deployment('web', 7, '1');
  it.each([
    // Seven processors: two nodes of four leave one over, as one of eight; the memory that nobody asks for is wasted alike.
    ['price', 'spot', 2],
    ['least-nodes', 'large', 1],
    [
      '{ use: priority, with: { priorities: [{ priority: 1, groups: [spot] }, { priority: 5, groups: ["^lar"] }] } }',
      'large',
      1,
    ],
    ['[most-pods, least-waste, least-nodes]', 'large', 1],
    [
      '{ use: priority, with: { priorities: [{ priority: 7, groups: [spot] }, { priority: 5, groups: [large] }] } }',
      'spot',
      2,
    ],
  ])('choose by %s', async (expander, group, count) => {
    const { cluster, until } = await watched({ groups: TWO, workloads: needs, expander });
    until(100);
    expect(cluster.provider?.instancesOf(group)).toHaveLength(count);
    expect(cluster.provider?.instancesOf(group === 'spot' ? 'large' : 'spot')).toHaveLength(0);
  });

  it('fall back on another group in the next loop where there is no stock, and the first is left alone for 5 minutes', async () => {
    const provider = 'stockOuts: [{ spot: true, at: 0s, for: 4m }]';
    const workloads = needs + deployment('later', 9, '1', '270s') + deployment('last', 9, '1', '400s');
    const { cluster, noted, until } = await watched({ groups: TWO, workloads, expander: 'price', provider });
    until(600);
    const ups = noted.filter(({ reason }) => reason === 'TriggeredScaleUp');
    const groups = new Map(ups.map(({ at, message }) => [at, /\[\{(\S+)/.exec(message)?.[1]]));
    // The stock-out is over at 240 s, the back-off only some 300 s after 70 s.
    expect([...groups.values()]).toEqual(['spot', 'large', 'large', 'spot']);
    const [first = 0, second = 0] = groups.keys();
    expect(second - first).toBeGreaterThan(10);
    expect(second - first).toBeLessThan(11);
    expect(cluster.autoscaler?.counts.failedScaleUps).toBe(1);
    expect(running(cluster)).toHaveLength(26);
  });

  it('give a node up that has not registered after 15 minutes, and try another group', async () => {
    const groups = `${ONE}\n    - { name: other, instanceType: l, zones: [a], count: 0, autoscaling: { max: 5 } }`;
    const workloads = deployment('web', 2, '3');
    const { cluster, noted, until } = await watched({ groups, workloads, expander: '[least-waste, price]' });
    // Its kubelet starts, and cannot reach the API server.
    until(110);
    cluster.kubelets.partition('more-0', true);
    until(1100);
    const ups = noted.filter(({ reason }) => reason === 'TriggeredScaleUp').map(({ at, message }) => [at, message]);
    const [[first], [second, where]] = ups as [[number, string], [number, string]];
    expect(second - first).toBeGreaterThan(900);
    expect(second - first).toBeLessThan(912);
    expect(where).toContain('other 0->1');
    expect(cluster.provider?.instancesOf('more')).toEqual([]);
    expect(running(cluster)).toHaveLength(2);
  });
});

describe('nodes that nobody needs', () => {
  const job = (pods: number, duration: string): string => `
  - name: batch
    at: 60s
    inline: |
      apiVersion: batch/v1
      kind: Job
      metadata: { name: batch }
      spec:
        parallelism: ${pods}
        completions: ${pods}
        template:
          metadata: { annotations: { orrery.dev/duration: ${duration} } }
          spec: { restartPolicy: Never, containers: [{ name: c, image: app, resources: { requests: { cpu: "2.5" } } }] }
`;

  it('go 10 minutes after they are empty', async () => {
    const { cluster, noted, until } = await watched({ groups: ONE, workloads: job(3, '12m') });
    const ends = new Map<string, number>();
    cluster.server.observe(({ kind, key, object, time }) => {
      const done = kind === 'Pod' && (object as Pod).status.phase === 'Succeeded';
      if (done && !ends.has(key)) ends.set(key, time / 1e6);
    });
    until(400);
    expect(nodesOf(cluster)).toHaveLength(3);
    until(1600);
    const finished = Math.max(...ends.values());
    const gone = noted.filter(({ message }) => message === 'node removed by cluster autoscaler');
    expect(gone).toHaveLength(2);
    // Unneeded from the next loop on, then more than 10 minutes, then 5 s between taint and removal.
    for (const { at } of gone) {
      expect(at - finished).toBeGreaterThanOrEqual(605);
      expect(at - finished).toBeLessThanOrEqual(627);
    }
    until(1700);
    expect(nodesOf(cluster)).toEqual(['base-0']);
    expect(cluster.provider?.groups.target('more')).toBe(0);
  });

  it('stay where a group has its minimum', async () => {
    const groups = '- { name: more, instanceType: m, zones: [a], count: 2, autoscaling: { min: 1, max: 5 } }';
    const { cluster, until } = await watched({ groups });
    until(800);
    expect(cluster.provider?.instancesOf('more')).toHaveLength(1);
  });

  const half = '- { name: more, instanceType: m, zones: [a], count: 2, autoscaling: { max: 5 } }';
  // One pod of each lands on each of three nodes.
  const spread = (spec = ''): string =>
    deployment(
      'web',
      3,
      '1',
      '1s',
      `topologySpreadConstraints: [{ maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: { app: web } } }]\n            ${spec}`,
    );
  const APART =
    'affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: web } } }] } }';
  const budget = (minAvailable: number): string => `
  - name: budget
    inline: |
      apiVersion: policy/v1
      kind: PodDisruptionBudget
      metadata: { name: web }
      spec: { minAvailable: ${minAvailable}, selector: { matchLabels: { app: web } } }
`;

  it('are drained one after the other, within the budgets', async () => {
    const { cluster, until } = await watched({ groups: half, workloads: spread() + budget(2) });
    until(100);
    expect(new Set(running(cluster).map(({ spec }) => spec.nodeName)).size).toBe(3);
    let least = 3;
    cluster.server.observe(({ kind }) => {
      if (kind !== 'Pod') return;
      const ready = running(cluster).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      least = Math.min(least, ready.length);
    });
    until(1000);
    expect(nodesOf(cluster)).toEqual(['base-0']);
    expect(running(cluster).map(({ spec }) => spec.nodeName)).toEqual(['base-0', 'base-0', 'base-0']);
    expect(least).toBe(2);
  });

  it('are drained of pods of DaemonSets as well, and not held up by pods of their kubelets', async () => {
    const own = 'apiVersion: v1, kind: Pod, metadata: { name: own, namespace: kube-system }';
    const statics = `staticPods: { inline: [{ ${own}, spec: { containers: [{ name: c, image: own }] } }] }`;
    const groups = half.replace('autoscaling:', `${statics}, autoscaling:`);
    const { cluster, until } = await watched({
      groups,
      workloads: DAEMON + spread(),
    });
    until(100);
    const names = (): string[] => cluster.server.list<Pod>('Pod').items.map(({ metadata }) => metadata.name);
    expect(names()).toContain('own-more-0');
    const evicted = new Set<string>();
    cluster.server.observeRequests(({ verb, name }, { ok }) => verb === 'evict' && ok && evicted.add(name));
    until(900);
    expect(nodesOf(cluster)).toEqual(['base-0']);
    expect([...evicted].filter((name) => name.startsWith('agent'))).toHaveLength(2);
  });

  it.each([
    ['a budget allows no eviction', spread() + budget(3)],
    ['a pod has data on the node', spread('volumes: [{ name: data, emptyDir: {} }]')],
    [
      'a pod says so',
      spread().replace(
        'labels: { app: web } }',
        'labels: { app: web }, annotations: { cluster-autoscaler.kubernetes.io/safe-to-evict: "false" } }',
      ),
    ],
    ['their pods find no room elsewhere', spread(APART)],
  ])('stay while %s', async (_why, workloads) => {
    const { cluster, noted, until } = await watched({ groups: half, workloads });
    until(1200);
    expect(nodesOf(cluster)).toHaveLength(3);
    expect(noted).toEqual([]);
  });
});

describe('an autoscaled run', () => {
  it('goes on alike from a saved state, whatever is under way', async () => {
    const groups = '- { name: more, instanceType: m, zones: [a, b], count: 2, autoscaling: { max: 5 } }';
    const workloads = deployment('web', 3, '1', '1s') + deployment('burst', 4, '3', '100s');
    const make = await clusterMaker(
      scenario({ groups, workloads, settings: 'scaleDownUnneededTimeSeconds: 120, scaleDownDelayAfterAddSeconds: 60' }),
    );
    const end = (cluster: Cluster): string => {
      cluster.run({ until: seconds(900) });
      return `${cluster.server.hash} ${cluster.kernel.dispatched} ${JSON.stringify(cluster.autoscaler?.counts)}`;
    };
    const whole = make();
    whole.start();
    const expected = end(whole);
    for (const at of [50, 112, 130, 300, 500]) {
      const original = make();
      original.start();
      original.run({ until: seconds(at) });
      const branch = make();
      branch.restore(structuredClone(original.save()));
      expect(end(branch)).toBe(expected);
    }
  });
});
