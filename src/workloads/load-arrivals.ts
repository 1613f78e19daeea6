import type { ArrivalSource } from '../sim/arrivals.ts';
import type { RandomSource } from '../sim/kernel/random.ts';
import { IndexedSource } from './arrivals/indexed-source.ts';
import { manifestWorkload } from './arrivals/manifest-workload.ts';
import { deleteWorkload, rolloutWorkload, scaleWorkload } from './arrivals/reference-workload.ts';
import { traceWorkload } from './arrivals/trace-workload.ts';
import type { WorkloadPlan } from './arrivals/workload-plan.ts';
import { generatorWorkload } from './generator/generator-workload.ts';
import type { DocumentPath } from './input-error.ts';
import { SpecPool } from './manifests/spec-pool.ts';
import type { Scenario } from './scenario.ts';
import type { WorkloadSpec } from './scenario-schema.ts';

/** All that users do in a run. */
export interface Arrivals {
  /** In the order that counts where several have an arrival at one instant. */
  readonly sources: readonly ArrivalSource[];
  /** One for each workload of the scenario, in order. */
  readonly workloads: readonly WorkloadPlan[];
  readonly warnings: readonly string[];
}

/** Namespaces every cluster has. */
const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

const NAMESPACES = 'namespaces';

/** Namespaces that workloads use and none declares, created at the very beginning. */
function missingNamespaces(plans: readonly WorkloadPlan[]): readonly string[] {
  const known = new Set(SYSTEM_NAMESPACES);
  for (const plan of plans) {
    if ((plan.counts['Namespace'] ?? 0) === 0) continue;
    for (const { kind, metadata } of plan.objects?.() ?? []) if (kind === 'Namespace') known.add(metadata.name ?? '');
  }
  const used = new Set(plans.flatMap((plan) => [...plan.namespaces]));
  return [...used].filter((name) => !known.has(name));
}

function namespaceSource(names: readonly string[]): ArrivalSource {
  return new IndexedSource(NAMESPACES, (index) => {
    const name = names[index];
    if (name === undefined) return undefined;
    return { at: 0, action: 'apply', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } };
  });
}

/** Reads the scenario's workloads. What they draw hangs on the random source, the workload's name and the arrival's number. */
export function loadArrivals(scenario: Scenario, random: RandomSource): Arrivals {
  const pool = new SpecPool();
  const plans: WorkloadPlan[] = [];
  for (const [index, workload] of scenario.workloads.entries()) {
    plans.push(planOf(scenario, workload, ['workloads', index], { pool, random, earlier: plans }));
  }
  const missing = missingNamespaces(plans);
  const sources = plans.map((plan) => plan.source);
  return {
    sources: missing.length === 0 ? sources : [namespaceSource(missing), ...sources],
    workloads: plans,
    warnings: plans.flatMap((plan) => plan.warnings),
  };
}

interface Context {
  readonly pool: SpecPool;
  readonly random: RandomSource;
  readonly earlier: readonly WorkloadPlan[];
}

function planOf(scenario: Scenario, workload: WorkloadSpec, base: DocumentPath, context: Context): WorkloadPlan {
  if (workload.delete !== undefined) return deleteWorkload(scenario, workload, base, context.earlier);
  if (workload.scale !== undefined) return scaleWorkload(scenario, workload, base, context.earlier);
  if (workload.rollout !== undefined) return rolloutWorkload(scenario, workload, base, context.earlier);
  if (workload.generator !== undefined) {
    return generatorWorkload(scenario, workload, workload.generator, base, context);
  }
  if (workload.trace !== undefined) return traceWorkload(scenario, workload, workload.trace, base, context.pool);
  return manifestWorkload(scenario, workload, base, context.pool);
}
