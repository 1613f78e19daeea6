import { clusterOptions } from './cluster-options.ts';
import type { PolicyFailure } from './policies/policy.ts';
import { scenarioPolicies } from './scenario-policies.ts';
import { Cluster } from './sim/cluster.ts';
import { seconds } from './sim/kernel/time.ts';
import type { Decision } from './sim/scheduler/decision.ts';
import { explain } from './sim/scheduler/explain.ts';
import type { Explanation } from './sim/scheduler/explain.ts';
import type { Scenario } from './workloads/scenario.ts';

/** A scheduling attempt of one pod: what was decided, and what there was to be known. */
export interface ExplainedDecision {
  readonly decision: Decision;
  /** Of all nodes, as they were when the cycle began; the cycle itself may have looked at some of them only. */
  readonly explanation: Explanation;
  /** Weights of the profile's plugins that score, in their order. */
  readonly weights: ReadonlyMap<string, number>;
}

/** There was no such attempt. */
export interface NoDecision {
  /** Keys of all pods that were tried, in the order of their first attempts. */
  readonly tried: readonly string[];
  /** Attempts of the pod that was asked for. */
  readonly attempts: number;
}

/**
 * Runs a scenario up to one scheduling attempt and explains it. `pod` is `namespace/name`, a name in any namespace, or the
 * beginning of one or the other with a `*` behind: the first pod of that name to be tried is meant.
 */
export async function explainDecision(
  scenario: Scenario,
  pod: string,
  attempt: number,
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
    if (number !== attempt) return;
    const explanation = explain(cycle, info);
    const scoring = cycle.plugins.filter(({ weight }) => weight !== 0);
    found = { explanation, weights: new Map(scoring.map(({ plugin, weight }) => [plugin.name, weight])) };
  });
  scheduler.observe((decision) => {
    if (found === undefined || decision.pod !== meant) return;
    decided = decision;
    kernel.stop();
  });
  cluster.start();
  cluster.run({ until: seconds(scenario.duration) });
  if (failure !== undefined) throw failure;
  if (found === undefined || decided === undefined) return { tried: [...tried], attempts };
  return { decision: decided, ...found };
}

function isMeant(asked: string, key: string): boolean {
  const name = key.slice(key.indexOf('/') + 1);
  if (!asked.endsWith('*')) return asked === key || asked === name;
  const beginning = asked.slice(0, -1);
  return key.startsWith(beginning) || name.startsWith(beginning);
}
