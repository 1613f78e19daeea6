import type { Pod } from '../../api/core.ts';
import { amounts } from '../../api/pod-requests.ts';
import type { Calendar } from '../../api/timestamps.ts';
import { seconds } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { ControllerManagerSettings } from '../../settings.ts';
import { podCondition } from '../pod-state.ts';
import type { PodMetric } from './pod-metrics.ts';

/** Usage of each pod of which it is known. */
export type MetricOf = (pod: Pod) => PodMetric | undefined;

/** What a metric proposes. */
export interface Proposal {
  readonly replicas: number;
  /** The figure that stands in the autoscaler's status: per cent of the request, or an average amount. */
  readonly current: number;
  /** The metric's value as a multiple of its target. */
  readonly ratio: number;
}

/** A metric that cannot be had, with the real controller's words. */
export class MetricError extends Error {
  override readonly name = 'MetricError';
}

/** When is it, and what do the flags say. */
export interface Calculation {
  readonly calendar: Calendar;
  readonly now: Micros;
  readonly settings: ControllerManagerSettings;
}

/** Pods by what is known of them. */
interface Groups {
  readonly ready: ReadonlyMap<Pod, number>;
  readonly unready: readonly Pod[];
  readonly missing: readonly Pod[];
}

/**
 * How many replicas bring the usage of a resource to a share of what is requested.
 * Source: pkg/controller/podautoscaler/replica_calculator.go, GetResourceReplicas.
 */
export function replicasForUtilization(
  replicas: number,
  target: number,
  resource: 'cpu' | 'memory',
  pods: readonly Pod[],
  metricOf: MetricOf,
  calculation: Calculation,
  container?: string,
): Proposal {
  const groups = grouped(pods, resource, metricOf, calculation);
  const requests = new Map(pods.map((pod) => [pod, requestOf(pod, resource, container)]));
  const utilization = (amountsOf: ReadonlyMap<Pod, number>): number => {
    let used = 0;
    let requested = 0;
    for (const [pod, amount] of amountsOf) {
      used += amount;
      requested += requests.get(pod) as number;
    }
    if (requested === 0) throw new MetricError('no metrics returned matched known pods');
    // Whole per cent, as the original computes it.
    return Math.trunc((used * 100) / requested);
  };
  const fill = (pod: Pod): number => ((requests.get(pod) as number) * Math.max(100, target)) / 100;
  const current = utilization(groups.ready);
  const ratioOf = (amountsOf: ReadonlyMap<Pod, number>): number => utilization(amountsOf) / target;
  return { replicas: decide(replicas, groups, ratioOf, fill, calculation), current, ratio: current / target };
}

/** How many bring the average usage of a pod to an amount. Source: the same, GetRawResourceReplicas and GetMetricReplicas. */
export function replicasForAverage(
  replicas: number,
  target: number,
  resource: 'cpu' | 'memory' | undefined,
  pods: readonly Pod[],
  metricOf: MetricOf,
  calculation: Calculation,
): Proposal {
  const groups = grouped(pods, resource, metricOf, calculation);
  const average = (amountsOf: ReadonlyMap<Pod, number>): number => {
    let sum = 0;
    for (const amount of amountsOf.values()) sum += amount;
    return Math.trunc(sum / amountsOf.size);
  };
  const ratioOf = (amountsOf: ReadonlyMap<Pod, number>): number => average(amountsOf) / target;
  const current = average(groups.ready);
  return { replicas: decide(replicas, groups, ratioOf, () => target, calculation), current, ratio: current / target };
}

/** How many bring a figure of the outside to its target. Source: the same, GetExternalMetricReplicas and …PerPod…. */
export function replicasForExternal(
  replicas: number,
  usage: number,
  target: { readonly value?: number; readonly averageValue?: number },
  pods: readonly Pod[],
  statusReplicas: number,
  { settings }: Calculation,
): Proposal {
  if (target.averageValue !== undefined) {
    const ratio = usage / (target.averageValue * statusReplicas);
    const proposed = within(ratio, settings) ? statusReplicas : Math.ceil(usage / target.averageValue);
    return { replicas: proposed, current: statusReplicas === 0 ? 0 : Math.ceil(usage / statusReplicas), ratio };
  }
  const ratio = usage / (target.value ?? 1);
  const ready = pods.filter((pod) => pod.status.phase === 'Running' && podCondition(pod, 'Ready')?.status === 'True');
  if (replicas !== 0 && within(ratio, settings)) return { replicas, current: usage, ratio };
  return { replicas: Math.ceil(replicas === 0 ? ratio : ratio * ready.length), current: usage, ratio };
}

/** The common end: what the known pods say, and whether those that are not known could turn it round. */
function decide(
  replicas: number,
  { ready, unready, missing }: Groups,
  ratioOf: (amounts: ReadonlyMap<Pod, number>) => number,
  fill: (pod: Pod) => number,
  { settings }: Calculation,
): number {
  const ratio = ratioOf(ready);
  const growsWithUnready = unready.length > 0 && ratio > 1;
  if (!growsWithUnready && missing.length === 0) {
    return within(ratio, settings) ? replicas : Math.ceil(ratio * ready.size);
  }
  const filled = new Map(ready);
  // Pods that are not known are taken to use what speaks against the change.
  if (ratio < 1) for (const pod of missing) filled.set(pod, fill(pod));
  else if (ratio > 1) for (const pod of missing) filled.set(pod, 0);
  if (growsWithUnready) for (const pod of unready) filled.set(pod, 0);
  const again = ratioOf(filled);
  if (within(again, settings) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return replicas;
  const proposed = Math.ceil(again * filled.size);
  if ((again < 1 && proposed > replicas) || (again > 1 && proposed < replicas)) return replicas;
  return proposed;
}

/** Rounding must not make of 10 % a little more. */
const ROUNDING = 1e-9;

function within(ratio: number, { horizontalPodAutoscalerTolerance: tolerance }: ControllerManagerSettings): boolean {
  return Math.abs(ratio - 1) <= tolerance + ROUNDING;
}

/** Source: the same, groupPods. */
function grouped(
  pods: readonly Pod[],
  resource: 'cpu' | 'memory' | undefined,
  metricOf: MetricOf,
  calculation: Calculation,
): Groups {
  if (pods.length === 0) throw new MetricError('no pods returned by selector while calculating replica count');
  const ready = new Map<Pod, number>();
  const unready: Pod[] = [];
  const missing: Pod[] = [];
  for (const pod of pods) {
    const { phase } = pod.status;
    if (pod.metadata.deletionTimestamp !== undefined || phase === 'Failed') continue;
    if (phase === 'Pending') {
      unready.push(pod);
      continue;
    }
    const metric = metricOf(pod);
    if (metric === undefined) missing.push(pod);
    else if (resource === 'cpu' && isStarting(pod, metric, calculation)) unready.push(pod);
    else ready.set(pod, metric.amount);
  }
  if (ready.size === 0) throw new MetricError('did not receive metrics for targeted pods (pods might be unready)');
  return { ready, unready, missing };
}

/** Whether a pod's CPU usage is that of its start. */
function isStarting(pod: Pod, { time, window }: PodMetric, { calendar, now, settings }: Calculation): boolean {
  const ready = podCondition(pod, 'Ready');
  const { startTime } = pod.status;
  if (ready?.lastTransitionTime === undefined || startTime === undefined) return true;
  const started = calendar.micros(startTime);
  const changed = calendar.micros(ready.lastTransitionTime);
  if (started + seconds(settings.horizontalPodAutoscalerCpuInitializationPeriodSeconds) > now) {
    return ready.status === 'False' || time < changed + window;
  }
  return (
    ready.status === 'False' &&
    started + seconds(settings.horizontalPodAutoscalerInitialReadinessDelaySeconds) > changed
  );
}

/** What the pod's containers ask for, or one of them; each has to. Thousandths of a core, or of a byte. */
function requestOf(pod: Pod, resource: 'cpu' | 'memory', container?: string): number {
  let sum = 0;
  for (const { name, resources } of pod.spec.containers) {
    if (container !== undefined && name !== container) continue;
    const amount = amounts(resources?.requests).get(resource);
    if (amount === undefined) {
      throw new MetricError(`missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`);
    }
    sum += resource === 'cpu' ? amount : amount * 1000;
  }
  return sum;
}
