import { clusterOptions } from './cluster-options.ts';
import type { PolicyFailure } from './policies/policy.ts';
import { scenarioPolicies } from './scenario-policies.ts';
import { Cluster } from './sim/cluster.ts';
import { seconds } from './sim/kernel/time.ts';
import type { Pod } from './sim/api/core.ts';
import { keyOf } from './sim/apiserver/request.ts';
import type { Micros } from './sim/kernel/time.ts';
import type { Decision } from './sim/scheduler/decision.ts';
import { explain } from './sim/scheduler/explain.ts';
import type { Explanation } from './sim/scheduler/explain.ts';
import { schedulerNameOf } from './sim/scheduler/pod-class.ts';
import type { PodInfo } from './sim/scheduler/pod-class.ts';
import type { SchedulingCycle } from './sim/scheduler/scheduling-cycle.ts';
import { shortfalls } from './sim/scheduler/shortfall.ts';
import type { Shortfall } from './sim/scheduler/shortfall.ts';
import type { Scenario } from './workloads/scenario.ts';

/** A scheduling attempt of one pod: what was decided, and what there was to be known. */
export interface ExplainedDecision {
  readonly decision: Decision;
  /** Of all nodes, as they were when the cycle began; the cycle itself may have looked at some of them only. */
  readonly explanation: Explanation;
  /** Weights of the profile's plugins that score, in their order. */
  readonly weights: ReadonlyMap<string, number>;
  /** All that keeps the pod from each node that it does not fit. */
  readonly shortfalls: readonly Shortfall[];
  /** The pod was on this node and has been taken off it, to see what would be decided now. */
  readonly was?: string;
  /** No attempt of the run: what would be decided at that time. */
  readonly supposed?: boolean;
}

/** There was no such attempt. */
export interface NoDecision {
  /** Keys of all pods that were tried, in the order of their first attempts. */
  readonly tried: readonly string[];
  /** Attempts of the pod that was asked for. */
  readonly attempts: number;
}

/** Which decision is meant: an attempt of the pod by its number, or what would be decided at a time (in microseconds). */
export type Moment = { readonly attempt: number } | { readonly at: Micros };

/**
 * Runs a scenario up to one scheduling attempt, or to a time, and explains it. `pod` is `namespace/name`, a name in any
 * namespace, or the beginning of one or the other with a `*` behind: the first pod of that name to be tried is meant, or at a
 * time the first that there is.
 */
export async function explainDecision(
  scenario: Scenario,
  pod: string,
  moment: Moment,
  onWarning?: (text: string) => void,
): Promise<ExplainedDecision | NoDecision> {
  let failure: PolicyFailure | undefined;
  const policies = await scenarioPolicies(scenario, (it) => {
    failure ??= it;
    cluster.kernel.stop();
  });
  const cluster: Cluster = new Cluster(clusterOptions(scenario, {}, policies, onWarning));
  const { kernel, scheduler } = cluster;
  const tried = new Set<string>();
  let meant: string | undefined;
  let attempts = 0;
  let found: Omit<ExplainedDecision, 'decision'> | undefined;
  let decided: Decision | undefined;
  scheduler.observeCycles((cycle, info, number) => {
    tried.add(info.key);
    if (meant === undefined && isMeant(pod, info.key)) meant = info.key;
    if (info.key !== meant || found !== undefined) return;
    attempts++;
    if (!('attempt' in moment) || number !== moment.attempt) return;
    found = lookedAt(cycle, info);
  });
  scheduler.observe((decision) => {
    if (found === undefined || decision.pod !== meant) return;
    decided = decision;
    kernel.stop();
  });
  cluster.start();
  cluster.run({ until: 'at' in moment ? moment.at : seconds(scenario.duration) });
  if (failure !== undefined) throw failure;
  if ('at' in moment) {
    const { items } = cluster.server.list<Pod>('Pod');
    const object = items.find((one) => isMeant(pod, keyOf(one)));
    const asked = object === undefined ? undefined : scheduler.reconsider(object);
    if (object === undefined || asked === undefined) return { tried: items.map((one) => keyOf(one)), attempts: 0 };
    const { nodeName } = object.spec;
    return consideredNow(asked.cycle, asked.info, {
      time: kernel.now,
      ...(nodeName === undefined ? {} : { was: nodeName }),
    });
  }
  if (found === undefined || decided === undefined) return { tried: [...tried], attempts };
  return { decision: decided, ...found };
}

/** A pod looked at in full. */
function lookedAt(cycle: SchedulingCycle, info: PodInfo): Omit<ExplainedDecision, 'decision'> {
  const scoring = cycle.plugins.filter(({ weight }) => weight !== 0);
  return {
    explanation: explain(cycle, info),
    weights: new Map(scoring.map(({ plugin, weight }) => [plugin.name, weight])),
    shortfalls: shortfalls(cycle, info),
  };
}

/** What a cycle would decide about a pod as things are, without anything coming of it. */
export function consideredNow(
  cycle: SchedulingCycle,
  info: PodInfo,
  { time, was }: { readonly time: Micros; readonly was?: string },
): ExplainedDecision {
  const looked = lookedAt(cycle, info);
  const { result, nodeName, score, evaluated, feasible, message, rejectingPlugins } = cycle.run(info, 1);
  const decision: Decision = {
    time,
    pod: info.key,
    uid: info.pod.metadata.uid,
    profile: schedulerNameOf(info.pod),
    attempt: 1,
    result,
    node: nodeName,
    score,
    evaluatedNodes: evaluated,
    feasibleNodes: feasible,
    message,
    durationMicros: 0,
    queueMicros: 0,
    rejectingPlugins,
  };
  return { ...looked, decision, supposed: true, ...(was === undefined || was === '' ? {} : { was }) };
}

/** Whether a pod of that key is asked for. */
export function isMeant(asked: string, key: string): boolean {
  const name = key.slice(key.indexOf('/') + 1);
  if (!asked.endsWith('*')) return asked === key || asked === name;
  const beginning = asked.slice(0, -1);
  return key.startsWith(beginning) || name.startsWith(beginning);
}
