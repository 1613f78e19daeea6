import type { Pod } from '../../api/core.ts';
import { METRIC_ANNOTATION } from '../../behavior-annotations.ts';
import type { Condition, KubeObject, LabelSelector } from '../../api/meta.ts';
import { quantityMilli } from '../../api/quantity.ts';
import { matchesSelector } from '../../api/selectors.ts';
import type { HorizontalPodAutoscaler, MetricSpec } from '../../api/workloads.ts';
import { byNamespace } from '../../apiserver/informer.ts';
import type { Index, Informer } from '../../apiserver/informer.ts';
import { sameJson } from '../../apiserver/merge-patch.ts';
import { keyOf } from '../../apiserver/request.ts';
import type { ApiRequest } from '../../apiserver/request.ts';
import { seconds } from '../../kernel/time.ts';
import { parseUsageCurve, usageAt } from '../../usage-curve.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controller.ts';
import { isReady } from '../pod-state.ts';
import type { ReconcilePolicies } from '../policies.ts';
import { updateStatus } from '../requests.ts';
import { realAutoscaling } from './autoscaling-policy.ts';
import type { AutoscalingPolicy, DemandSample } from './autoscaling-policy.ts';
import { PodMetrics } from './pod-metrics.ts';
import type { CpuSource } from './pod-metrics.ts';
import { allowedByBehavior, allowedByDefault, NO_MEMORY, remembered } from './recommendations.ts';
import type { Allowed, Memory } from './recommendations.ts';
import { MetricError, replicasForAverage, replicasForExternal, replicasForUtilization } from './replica-calculator.ts';
import type { Calculation, Proposal } from './replica-calculator.ts';
import { demandGroup, SharedDemand } from './shared-demand.ts';

/** Kinds that can be scaled. */
const TARGETS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'];

/** What is scaled. */
type Target = KubeObject & {
  readonly spec: { readonly replicas?: number; readonly selector?: LabelSelector | LabelSelector['matchLabels'] };
  readonly status: { readonly replicas?: number };
};

/**
 * The horizontal pod autoscaler: looks at each one's metrics every 15 s, and sets its target's replicas. `had`: what
 * kubelets say of the processor time of their pods; absent, they have all that they want.
 */
export function horizontalController(
  { autoscaling = realAutoscaling }: Partial<ReconcilePolicies> = {},
  had: CpuSource = () => undefined,
): ControllerFactory {
  return { name: 'horizontalpodautoscaler', create: (environment) => new Horizontal(environment, autoscaling, had) };
}

interface State {
  readonly memory: readonly [string, Memory][];
  readonly history: readonly [string, readonly DemandSample[]][];
  readonly demands: unknown;
}

/** What the metrics of an autoscaler come to together. */
interface Wanted extends Proposal {
  readonly metric: string;
  readonly statuses: readonly object[];
}

class Horizontal implements Controller {
  readonly name = 'horizontalpodautoscaler';
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #autoscalers: Informer<HorizontalPodAutoscaler>;
  readonly #targets: ReadonlyMap<string, Informer<Target>>;
  readonly #pods: Index<Pod>;
  readonly #demands = new SharedDemand();
  readonly #metrics: PodMetrics;
  #memory = new Map<string, Memory>();
  readonly #policy: AutoscalingPolicy;
  /** Earlier looks, where the policy asks for them. */
  #history = new Map<string, readonly DemandSample[]>();

  constructor(environment: ControllerEnvironment, policy: AutoscalingPolicy, had: CpuSource) {
    this.#policy = policy;
    const { informers, queue, kernel, calendar, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentHorizontalPodAutoscalerSyncs;
    this.#autoscalers = informers.informer<HorizontalPodAutoscaler>('HorizontalPodAutoscaler');
    this.#targets = new Map(TARGETS.map((kind) => [kind, informers.informer<Target>(kind)]));
    const pods = informers.informer<Pod>('Pod');
    this.#pods = byNamespace(pods);
    this.#metrics = new PodMetrics(kernel.random, calendar, settings.metricsServer, this.#demands, had);
    this.#autoscalers.on((type, autoscaler) => {
      const key = keyOf(autoscaler);
      if (type === 'deleted') {
        this.#memory.delete(key);
        this.#history.delete(key);
      }
      // A fixed rhythm, from the first word on: changes in between wait for their turn.
      else if (type === 'added')
        queue.addAfter(key, seconds(settings.controllerManager.horizontalPodAutoscalerSyncPeriodSeconds));
    });
    pods.on((type, pod, previous) => {
      const group = demandGroup(pod);
      if (group === undefined) return;
      const before = previous !== undefined && isReady(previous) ? 1 : 0;
      const after = type !== 'deleted' && isReady(pod) ? 1 : 0;
      if (before !== after) this.#demands.changed(group, after - before, kernel.now);
    });
  }

  reconcile(key: string): Plan | undefined {
    const autoscaler = this.#autoscalers.get(key);
    if (autoscaler === undefined) return undefined;
    const { kernel, settings, events, calendar } = this.#environment;
    const requeueAfterSeconds = settings.controllerManager.horizontalPodAutoscalerSyncPeriodSeconds;
    const { kind, name } = autoscaler.spec.scaleTargetRef;
    const namespace = autoscaler.metadata.namespace ?? '';
    const target = this.#targets.get(kind)?.get(`${namespace}/${name}`);
    if (target === undefined) {
      const message = `the HPA controller was unable to get the target's current scale: ${kind} "${name}" not found`;
      events.record(this.name, autoscaler, 'Warning', 'FailedGetScale', message);
      const conditions = this.#conditions(autoscaler, { AbleToScale: ['False', 'FailedGetScale', message] });
      return this.#plan(autoscaler, { conditions }, [], requeueAfterSeconds);
    }
    const current = target.spec.replicas ?? 1;
    const { minReplicas: minimum = 1, maxReplicas: maximum } = autoscaler.spec;
    if (current === 0 && minimum !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      const conditions = this.#conditions(autoscaler, { ScalingActive: ['False', 'ScalingDisabled', message] });
      const status = { currentReplicas: 0, desiredReplicas: 0, conditions };
      return this.#plan(autoscaler, status, [], requeueAfterSeconds);
    }
    let desired: number;
    let reason: string;
    let conditions: readonly Condition[];
    let metrics: readonly object[] = [];
    if (current > maximum || current < minimum) {
      desired = current > maximum ? maximum : minimum;
      reason = `Current number of replicas ${current > maximum ? 'above Spec.MaxReplicas' : 'below Spec.MinReplicas'}`;
      conditions = this.#conditions(autoscaler, {
        AbleToScale: ['True', 'SucceededRescale', 'the HPA controller was able to update the target scale'],
      });
      this.#remember(key, desired, desired - current);
    } else {
      let wanted: Wanted;
      try {
        wanted = this.#wanted(autoscaler, target, current);
      } catch (error) {
        if (!(error instanceof MetricError)) throw error;
        const message = `failed to compute desired number of replicas based on listed metrics: ${error.message}`;
        events.record(this.name, autoscaler, 'Warning', 'FailedComputeMetricsReplicas', message);
        const inactive = this.#conditions(autoscaler, {
          AbleToScale: ['True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"],
          ScalingActive: ['False', 'FailedGetResourceMetric', message],
        });
        const status = { currentReplicas: current, desiredReplicas: current, conditions: inactive };
        return this.#plan(autoscaler, status, [], requeueAfterSeconds);
      }
      const allowed = this.#allowed(key, autoscaler, current, wanted.replicas);
      desired = this.#decided(key, autoscaler, current, wanted, allowed.replicas);
      reason = desired > current ? `${wanted.metric} above target` : 'All metrics below target';
      metrics = wanted.statuses;
      this.#remember(key, wanted.replicas, desired - current);
      conditions = this.#conditions(autoscaler, {
        AbleToScale:
          desired === current
            ? ['True', 'ReadyForNewScale', 'recommended size matches current size']
            : ['True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`],
        ScalingActive: [
          'True',
          'ValidMetricFound',
          `the HPA was able to successfully calculate a replica count from ${wanted.metric}`,
        ],
        ScalingLimited:
          allowed.limited === undefined
            ? ['False', 'DesiredWithinRange', 'the desired count is within the acceptable range']
            : ['True', allowed.limited, 'the desired replica count is limited'],
      });
    }
    const status = { currentReplicas: current, desiredReplicas: desired, currentMetrics: metrics, conditions };
    if (desired === current) return this.#plan(autoscaler, status, [], requeueAfterSeconds);
    events.record(this.name, autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`);
    const scale: ApiRequest = {
      verb: 'patch',
      kind,
      namespace,
      name,
      patch: { spec: { replicas: desired } },
      ignore: ['NotFound'],
    };
    const scaled = { ...status, lastScaleTime: calendar.timestamp(kernel.now) };
    return this.#plan(autoscaler, scaled, [scale], requeueAfterSeconds);
  }

  /** What the policy makes of all that is known. */
  #decided(
    key: string,
    autoscaler: HorizontalPodAutoscaler,
    current: number,
    { ratio, replicas: proposed }: Wanted,
    allowed: number,
  ): number {
    const { now } = this.#environment.kernel;
    const { minReplicas: minimum = 1, maxReplicas: maximum } = autoscaler.spec;
    const history = this.#history.get(key) ?? [];
    const { ups, downs } = this.#memory.get(key) ?? NO_MEMORY;
    const scaled = Math.max(ups.at(-1)?.time ?? -1, downs.at(-1)?.time ?? -1);
    const lastScaled = scaled < 0 ? undefined : scaled;
    const known = { now, autoscaler, current, minimum, maximum, ratio, proposed, allowed, history, lastScaled };
    const replicas = this.#policy.replicas(known);
    const { historySeconds } = this.#policy;
    if (historySeconds !== undefined) {
      const fresh = history.filter(({ time }) => time >= now - seconds(historySeconds));
      this.#history.set(key, [...fresh, { time: now, demand: current * ratio }]);
    }
    return Math.min(maximum, Math.max(minimum, replicas));
  }

  #allowed(key: string, { spec }: HorizontalPodAutoscaler, current: number, proposed: number): Allowed {
    const { kernel, settings } = this.#environment;
    const memory = this.#memory.get(key) ?? {
      ...NO_MEMORY,
      recommendations: [{ time: kernel.now, replicas: current }],
    };
    this.#memory.set(key, memory);
    const { minReplicas: minimum = 1, maxReplicas: maximum, behavior } = spec;
    if (behavior !== undefined) {
      return allowedByBehavior(memory, kernel.now, current, proposed, { minimum, maximum, behavior });
    }
    const windowSeconds = settings.controllerManager.horizontalPodAutoscalerDownscaleStabilizationSeconds;
    return allowedByDefault(memory, kernel.now, current, proposed, { minimum, maximum, windowSeconds });
  }

  #remember(key: string, proposed: number, change: number): void {
    this.#memory.set(
      key,
      remembered(this.#memory.get(key) ?? NO_MEMORY, this.#environment.kernel.now, proposed, change),
    );
  }

  /** The highest of what the metrics propose; with one that cannot be read, nothing is taken away. */
  #wanted(autoscaler: HorizontalPodAutoscaler, target: Target, current: number): Wanted {
    const { kernel, calendar, settings } = this.#environment;
    const calculation = { calendar, now: kernel.now, settings: settings.controllerManager };
    const selector = selectorOf(target);
    const pods = this.#pods
      .get(autoscaler.metadata.namespace ?? '')
      .filter((pod) => matchesSelector(selector, pod.metadata.labels));
    let best: Wanted | undefined;
    let failure: MetricError | undefined;
    const statuses: object[] = [];
    for (const spec of autoscaler.spec.metrics ?? DEFAULT_METRICS) {
      try {
        const one = this.#propose(spec, autoscaler, target, current, pods, calculation);
        statuses.push(...one.statuses);
        if (best === undefined || one.replicas > best.replicas) best = one;
      } catch (error) {
        if (!(error instanceof MetricError)) throw error;
        failure ??= error;
      }
    }
    if (best === undefined) throw failure ?? new MetricError('no metrics');
    if (failure !== undefined && best.replicas < current) throw failure;
    return { ...best, statuses };
  }

  #propose(
    spec: MetricSpec,
    autoscaler: HorizontalPodAutoscaler,
    target: Target,
    current: number,
    pods: readonly Pod[],
    calculation: Calculation,
  ): Wanted {
    const { now } = calculation;
    const resource = spec.resource ?? spec.containerResource;
    if (resource !== undefined) {
      const { name, target: aim } = resource;
      if (name !== 'cpu' && name !== 'memory') throw new MetricError(`unable to get metrics for resource ${name}`);
      const container = spec.containerResource?.container;
      const metricOf = (pod: Pod) => this.#metrics.get(pod, name, now, container);
      const known = { type: spec.type };
      if (aim.averageUtilization !== undefined) {
        const found = replicasForUtilization(
          current,
          aim.averageUtilization,
          name,
          pods,
          metricOf,
          calculation,
          container,
        );
        const status = { ...known, resource: { name, current: { averageUtilization: found.current } } };
        const metric = `${name} resource utilization (percentage of request)`;
        return { ...found, metric, statuses: [status] };
      }
      const wanted = quantityMilli(aim.averageValue ?? 0);
      const found = replicasForAverage(current, wanted, name, pods, metricOf, calculation);
      const status = { ...known, resource: { name, current: { averageValue: `${found.current}m` } } };
      return { ...found, metric: `${name} resource`, statuses: [status] };
    }
    const other = spec.external ?? spec.object ?? spec.pods;
    const { name } = other?.metric ?? { name: '' };
    const curve = parseUsageCurve(autoscaler.metadata.annotations?.[METRIC_ANNOTATION + name] ?? '');
    if (other === undefined || curve === undefined) {
      throw new MetricError(`unable to get metric ${name}: no annotation ${METRIC_ANNOTATION}${name} says what it is`);
    }
    const usage = usageAt(curve, now);
    const { value, averageValue } = other.target;
    const aim =
      spec.pods === undefined && value !== undefined
        ? { value: quantityMilli(value) }
        : { averageValue: quantityMilli(averageValue ?? value ?? 0) };
    const found =
      spec.pods === undefined
        ? replicasForExternal(current, usage, aim, pods, target.status.replicas ?? 0, calculation)
        : replicasForAverage(
            current,
            aim.averageValue ?? 1,
            undefined,
            pods,
            () => ({ amount: usage, time: now, window: 0 }),
            calculation,
          );
    const status = { type: spec.type, metric: { name }, current: { value: `${found.current}m` } };
    return { ...found, metric: `${spec.type.toLowerCase()} metric ${name}`, statuses: [status] };
  }

  #plan(
    autoscaler: HorizontalPodAutoscaler,
    change: HorizontalPodAutoscaler['status'],
    first: readonly ApiRequest[],
    requeueAfterSeconds: number,
  ): Plan {
    const { generation } = autoscaler.metadata;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const status = { ...autoscaler.status, ...observed, ...change };
    const same = sameJson(autoscaler.status, status);
    const write = updateStatus(autoscaler as HorizontalPodAutoscaler & { status: unknown }, status);
    return { stages: [first, same ? [] : [write]], requeueAfterSeconds };
  }

  #conditions(
    { status = {} }: HorizontalPodAutoscaler,
    changes: Readonly<Record<string, readonly [status: 'True' | 'False', reason: string, message: string]>>,
  ): readonly Condition[] {
    const conditions = [...(status.conditions ?? [])];
    const now = this.#environment.calendar.timestamp(this.#environment.kernel.now);
    for (const [type, [value, reason, message]] of Object.entries(changes)) {
      const at = conditions.findIndex((condition) => condition.type === type);
      const former = conditions[at];
      const lastTransitionTime = former?.status === value ? (former.lastTransitionTime ?? now) : now;
      const condition: Condition = { type, status: value, reason, message, lastTransitionTime };
      if (at < 0) conditions.push(condition);
      else conditions[at] = condition;
    }
    return conditions;
  }

  save(): State {
    return { memory: [...this.#memory], history: [...this.#history], demands: this.#demands.save() };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#memory = new Map(state.memory);
    this.#history = new Map(state.history);
    this.#demands.restore(state.demands);
  }
}

/** Where an autoscaler names no metric. Source: pkg/apis/autoscaling/v2/defaults.go. */
const DEFAULT_METRICS: readonly MetricSpec[] = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
];

/** A ReplicationController's selector is a plain set of labels. */
function selectorOf({ kind, spec }: Target): LabelSelector | undefined {
  if (kind !== 'ReplicationController') return spec.selector as LabelSelector | undefined;
  return { matchLabels: spec.selector as NonNullable<LabelSelector['matchLabels']> };
}
