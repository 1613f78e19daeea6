/**
 * How many pods a second of processor time the scheduling cycle places, PreFilter to assume, in a table of nodes with the
 * default plugins, on one core. For comparison stand the rates of kube-scheduler v1.34.1 itself, in process, on two cores of
 * a like machine. Ends with exit code 1 when a bar is missed: bars are figures of the machine they were set on, and bind
 * here as multiples of the speed of a loop that is measured beside each workload.
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
import { machineSpeed, processorTime } from './calibration.ts';

/**
 * A workload; `original` is the original's rate in pods a second, where it was measured, `bar` the least that ours may be.
 */
interface Workload {
  readonly name: string;
  readonly nodes: number;
  readonly bar?: number;
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
const ROUNDS = 7;
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
  { name: 'plain', nodes: 5000, bar: 60_000, original: 934, podOf: () => ({}) },
  { name: 'plain, of a Service (default spread)', nodes: 5000, service: WEB, podOf: () => ({ labels: WEB }) },
  {
    name: 'plain, percentageOfNodesToScore 100',
    nodes: 5000,
    bar: 25_000,
    percentage: 100,
    original: 111,
    podOf: () => ({}),
  },
  {
    name: 'the same, each pod with requests of its own',
    nodes: 5000,
    bar: 8000,
    percentage: 100,
    podOf: (i) => ({ cpu: `${100 + i}m` }),
  },
  { name: '50 classes of pods', nodes: 5000, bar: 30_000, podOf: (i) => ({ cpu: `${100 + (i % 50)}m` }) },
  {
    name: 'preferred hostname anti-affinity',
    nodes: 5000,
    bar: 15_000,
    original: 111,
    podOf: () => ({ labels: WEB, spec: preferApart }),
  },
  {
    name: 'required hostname anti-affinity, 20 labels',
    nodes: 5000,
    bar: 15_000,
    podOf: (i) => keepApart[i % keepApart.length] as { labels: StringMap; spec: Partial<PodSpec> },
  },
  {
    name: 'DoNotSchedule zone spread',
    nodes: 5000,
    bar: 20_000,
    original: 236,
    podOf: () => ({ labels: WEB, spec: spreadHard }),
  },
  {
    name: 'ScheduleAnyway zone spread',
    nodes: 5000,
    bar: 20_000,
    original: 350,
    podOf: () => ({ labels: WEB, spec: spreadSoft }),
  },
  { name: 'plain', nodes: 1000, bar: 80_000, original: 1242, podOf: () => ({}) },
  { name: 'plain, percentageOfNodesToScore 100', nodes: 1000, percentage: 100, original: 617, podOf: () => ({}) },
  { name: 'no room for any', nodes: 5000, podOf: () => ({ cpu: '1000' }) },
  {
    name: 'preemption on full nodes',
    nodes: 5000,
    bar: 2000,
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
  readonly bar: number | undefined;
  /** What the bar is on this machine, as fast as it is now. */
  readonly barHere: number | undefined;
}

/** Measures one workload: the median of several runs on a new table each. */
function measure(workload: Workload): SchedulerRate {
  let run: () => void = () => {};
  const bench = new Bench({ iterations: ROUNDS, time: 0, warmupIterations: 1, warmupTime: 0, now: processorTime });
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
  const { name, nodes, bar, original, count = PODS } = workload;
  /** Before the first run, and after each. */
  const speeds: number[] = [];
  const calibrate = (): void => {
    speeds.push(machineSpeed());
  };
  const beforeEach = (): void => {
    prepare();
    if (speeds.length === 0) calibrate();
  };
  bench.add(name, () => run(), { beforeEach, afterEach: calibrate });
  bench.runSync();
  const [task] = bench.tasks;
  if (task?.result.state !== 'completed') throw new Error(`the bench of ${name} is ${task?.result.state}`);
  const speed = median(speeds);
  const rate = Math.round((count * 1000) / task.result.latency.p50);
  return {
    workload: name,
    nodes,
    rate,
    original,
    bar,
    barHere: bar === undefined ? undefined : bar * speed,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] as number;
}

/** Measures all workloads, or those whose names hold a text, and of so many nodes. */
export function* measureSchedulerRates(name = '', nodes = 0): Generator<SchedulerRate> {
  for (const workload of WORKLOADS) {
    if (workload.name.includes(name) && (nodes === 0 || workload.nodes === nodes)) yield measure(workload);
  }
}

function main(name: string | undefined, ofNodes: number): void {
  let missed = 0;
  console.log(`${'nodes'.padStart(5)}  ${'workload'.padEnd(46)}   pods/s  x bar  x original`);
  for (const { workload, nodes, rate, original, bar, barHere } of measureSchedulerRates(name, ofNodes)) {
    const overBar = barHere === undefined ? '' : (rate / barHere).toFixed(2);
    const overOriginal = original === undefined ? '' : (rate / original).toFixed(0);
    const miss = barHere !== undefined && rate < barHere;
    if (miss) missed++;
    const told = miss ? `  MISSED: ${barHere.toFixed(0)} here for ${bar}` : '';
    const cells = [String(rate).padStart(8), overBar.padStart(6), overOriginal.padStart(11)].join(' ');
    console.log(`${String(nodes).padStart(5)}  ${workload.padEnd(46)} ${cells}${told}`);
  }
  if (missed > 0) {
    console.log(`${missed} below their bars`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv[2], Number(process.argv[3] ?? 0));
