import { amounts } from '../../api/pod-requests.ts';
import type { Container, Pod } from '../../api/core.ts';
import type { StringMap } from '../../api/meta.ts';
import type { Calendar } from '../../api/timestamps.ts';
import { identityOfObject } from '../../api/uid.ts';
import { BehaviorAnnotation } from '../../behavior-annotations.ts';
import { identityOf } from '../../kernel/random.ts';
import type { Purpose, RandomSource } from '../../kernel/random.ts';
import { SECOND, seconds } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { MetricsServerSettings } from '../../settings.ts';
import { parseUsageCurve, usageAt, usageBetween } from '../../usage-curve.ts';
import type { UsageCurve } from '../../usage-curve.ts';
import type { CpuHad } from '../../node/processors.ts';
import { demandGroup } from './shared-demand.ts';
import type { SharedDemand } from './shared-demand.ts';

const NO_CURVES: ReadonlyMap<string, UsageCurve> = new Map();

/** What a metrics-server says of a pod. */
export interface PodMetric {
  /** Thousandths of a core, or bytes times a thousand. */
  readonly amount: number;
  /** When the kubelet took the later of the two samples, and how far they lie apart. */
  readonly time: Micros;
  readonly window: Micros;
}

/** What kubelets know of the processor time that their pods have had, where that may be less than they wanted. */
export type CpuSource = (node: string, uid: string, from: Micros, to: Micros) => CpuHad | undefined;

/** A container that started this long before its first sample has a rate from it alone. Source: metrics-server, storage. */
const FRESH = 10 * SECOND;

/**
 * What a metrics-server would answer, computed when it is asked: its scrapes come at a fixed rhythm, each finds the
 * sample that the pod's kubelet took last, and CPU is a rate over the samples of two scrapes. So an autoscaler sees a
 * change of usage as late, and as gradually, as in a real cluster, and nothing happens where nobody asks.
 */
export class PodMetrics {
  readonly #calendar: Calendar;
  readonly #settings: MetricsServerSettings;
  readonly #demands: SharedDemand;
  readonly #had: CpuSource;
  readonly #draws: Purpose;
  readonly #curves = new WeakMap<StringMap, ReadonlyMap<string, UsageCurve>>();

  constructor(
    random: RandomSource,
    calendar: Calendar,
    settings: MetricsServerSettings,
    demands: SharedDemand,
    had: CpuSource,
  ) {
    this.#calendar = calendar;
    this.#settings = settings;
    this.#demands = demands;
    this.#had = had;
    this.#draws = random.purpose('metrics-server');
  }

  /**
   * What is known of a pod's usage of `cpu` or `memory` now; undefined where nothing is: no annotation says it, or not yet.
   * A container's part of it is the part of the pod's requests that it has.
   */
  get(pod: Pod, resource: 'cpu' | 'memory', now: Micros, container?: string): PodMetric | undefined {
    const { annotations } = pod.metadata;
    const curves = annotations === undefined ? NO_CURVES : this.#curvesOf(annotations);
    const started = this.#startedAt(pod);
    if (started === undefined) return undefined;
    const period = seconds(this.#settings.metricResolutionSeconds);
    const phase = this.#draws.uniform(identityOf('scrape'), 0) * period;
    const scrape = Math.floor((now - phase) / period) * period + phase;
    const end = this.#sampled(pod, scrape);
    let begin = this.#sampled(pod, scrape - period);
    if (begin < started) {
      if (end - started < FRESH) return undefined;
      begin = started;
    }
    if (end <= begin) return undefined;
    const demand = resource === 'cpu' ? curves.get(BehaviorAnnotation.cpuDemand) : undefined;
    const usages = usagesOf(pod, resource, curves);
    const had = resource === 'cpu' ? this.#had(pod.spec.nodeName ?? '', pod.metadata.uid, begin, end) : undefined;
    if (demand === undefined && usages.length === 0 && had === undefined) return undefined;
    let amount = (had?.amount ?? 0) / (end - begin);
    for (const { curve, request } of usages) {
      const average = resource === 'cpu' ? wantedBeside(had, curve, begin, end) / (end - begin) : usageAt(curve, end);
      amount += curve.relative ? (average / 100) * request : average;
    }
    const group = demand === undefined ? undefined : demandGroup(pod);
    if (demand !== undefined && group !== undefined) {
      amount += this.#demands.share(group, demand, begin, end) / (end - begin);
    }
    // A limit throttles what would use more.
    if (resource === 'cpu') amount = Math.min(amount, limitOf(pod));
    return { amount: Math.round(amount * shareOf(pod, resource, container)), time: end, window: end - begin };
  }

  /** When the kubelet took the sample that a scrape finds: it takes one every 10 to 15 s. Source: cadvisor housekeeping. */
  #sampled(pod: Pod, scrape: Micros): Micros {
    const { statsMinSeconds, statsMaxSeconds } = this.#settings;
    const identity = identityOfObject(pod);
    const period = seconds(this.#draws.between(identity, 0, statsMinSeconds, statsMaxSeconds));
    const phase = this.#draws.uniform(identity, 1) * period;
    return Math.round(Math.floor((scrape - phase) / period) * period + phase);
  }

  #startedAt({ status }: Pod): Micros | undefined {
    let latest: Micros | undefined;
    for (const { state } of status.containerStatuses ?? []) {
      const startedAt = state?.running?.startedAt;
      if (startedAt === undefined) continue;
      latest = Math.max(latest ?? 0, this.#calendar.micros(startedAt));
    }
    return latest;
  }

  #curvesOf(annotations: StringMap): ReadonlyMap<string, UsageCurve> {
    let curves = this.#curves.get(annotations);
    if (curves === undefined) {
      const { cpuUsage, memoryUsage, cpuDemand } = BehaviorAnnotation;
      const ofUsage = [cpuUsage, memoryUsage];
      const read = Object.entries(annotations).flatMap(([name, text]): [string, UsageCurve][] => {
        if (name !== cpuDemand && !ofUsage.some((usage) => name === usage || name.startsWith(`${usage}.`))) return [];
        const curve = parseUsageCurve(text);
        return curve === undefined ? [] : [[name, curve]];
      });
      curves = new Map(read);
      this.#curves.set(annotations, curves);
    }
    return curves;
  }
}

/** What a curve comes to in that part of a stretch of time of which it is not known what the pod has had. */
function wantedBeside(had: CpuHad | undefined, curve: UsageCurve, from: Micros, to: Micros): number {
  if (had === undefined) return usageBetween(curve, from, to);
  const before = usageBetween(curve, from, Math.min(to, had.since));
  return before + usageBetween(curve, Math.max(from, had.until), to);
}

/** What is said of each container by its name; what is said of the pod is the first one's. Parts are of what that asks for. */
function usagesOf(
  pod: Pod,
  resource: 'cpu' | 'memory',
  curves: ReadonlyMap<string, UsageCurve>,
): readonly { readonly curve: UsageCurve; readonly request: number }[] {
  if (curves.size === 0) return [];
  const annotation = resource === 'cpu' ? BehaviorAnnotation.cpuUsage : BehaviorAnnotation.memoryUsage;
  return pod.spec.containers.flatMap((container, index) => {
    const own = curves.get(`${annotation}.${container.name}`);
    if (own !== undefined) return [{ curve: own, request: requestOf([container], resource) }];
    const whole = index === 0 ? curves.get(annotation) : undefined;
    return whole === undefined ? [] : [{ curve: whole, request: requestOf(pod.spec.containers, resource) }];
  });
}

/** The share of a pod's requests that a container has; of equal ones, where none asks for anything. */
function shareOf(pod: Pod, resource: 'cpu' | 'memory', container: string | undefined): number {
  if (container === undefined) return 1;
  const { containers } = pod.spec;
  const own = containers.filter(({ name }) => name === container);
  const whole = requestOf(containers, resource);
  if (whole === 0) return own.length / containers.length;
  const part = own.reduce((sum, { resources }) => sum + (amounts(resources?.requests).get(resource) ?? 0), 0);
  return part / (resource === 'cpu' ? whole : whole / 1000);
}

/** What containers ask for together: thousandths of a core, or bytes times a thousand. */
function requestOf(containers: readonly Container[], resource: 'cpu' | 'memory'): number {
  let sum = 0;
  for (const { resources } of containers) sum += amounts(resources?.requests).get(resource) ?? 0;
  return resource === 'cpu' ? sum : sum * 1000;
}

/** What CPU limits leave the pod: thousandths of a core; Infinity where a container has none. */
function limitOf({ spec }: Pod): number {
  let sum = 0;
  for (const { resources } of spec.containers) sum += amounts(resources?.limits).get('cpu') ?? Infinity;
  return sum;
}
