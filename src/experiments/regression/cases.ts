import { clusterOptions } from '../../cluster-options.ts';
import { scenarioPolicies } from '../../scenario-policies.ts';
import type { KubeObject } from '../../sim/api/meta.ts';
import { Cluster } from '../../sim/cluster.ts';
import { EtcdStore } from '../../sim/etcd/store.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import { RandomSource } from '../../sim/kernel/random.ts';
import { MINUTE, seconds } from '../../sim/kernel/time.ts';
import { parseScenario } from '../../workloads/scenario.ts';

/** A piece of work whose cost is watched: the same work each time it is called, some 20 to 100 ms of it. */
export interface BenchCase {
  /** `suite/what`. */
  readonly name: string;
  /** Makes ready what is not to be measured. */
  readonly prepare: () => Promise<() => void>;
}

/** Everything that is watched, by suite: kernel, store, scheduler, controllers, whole runs. */
export const BENCH_CASES: readonly BenchCase[] = [
  { name: 'kernel/hold', prepare: async () => kernelHold() },
  { name: 'store/write-and-read', prepare: async () => storeWrites() },
  { name: 'scheduler/fill', prepare: () => runOf(SCHEDULER, 45) },
  { name: 'controllers/roll-out', prepare: () => runOf(CONTROLLERS, 1200) },
  { name: 'whole-run/eventful-hour', prepare: () => runOf(WHOLE, 3600) },
];

/** Events that each schedule one, with some 10,000 of them pending. */
function kernelHold(): () => void {
  const draws = new RandomSource('bench').purpose('delays');
  const delays = Float64Array.from({ length: 0x1_0000 }, (_, i) => Math.ceil(draws.exponential(0, i, MINUTE)));
  const kernel = new Kernel({ seed: 'bench' });
  let drawn = 0;
  const tick = kernel.register('tick', (a, b) => {
    kernel.after(delays[drawn++ & 0xffff] as number, tick, a, b);
  });
  for (let i = 0; i < 10_000; i++) kernel.after(delays[drawn++ & 0xffff] as number, tick, i, 0);
  return () => {
    kernel.run({ maxEvents: 100_000 });
  };
}

/** Objects that are added, changed five times, read, looked for in the log, and deleted. */
function storeWrites(): () => void {
  const object = (i: number, version: number): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${i}`,
      uid: `${i}`,
      resourceVersion: `${version}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
  });
  return () => {
    const store = new EtcdStore<KubeObject>();
    for (let i = 0; i < 4_000; i++) store.add('Pod', `default/pod-${i}`, object(i, 0), i);
    for (let version = 1; version <= 5; version++) {
      for (let i = 0; i < 4_000; i++) {
        const entry = store.get('Pod', `default/pod-${i}`);
        if (entry !== undefined) store.put('Pod', entry, object(i, version), version * 4_000 + i);
      }
      store.changesAfter(store.revision - 4_000);
    }
    for (const entry of store.list('Pod')) store.delete('Pod', entry, entry.object, 30_000);
  };
}

/** A cluster built and run, without reports. */
async function runOf(text: string, until: number): Promise<() => void> {
  const scenario = parseScenario(text, 'bench.yaml');
  const policies = await scenarioPolicies(scenario, (failure) => {
    throw failure;
  });
  return () => {
    const cluster = new Cluster(clusterOptions(scenario, {}, policies));
    cluster.start();
    cluster.run({ until: seconds(until) });
  };
}

const head = (name: string): string => `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: {name: ${name}}
duration: 6h
`;

const deployment = (name: string, replicas: number, image: string, extra = ''): string => `
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: ${name}}
      spec:
        replicas: ${replicas}
        selector: {matchLabels: {app: ${name}}}
        template:
          metadata: {labels: {app: ${name}}}
          spec:
            ${extra}
            containers:
              - {name: c, image: '${image}', resources: {requests: {cpu: 100m, memory: 128Mi}}}
`;

const SCHEDULER = `${head('fill')}
cluster: {nodeGroups: [{name: n, count: 150, capacity: {cpu: 16, memory: 64Gi}, zones: [a, b, c]}]}
workloads:
  - name: plain
    inline: |${deployment('plain', 120, 'a:1')}
  - name: spread
    inline: |${deployment('spread', 60, 'b:1', 'topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: spread}}}]')}
`;

const CONTROLLERS = `${head('roll-out')}
cluster: {nodeGroups: [{name: n, count: 12, capacity: {cpu: 32, memory: 64Gi}, zones: [a, b, c]}]}
workloads:
  - name: first
    inline: |${deployment('web', 30, 'web:1')}
  - name: second
    at: 5m
    inline: |${deployment('web', 30, 'web:2')}
  - name: third
    at: 10m
    inline: |${deployment('web', 12, 'web:3')}
`;

const WHOLE = `${head('eventful')}
cluster: {nodeGroups: [{name: n, count: 20, capacity: {cpu: 8, memory: 32Gi}, zones: [a, b]}]}
workloads:
  - name: web
    inline: |${deployment('web', 20, 'web:1')}
  - name: tasks
    generator:
      arrivals: {poisson: {perHour: 60}}
      resources: {cpu: 1, memory: 1Gi}
      lifetime: {exponential: {mean: 10m}}
faults:
  - {at: 30m, kind: node-crash, group: n, count: 2, for: 20m}
  - {at: 40m, kind: zone-outage, zone: b, for: 15m}
`;
