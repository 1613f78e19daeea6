/**
 * How many pods a second the scheduling cycle places, PreFilter to assume, in a table of nodes with the default plugins,
 * on one core. For comparison stand the rates of kube-scheduler v1.34.1 itself, in process, on two cores of a like machine.
 */
import { fileURLToPath } from 'node:url';

import { Bench } from 'tinybench';

import { DEFAULT_PROFILE } from '../src/policies/scheduling/default-profile.ts';
import type { KubeNode, Pod, PodSpec } from '../src/sim/api/core.ts';
import type { StringMap } from '../src/sim/api/meta.ts';
import { identityOf, RandomSource } from '../src/sim/kernel/random.ts';
import type { ClusterObjects } from '../src/sim/scheduler/framework.ts';
import { NodeTable } from '../src/sim/scheduler/node-table.ts';
import { PodClasses } from '../src/sim/scheduler/pod-class.ts';
import type { PodInfo } from '../src/sim/scheduler/pod-class.ts';
import { ResourceNames } from '../src/sim/scheduler/resource-names.ts';
import { SchedulingCycle } from '../src/sim/scheduler/scheduling-cycle.ts';
import { seededTieBreaker } from '../src/sim/scheduler/tie-breaker.ts';

/** A workload; `original` is the original's rate in pods a second, where it was measured. */
interface Workload {
  readonly name: string;
  readonly nodes: number;
  readonly percentage?: number;
  readonly original?: number;
  readonly podOf: (index: number) => {
    readonly spec?: Partial<PodSpec>;
    readonly labels?: StringMap;
    readonly cpu?: string;
  };
  /** Pods of lower priority on each node, of eight cores each, before it begins: 4 fill it. */
  readonly victims?: number;
  /** Pods; PODS where absent. */
  readonly count?: number;
  /** A Service that selects the pods: the default spread constraints count. */
  readonly service?: StringMap;
}

const PODS = 10_000;
const ROUNDS = 5;
const WEB = { app: 'web' };
const ZONE = 'topology.kubernetes.io/zone';
const HOSTNAME = 'kubernetes.io/hostname';

function spread(whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'): Partial<PodSpec> {
  const labelSelector = { matchLabels: WEB };
  return { topologySpreadConstraints: [{ maxSkew: 5, topologyKey: ZONE, whenUnsatisfiable, labelSelector }] };
}

function apart(labels: StringMap, required: boolean): Partial<PodSpec> {
  const term = { labelSelector: { matchLabels: labels }, topologyKey: HOSTNAME };
  const podAntiAffinity = required
    ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
    : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] };
  return { affinity: { podAntiAffinity } };
}

const spreadHard = spread('DoNotSchedule');
const spreadSoft = spread('ScheduleAnyway');
const preferApart = apart(WEB, false);
const groups = Array.from({ length: 20 }, (_, i) => ({ app: `web-${i}` }));
const keepApart = groups.map((labels) => ({ labels, spec: apart(labels, true) }));

const WORKLOADS: readonly Workload[] = [
  { name: 'plain', nodes: 5000, original: 934, podOf: () => ({}) },
  { name: 'plain, of a Service (default spread)', nodes: 5000, service: WEB, podOf: () => ({ labels: WEB }) },
  { name: 'plain, percentageOfNodesToScore 100', nodes: 5000, percentage: 100, original: 111, podOf: () => ({}) },
  {
    name: 'the same, each pod with requests of its own',
    nodes: 5000,
    percentage: 100,
    podOf: (i) => ({ cpu: `${100 + i}m` }),
  },
  { name: '50 classes of pods', nodes: 5000, podOf: (i) => ({ cpu: `${100 + (i % 50)}m` }) },
  {
    name: 'preferred hostname anti-affinity',
    nodes: 5000,
    original: 111,
    podOf: () => ({ labels: WEB, spec: preferApart }),
  },
  {
    name: 'required hostname anti-affinity, 20 labels',
    nodes: 5000,
    podOf: (i) => keepApart[i % keepApart.length] as { labels: StringMap; spec: Partial<PodSpec> },
  },
  {
    name: 'DoNotSchedule zone spread',
    nodes: 5000,
    original: 236,
    podOf: () => ({ labels: WEB, spec: spreadHard }),
  },
  {
    name: 'ScheduleAnyway zone spread',
    nodes: 5000,
    original: 350,
    podOf: () => ({ labels: WEB, spec: spreadSoft }),
  },
  { name: 'plain', nodes: 1000, original: 1242, podOf: () => ({}) },
  { name: 'plain, percentageOfNodesToScore 100', nodes: 1000, percentage: 100, original: 617, podOf: () => ({}) },
  { name: 'no room for any', nodes: 5000, podOf: () => ({ cpu: '1000' }) },
  {
    name: 'preemption on full nodes',
    nodes: 5000,
    victims: 4,
    count: 1000,
    podOf: () => ({ cpu: '20', spec: { priority: 10 } }),
  },
];

const metadata = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

function node(index: number): KubeNode {
  const name = `node-${index}`;
  const allocatable = { cpu: '32', memory: '256Gi', pods: '110' };
  const labels = { [ZONE]: `zone-${index % 3}`, [HOSTNAME]: name };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...metadata, name, uid: name, labels },
    spec: {},
    status: { allocatable, capacity: allocatable },
  };
}

function pods(workload: Workload): Pod[] {
  const specs = new Map<unknown, PodSpec>();
  return Array.from({ length: workload.count ?? PODS }, (_, i) => {
    const { spec: extra, labels, cpu = '250m' } = workload.podOf(i);
    const key = extra ?? cpu;
    let spec = specs.get(key);
    if (spec === undefined) {
      const requests = { cpu, memory: '512Mi' };
      spec = { containers: [{ name: 'c', image: 'app:1', resources: { requests } }], priority: 0, ...extra };
      specs.set(key, spec);
    }
    const uid = i.toString(16).padStart(8, '0');
    const meta = {
      ...metadata,
      name: `pod-${i}`,
      namespace: 'default',
      uid,
      ...(labels === undefined ? {} : { labels }),
    };
    return { apiVersion: 'v1', kind: 'Pod', metadata: meta, spec, status: { phase: 'Pending' } };
  });
}

/** Puts pods of no priority on every node. */
function fill(table: NodeTable, classes: PodClasses, perNode: number): void {
  const requests = { cpu: '8', memory: '1Gi' };
  const spec = { containers: [{ name: 'c', image: 'app:1', resources: { requests } }], priority: 0 };
  for (const [row, name] of table.names.entries()) {
    for (let i = 0; i < perNode; i++) {
      const meta = { ...metadata, name: `low-${row}-${i}`, namespace: 'default', uid: `low-${row}-${i}` };
      const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: meta, spec, status: { phase: 'Running' } };
      table.addPod(classes.info(pod), name as string);
    }
  }
}

function objectsOf({ service }: Workload): ClusterObjects {
  const services = service === undefined ? [] : [{ spec: { selector: service } }];
  return {
    namespaces: new Map(),
    services: () => services as never,
    disruptionBudgets: () => [],
    budgetVersion: 0,
    replicaSet: () => undefined,
    replicationController: () => undefined,
    statefulSet: () => undefined,
    workloadVersion: 1,
    namespaceVersion: 1,
  };
}

/** A rate, in pods a second. */
export interface SchedulerRate {
  readonly workload: string;
  readonly nodes: number;
  readonly rate: number;
  readonly original: number | undefined;
}

/** Measures one workload: the median of several runs on a new table each. */
function measure(workload: Workload): SchedulerRate {
  let run: () => void = () => {};
  const bench = new Bench({ iterations: ROUNDS, time: 0, warmupIterations: 1, warmupTime: 0 });
  const prepare = (): void => {
    const classes = new PodClasses(new ResourceNames());
    const table = new NodeTable(classes);
    for (let i = 0; i < workload.nodes; i++) table.setNode(node(i));
    const ties = seededTieBreaker(new RandomSource('bench').purpose('scheduler-tie'));
    const offsets = new RandomSource('bench').purpose('scheduler-preemption');
    const draws = ({ key }: PodInfo, _attempt: number, n: number): number => offsets.integer(identityOf(key), 0, n);
    const handle = { table, objects: objectsOf(workload), draws };
    fill(table, classes, workload.victims ?? 0);
    const cycle = new SchedulingCycle(DEFAULT_PROFILE, handle, ties, workload.percentage ?? 0);
    const waiting = pods(workload);
    run = () => {
      for (const pod of waiting) {
        const info = classes.info(pod);
        let { nodeName, postFilter } = cycle.run(info, 1);
        if (postFilter?.nominatedNode !== undefined && postFilter.nominatedNode !== '') {
          // As the scheduler does: the victims go, and the pod has another try.
          cycle.nominations.set(info, postFilter.nominatedNode);
          for (const key of postFilter.victims ?? []) table.removePod(key);
          ({ nodeName, postFilter } = cycle.run(info, 2));
          cycle.nominations.delete(info.key);
        }
        if (nodeName !== undefined) table.addPod(info, nodeName);
      }
    };
  };
  bench.add(workload.name, () => run(), { beforeEach: prepare });
  bench.runSync();
  const [task] = bench.tasks;
  if (task?.result.state !== 'completed') throw new Error(`the bench of ${workload.name} is ${task?.result.state}`);
  const rate = Math.round(((workload.count ?? PODS) * 1000) / task.result.latency.p50);
  return { workload: workload.name, nodes: workload.nodes, rate, original: workload.original };
}

/** Measures all workloads, or those whose names hold a text. */
export function measureSchedulerRates(name = ''): SchedulerRate[] {
  return WORKLOADS.filter((workload) => workload.name.includes(name)).map((workload) => measure(workload));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { workload, nodes, rate, original } of measureSchedulerRates(process.argv[2])) {
    const ratio = original === undefined ? '' : `${(rate / original).toFixed(0)} x the original's ${original}`;
    console.log(
      `${String(nodes).padStart(5)} nodes  ${workload.padEnd(46)} ${String(rate).padStart(8)} pods/s  ${ratio}`,
    );
  }
}
