import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Arrival } from '../../src/sim/arrivals.ts';
import { Invariants } from '../../src/sim/checks/invariants.ts';
import { Cluster } from '../../src/sim/cluster.ts';
import type { ClusterOptions } from '../../src/sim/cluster.ts';
import type { TimedFault } from '../../src/sim/faults/timed-fault.ts';
import { SECOND, seconds } from '../../src/sim/kernel/time.ts';
import { DEFAULT_SETTINGS } from '../../src/sim/default-settings.ts';
import { IndexedSource } from '../../src/workloads/arrivals/indexed-source.ts';
import { scenarioPolicies } from '../../src/scenario-policies.ts';
import type { ChosenPolicies } from '../../src/policies/registry.ts';
import { parseScenario } from '../../src/workloads/scenario.ts';
import { propertyRuns, propertyTimeout } from '../property-runs.ts';

/** How long each small cluster is watched. */
const SPAN = 600;

const PLAIN = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: plain }
duration: 10m
cluster: { nodeGroups: [{ name: n, count: 1, capacity: { cpu: 1, memory: 1Gi } }] }
`;

let policies: ChosenPolicies;

beforeAll(async () => {
  policies = await scenarioPolicies(parseScenario(PLAIN, 'plain.yaml'), (failure) => {
    throw failure;
  });
});

const ZONES = ['a', 'b'];

const node = fc.record({
  cpu: fc.integer({ min: 1, max: 8 }),
  memory: fc.integer({ min: 1, max: 16 }),
  pods: fc.integer({ min: 2, max: 20 }),
  zone: fc.constantFrom(...ZONES),
  cloud: fc.boolean(),
});

const template = fc.record({
  cpu: fc.integer({ min: 50, max: 3000 }),
  memory: fc.integer({ min: 16, max: 4096 }),
  init: fc.boolean(),
  grace: fc.constantFrom(1, 5, 30),
  duration: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
  failure: fc.constantFrom(0, 0.3),
  readyAfter: fc.constantFrom<number>(0, 0, 7),
  hostPort: fc.constantFrom(undefined, undefined, 8080),
  unready: fc.constantFrom(undefined, undefined, 'every 60s for 25s'),
  unhealthy: fc.constantFrom(undefined, undefined, 'uniform(30s, 90s)'),
  growth: fc.constantFrom(undefined, undefined, '16Mi/1s'),
  sidecar: fc.boolean(),
});

type Template = typeof template extends fc.Arbitrary<infer T> ? T : never;

const workload = fc.record({
  kind: fc.constantFrom('Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'),
  template,
  replicas: fc.integer({ min: 1, max: 6 }),
  at: fc.integer({ min: 0, max: 300 }),
  /** What happens to it later: nothing, a new template, another size, its deletion. */
  later: fc.constantFrom('nothing', 'template', 'scale', 'delete'),
  after: fc.integer({ min: 5, max: 200 }),
});

const fault = fc.record({
  kind: fc.constantFrom<TimedFault['kind']>(
    'node-crash',
    'node-freeze',
    'partition',
    'zone-outage',
    'instance-gone',
    'node-reboot',
    'slow-pulls',
    'node-shutdown',
    'partition-in',
    'partition-out',
    'spot-reclaim',
    'slow-node',
    'memory-leak',
    'disk-full',
    'kubelet-restart',
    'runtime-outage',
    'flapping',
    'bad-rollout',
    'registry-outage',
    'cordon',
    'drain',
    'pod-kill',
    'api-server-outage',
  ),
  at: fc.integer({ min: 0, max: 500 }),
  lasts: fc.integer({ min: 1, max: 300 }),
  node: fc.nat(),
  zone: fc.constantFrom(...ZONES),
});

const world = fc.record({
  seed: fc.nat(1_000_000),
  nodes: fc.array(node, { minLength: 1, maxLength: 6 }),
  workloads: fc.array(workload, { minLength: 1, maxLength: 4 }),
  faults: fc.array(fault, { maxLength: 4 }),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function podTemplate(name: string, given: Template, policy: string): object {
  const { cpu, memory, init, grace, duration, failure, readyAfter, hostPort, unready, unhealthy, growth, sidecar } =
    given;
  const annotations = {
    'orrery.dev/ready-after': `${readyAfter}s`,
    'orrery.dev/failure-probability': String(failure),
    ...(duration === undefined ? {} : { 'orrery.dev/duration': `${duration}s` }),
    ...(unready === undefined ? {} : { 'orrery.dev/unready': unready }),
    ...(unhealthy === undefined ? {} : { 'orrery.dev/unhealthy': unhealthy }),
    ...(growth === undefined ? {} : { 'orrery.dev/memory-growth': growth }),
  };
  const probe = { exec: { command: ['true'] }, periodSeconds: 5 };
  const initContainers = [
    ...(sidecar ? [{ name: 's', image: 'sidecar', restartPolicy: 'Always' }] : []),
    ...(init ? [{ name: 'i', image: 'init' }] : []),
  ];
  const container = {
    name: 'c',
    image: name,
    resources: { requests: { cpu: `${cpu}m`, memory: `${memory}Mi` } },
    ...(unready === undefined ? {} : { readinessProbe: probe }),
    ...(unhealthy === undefined ? {} : { livenessProbe: probe }),
    ...(hostPort === undefined ? {} : { ports: [{ containerPort: 80, hostPort }] }),
  };
  return {
    metadata: { labels: { app: name }, annotations },
    spec: {
      restartPolicy: policy,
      terminationGracePeriodSeconds: grace,
      containers: [container],
      ...(initContainers.length > 0 ? { initContainers } : {}),
    },
  };
}

function object(name: string, { kind, template: given, replicas }: World['workloads'][number]): object {
  const base = { kind, metadata: { name, namespace: 'default' } };
  const selector = { matchLabels: { app: name } };
  const running = podTemplate(name, given, 'Always');
  const ending = podTemplate(name, { ...given, duration: given.duration ?? 20 }, 'OnFailure');
  switch (kind) {
    case 'Pod': {
      const pod = podTemplate(name, given, 'Always') as { metadata: object; spec: object };
      return { apiVersion: 'v1', kind, metadata: { ...pod.metadata, ...base.metadata }, spec: pod.spec };
    }
    case 'Job':
      return { ...base, apiVersion: 'batch/v1', spec: { completions: replicas, parallelism: 2, template: ending } };
    case 'CronJob':
      return {
        ...base,
        apiVersion: 'batch/v1',
        spec: { schedule: '*/2 * * * *', jobTemplate: { spec: { template: ending } } },
      };
    case 'DaemonSet':
      return { ...base, apiVersion: 'apps/v1', spec: { selector, template: running } };
    default:
      return { ...base, apiVersion: 'apps/v1', spec: { replicas, selector, serviceName: name, template: running } };
  }
}

function arrivalsOf(given: World['workloads'][number], index: number): readonly Arrival[] {
  const name = `w${index}`;
  const at = seconds(given.at);
  const draft = (value: typeof given): Arrival['object'] => object(name, value) as Arrival['object'];
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ port: 80 }] },
  } as Arrival['object'];
  const first: Arrival[] = [
    { at, action: 'apply', object: service },
    { at, action: 'apply', object: draft(given) },
  ];
  const later = at + seconds(given.after);
  if (given.later === 'delete') return [...first, { at: later, action: 'delete', object: draft(given) }];
  // Bare pods and Jobs do not change.
  if (given.later === 'nothing' || ['Pod', 'Job', 'CronJob'].includes(given.kind)) return first;
  const changed =
    given.later === 'scale'
      ? { ...given, replicas: (given.replicas * 2) % 7 }
      : { ...given, template: { ...given.template, cpu: given.template.cpu + 50, readyAfter: 3 } };
  return [...first, { at: later, action: 'apply', object: draft(changed) }];
}

function faultOf({ kind, at, lasts, node: which, zone }: World['faults'][number], nodes: number): TimedFault {
  const forMicros = seconds(lasts);
  const common = { at: seconds(at), kind };
  if (kind === 'zone-outage') return { ...common, zone, forMicros };
  if (kind === 'api-server-outage') return { ...common, forMicros: seconds(Math.min(lasts, 60)) };
  if (kind === 'pod-kill') return { ...common, count: 2 };
  if (kind === 'registry-outage') return { ...common, forMicros };
  const target = { ...common, nodes: [`n${which % nodes}`] };
  if (kind === 'instance-gone' || kind === 'node-reboot' || kind === 'kubelet-restart') return target;
  const more = { 'slow-pulls': { factor: 5 }, 'slow-node': { factor: 3 }, 'memory-leak': { perSecond: 2 ** 26 } };
  return { ...target, forMicros, ...(more as Record<string, object>)[kind] };
}

function optionsOf({ seed, nodes, workloads, faults }: World): ClusterOptions {
  return {
    ...policies,
    seed: String(seed),
    startTime: '2026-01-05T00:00:00Z',
    settings: DEFAULT_SETTINGS,
    machines: nodes.map(({ cpu, memory, pods, zone, cloud }, i) => {
      const name = `n${i}`;
      const capacity = { cpu: String(cpu), memory: `${memory}Gi`, pods: String(pods) };
      const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone };
      const draft = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {}, status: { capacity } };
      return { node: draft as ClusterOptions['machines'][number]['node'], group: 'n', zone, cloud };
    }),
    arrivals: workloads.map((given, index) => {
      const list = arrivalsOf(given, index);
      return new IndexedSource(`w${index}`, (i) => list[i]);
    }),
    faults: faults.map((given) => faultOf(given, nodes.length)),
  };
}

it('keeps every invariant in random small clusters with random faults', { timeout: propertyTimeout(280_000) }, () => {
  let writes = 0;
  fc.assert(
    fc.property(world, (given) => {
      const cluster = new Cluster(optionsOf(given));
      const invariants = new Invariants(cluster.server);
      cluster.start();
      cluster.run({ until: SPAN * SECOND });
      writes += invariants.checked;
    }),
    { numRuns: propertyRuns(400, 50) },
  );
  expect(writes).toBeGreaterThan(20_000);
});

it('goes on alike from any instant of any of them', { timeout: propertyTimeout(280_000) }, () => {
  fc.assert(
    fc.property(world, fc.integer({ min: 0, max: SPAN * 1000 }), (given, instant) => {
      const end = (cluster: Cluster): string => {
        cluster.run({ until: SPAN * SECOND });
        return cluster.server.hash;
      };
      const original = new Cluster(optionsOf(given));
      original.start();
      original.run({ until: instant * 1000 });
      const branch = new Cluster(optionsOf(given));
      branch.restore(structuredClone(original.save()));
      const expected = end(original);
      expect(end(branch)).toBe(expected);
    }),
    { numRuns: propertyRuns(80, 50) },
  );
});
