import { describe, expect, it } from 'vitest';
import { clusterMaker } from '../../../../test/support/scenario-cluster.ts';
import type { KubeNode, Pod } from '../../api/core.ts';
import { Invariants } from '../../checks/invariants.ts';
import type { Cluster } from '../../cluster.ts';
import { SECOND, seconds } from '../../kernel/time.ts';

const READY = '.status.conditions.[] | select(.type == "Ready") | .status';

/** A stage of pods. */
function stage(name: string, selector: readonly string[], rest: string): string {
  const expressions = selector.map((one) => `      - { key: ${one} }`).join('\n');
  return `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: ${name} }
spec:
  resourceRef: { kind: Pod }
  selector:
    matchExpressions:
${expressions}
${rest}`;
}

const ALIVE = '.metadata.deletionTimestamp, operator: DoesNotExist';
const PENDING = '.status.phase, operator: In, values: [Pending]';
const RUNNING = '.status.phase, operator: In, values: [Running]';
const runs = (more: string): string =>
  stage(
    'runs',
    [ALIVE, PENDING],
    `${more}
  next:
    statusTemplate: |
      phase: Running
      podIP: {{ PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace }}
      hostIP: {{ NodeIPWith .spec.nodeName }}
      conditions: [{ type: Ready, status: "True", lastTransitionTime: {{ Now | Quote }} }]`,
  );
const LEAVES = stage(
  'leaves',
  ['.metadata.deletionTimestamp, operator: Exists'],
  `  delay: { durationMilliseconds: 1000, jitterDurationFrom: { expressionFrom: .metadata.deletionTimestamp } }
  next: { delete: true }`,
);

interface Parts {
  readonly pods?: number;
  readonly annotations?: string;
  readonly rest?: string;
  readonly stages?: string;
}

/** Two nodes, and pods of their own that name one of them. */
async function started(stages: readonly string[], { pods = 1, annotations = '{}', rest = '', stages: of = '' }: Parts) {
  const indented = stages.join('\n---').replaceAll('\n', '\n    ');
  const manifests = Array.from(
    { length: pods },
    (_, index) =>
      `{ apiVersion: v1, kind: Pod, metadata: { name: p${index}, annotations: ${annotations} }, spec: { nodeName: n-${index % 2}, containers: [{ name: c, image: i }] } }`,
  );
  const make = await clusterMaker(`
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: test }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 2, capacity: { cpu: 8, memory: 16Gi, pods: 1000 } }] }
stages:
  ${of}
  inline: |${indented}
workloads:
  - name: pods
    inline: [${manifests.join(', ')}]
${rest}`);
  return { make, cluster: run(make()) };
}

function run(cluster: Cluster): Cluster {
  new Invariants(cluster.server);
  cluster.start();
  return cluster;
}

const pod = ({ server }: Cluster, name = 'p0'): Pod | undefined => server.get<Pod>('Pod', 'default', name);
const until = (cluster: Cluster, time: number): void => void cluster.run({ until: seconds(time) });

/** When pods were first in a phase, by name; seconds. */
function phases(cluster: Cluster, phase: string): Map<string, number> {
  const times = new Map<string, number>();
  cluster.server.observe(({ kind, object, time }) => {
    const { name } = object.metadata;
    if (kind === 'Pod' && (object as Pod).status.phase === phase && !times.has(name)) times.set(name, time / SECOND);
  });
  return times;
}

describe('stages of pods', () => {
  it('play after their delay, in the place of the kubelet', async () => {
    const { cluster } = await started([runs('  delay: { durationMilliseconds: 2000 }')], {});
    const running = phases(cluster, 'Running');
    until(cluster, 60);
    // Create and watch take some 20 ms before the two seconds, the patch some 10 ms after them.
    expect(running.get('p0')).toBeGreaterThan(2);
    expect(running.get('p0')).toBeLessThan(2.1);
    expect(pod(cluster)?.status).toMatchObject({ podIP: '10.128.0.1', hostIP: '172.16.0.0' });
    const uid = pod(cluster)?.metadata.uid ?? '';
    expect(cluster.kubelets.serving('n-0', uid).answer).toBe('serves');
    expect(cluster.kubelets.serving('n-1', uid).answer).toBe('refuses');
    // No kubelet has said anything of containers.
    expect(pod(cluster)?.status.containerStatuses).toBeUndefined();
  });

  it('wait between the duration and the jitter, or for what an annotation says', async () => {
    const delay = '  delay: { durationMilliseconds: 2000, jitterDurationMilliseconds: 6000 }';
    const { cluster } = await started([runs(delay)], { pods: 200 });
    const running = phases(cluster, 'Running');
    until(cluster, 60);
    const times = [...running.values()];
    expect(times).toHaveLength(200);
    expect(Math.min(...times)).toBeGreaterThan(2);
    expect(Math.max(...times)).toBeLessThan(6.2);
    // Uniform: the mean of 200 draws from [2, 6] s is 4 s, with a standard error of 4/√12/√200 = 0.08 s.
    const mean = times.reduce((sum, time) => sum + time, 0) / 200;
    expect(Math.abs(mean - 4.03)).toBeLessThan(0.3);

    const from = `  delay: { durationMilliseconds: 2000, durationFrom: { expressionFrom: '.metadata.annotations["wait"]' } }`;
    const cel = `  delay: { durationFrom: { cel: { expression: 'duration("1m30s")' } } }`;
    for (const delayed of [from, cel]) {
      const said = await started([runs(delayed)], { annotations: '{ wait: 1m30s }' });
      const later = phases(said.cluster, 'Running');
      until(said.cluster, 120);
      expect(later.get('p0')).toBeGreaterThan(90);
      expect(later.get('p0')).toBeLessThan(90.1);
    }
  });

  it('are chosen by weight', async () => {
    const fails = stage(
      'fails',
      [ALIVE, PENDING],
      `  weight: 1
  next: { statusTemplate: "phase: Failed" }`,
    );
    const { cluster } = await started([runs('  weight: 3'), fails], { pods: 400 });
    until(cluster, 60);
    const failed = cluster.server.list<Pod>('Pod').items.filter(({ status }) => status.phase === 'Failed').length;
    // A quarter of 400, with a standard deviation of √(400 · 1/4 · 3/4) = 8.7.
    expect(Math.abs(failed - 100)).toBeLessThan(35);
  });

  it('follow one another, tell events, and remove the pod within its grace period', async () => {
    const ends = stage(
      'ends',
      [ALIVE, RUNNING, `'${READY}', operator: In, values: ['True']`],
      `  delay: { durationMilliseconds: 5000 }
  next:
    event: { type: Normal, reason: Ended, message: it has ended }
    statusTemplate: "phase: Succeeded"`,
    );
    const rest = '  - { name: gone, at: 20s, delete: [{ kind: Pod, name: p0 }] }';
    const { cluster } = await started([runs(''), ends, LEAVES], { rest });
    const told: string[] = [];
    cluster.events.observe(({ reason, name, time }) => told.push(`${reason} ${name} ${Math.floor(time / SECOND)}`));
    const done = phases(cluster, 'Succeeded');
    let gone = 0;
    cluster.server.observe(({ type, time }) => {
      if (type === 'DELETED') gone = time / SECOND;
    });
    until(cluster, 15);
    expect(done.get('p0')).toBeGreaterThan(5);
    expect(done.get('p0')).toBeLessThan(5.2);
    expect(told).toContain('Ended p0 5');
    until(cluster, 60);
    // A pod that has ended gets no grace: what is between one second and its deletionTimestamp is one second at most.
    expect(gone).toBeGreaterThan(20);
    expect(gone).toBeLessThan(21.2);
  });

  it('add and take finalizers, and patch what is not status', async () => {
    const first = stage(
      'first',
      [ALIVE, '.metadata.finalizers, operator: DoesNotExist'],
      `  next:
    finalizers: { add: [{ value: example.com/a }] }
    patches: [{ root: metadata, template: 'labels: { seen: "{{ .metadata.name }}" }' }]`,
    );
    const last = stage(
      'last',
      ['.metadata.deletionTimestamp, operator: Exists'],
      `  delay: { durationMilliseconds: 3000 }
  next: { finalizers: { empty: true }, delete: true }`,
    );
    const rest = '  - { name: gone, at: 20s, delete: [{ kind: Pod, name: p0 }] }';
    const { cluster } = await started([first, last], { rest });
    until(cluster, 10);
    expect(pod(cluster)?.metadata).toMatchObject({ finalizers: ['example.com/a'], labels: { seen: 'p0' } });
    until(cluster, 22.9);
    expect(pod(cluster)).toBeDefined();
    until(cluster, 23.5);
    expect(pod(cluster)).toBeUndefined();
  });

  it('leave the pods of other nodes to their kubelets', async () => {
    const stages = 'nodes: { matchLabels: { kubernetes.io/hostname: n-0 } }';
    const { cluster } = await started([runs('  delay: { durationMilliseconds: 20000 }')], { pods: 2, stages });
    const running = phases(cluster, 'Running');
    until(cluster, 60);
    expect(running.get('p0')).toBeGreaterThan(20);
    expect(running.get('p1')).toBeLessThan(10);
    expect(pod(cluster, 'p1')?.status.containerStatuses).toHaveLength(1);
  });

  it('stand still while the machine does, and go on after it', async () => {
    const rest = 'faults: [{ at: 1s, kind: node-crash, nodes: [n-0], for: 5m }]';
    const { cluster } = await started([runs('  delay: { durationMilliseconds: 3000 }')], { rest });
    const running = phases(cluster, 'Running');
    until(cluster, 600);
    expect(running.get('p0')).toBeGreaterThan(303);
    expect(running.get('p0')).toBeLessThan(340);
  });

  it('that go round without an end stop the run', async () => {
    const rounds = stage(
      'rounds',
      [ALIVE],
      `  delay: { durationMilliseconds: 0, durationFrom: { expressionFrom: .spec.nothing } }
  next:
    patches: [{ template: 'metadata: { labels: { at: "{{ .metadata.resourceVersion }}" } }' }]`,
    );
    const { cluster } = await started([rounds], {});
    expect(() => until(cluster, 60)).toThrow(/test\.yaml:\d+:\d+: stage "rounds" and those around it go round/);
  });

  it('whose template makes no sense of a pod stop the run', async () => {
    const bad = stage('bad', [ALIVE, PENDING], '  next: { statusTemplate: "phase: {{ index .spec.containers 3 }}" }');
    const { cluster } = await started([bad], {});
    expect(() => until(cluster, 60)).toThrow(/stage "bad", for Pod default\/p0: .*index out of range: 3/);
  });
});

const NODE_UP = `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: up }
spec:
  resourceRef: { apiGroup: v1, kind: Node }
  selector:
    matchExpressions:
      - jq: { key: '${READY}', operator: NotIn, values: ['True'] }
      - cel: { expression: "!has(self.metadata.deletionTimestamp)" }
  delay: { durationMilliseconds: 4000 }
  next:
    statusTemplate: |
      conditions:
      {{ range NodeConditions }}
      - { type: {{ .type }}, status: {{ .status | Quote }}, reason: {{ .reason }}, message: {{ .message | Quote }} }
      {{ end }}`;

it('stages of nodes say when they are Ready, in the place of their kubelets', async () => {
  const { cluster } = await started([NODE_UP], {});
  const conditions = (): KubeNode['status']['conditions'] =>
    cluster.server.get<KubeNode>('Node', '', 'n-0')?.status.conditions;
  until(cluster, 3.9);
  expect(conditions()).toEqual([]);
  until(cluster, 4.1);
  expect(conditions()).toHaveLength(5);
  // Pods have no stages here: their kubelet sees to them.
  until(cluster, 30);
  expect(pod(cluster)?.status.containerStatuses).toHaveLength(1);
});

it('a run that is saved while stages wait goes on as if nothing had been', async () => {
  const ends = stage(
    'ends',
    [ALIVE, RUNNING],
    '  delay: { durationMilliseconds: 4000, jitterDurationMilliseconds: 9000 }\n  next: { statusTemplate: "phase: Succeeded" }',
  );
  const delay = '  delay: { durationMilliseconds: 1000, jitterDurationMilliseconds: 9000 }';
  const { make, cluster } = await started([runs(delay), ends], { pods: 20 });
  until(cluster, 5);
  const branch = make();
  branch.restore(cluster.save());
  for (const one of [cluster, branch]) until(one, 60);
  expect(branch.server.list('Pod').items).toEqual(cluster.server.list('Pod').items);
  expect(branch.server.list<Pod>('Pod').items.every(({ status }) => status.phase === 'Succeeded')).toBe(true);
});
