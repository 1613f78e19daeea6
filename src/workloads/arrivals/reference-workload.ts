import type { Arrival } from '../../sim/arrivals.ts';
import { KINDS, kindInfo } from '../../sim/api/kinds.ts';
import type { Draft } from '../../sim/api/meta.ts';
import { seconds } from '../../sim/kernel/time.ts';
import type { DocumentPath } from '../input-error.ts';
import { unknownName } from '../nearest.ts';
import type { Scenario } from '../scenario.ts';
import type { WorkloadSpec } from '../scenario-schema.ts';
import { IndexedSource } from './indexed-source.ts';
import type { WorkloadPlan } from './workload-plan.ts';

/** Kinds with a `spec.replicas` that `kubectl scale` takes. */
const SCALABLE = ['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'];

interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

class References {
  readonly #scenario: Scenario;
  readonly #byKey = new Map<string, Draft>();
  /** Whether all names are known: generators and traces make theirs as they run. */
  readonly #complete: boolean;

  constructor(scenario: Scenario, earlier: readonly WorkloadPlan[]) {
    this.#scenario = scenario;
    this.#complete = earlier.every((plan) => plan.objects !== undefined);
    for (const plan of earlier) {
      for (const object of plan.objects?.() ?? []) {
        const { namespace = '', name = '' } = object.metadata;
        this.#byKey.set(`${object.kind}/${namespace}/${name}`, object);
      }
    }
  }

  /** The object an earlier workload applies, as the last of them does. */
  find(reference: Reference, path: DocumentPath, kinds: readonly string[]): Draft | undefined {
    const { kind, name } = reference;
    if (!kinds.includes(kind)) throw this.#scenario.source.error([...path, 'kind'], unknownName('kind', kind, kinds));
    const namespace = namespaceOf(reference);
    const found = this.#byKey.get(`${kind}/${namespace}/${name}`);
    if (found !== undefined || kind === 'Node') return found;
    if (!this.#complete) return undefined;
    const start = `${kind}/${namespace}/`;
    const known = [...this.#byKey.keys()].filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
    const where = namespace === '' ? '' : ` in namespace ${namespace}`;
    throw this.#scenario.source.error([...path, 'name'], {
      ...unknownName(`${kind}${where} in the workloads before this one`, name, known),
    });
  }
}

function namespaceOf({ kind, namespace }: Reference): string {
  return kindInfo(kind)?.namespaced === true ? (namespace ?? 'default') : '';
}

/** An object of which only the name is said. */
function bare(reference: Reference): Draft {
  const namespace = namespaceOf(reference);
  const metadata = { name: reference.name, ...(namespace === '' ? {} : { namespace }) };
  return { apiVersion: kindInfo(reference.kind)?.apiVersion ?? 'v1', kind: reference.kind, metadata };
}

function plan(workload: WorkloadSpec, arrivals: readonly Arrival[]): WorkloadPlan {
  const source = new IndexedSource(workload.name, (index) => arrivals[index]);
  return { name: workload.name, source, counts: {}, namespaces: new Set(), objects: () => [], warnings: [] };
}

/** `delete:` objects go. */
export function deleteWorkload(
  scenario: Scenario,
  workload: WorkloadSpec,
  base: DocumentPath,
  earlier: readonly WorkloadPlan[],
): WorkloadPlan {
  const references = new References(scenario, earlier);
  const kinds = KINDS.map((info) => info.kind);
  const arrivals = (workload.delete ?? []).map((reference, index): Arrival => {
    references.find(reference, [...base, 'delete', index], kinds);
    return { at: seconds(workload.at), action: 'delete', object: bare(reference) };
  });
  return plan(workload, arrivals);
}

/** `scale:` what an earlier workload applied is applied again with another number of replicas. */
export function scaleWorkload(
  scenario: Scenario,
  workload: WorkloadSpec,
  base: DocumentPath,
  earlier: readonly WorkloadPlan[],
): WorkloadPlan {
  const references = new References(scenario, earlier);
  const arrivals = (workload.scale ?? []).map((reference, index): Arrival => {
    const path = [...base, 'scale', index];
    const object = references.find(reference, path, SCALABLE) as (Draft & { readonly spec?: object }) | undefined;
    if (object === undefined) {
      throw scenario.source.error([...path, 'name'], {
        message: `no workload before this one applies this ${reference.kind}`,
        found: reference.name,
        allowed: 'an object of manifests or inline; what generators and traces make is not scaled',
      });
    }
    const scaled: object = { ...object, spec: { ...object.spec, replicas: reference.replicas } };
    return { at: seconds(workload.at), action: 'apply', object: scaled as Draft };
  });
  return plan(workload, arrivals);
}

/** Kinds that `kubectl rollout` takes; only a Deployment can be paused. */
const ROLLABLE = ['Deployment', 'StatefulSet', 'DaemonSet'];
const PAUSABLE = ['Deployment'];

/** `rollout:` an earlier workload's object goes back, anew, or stands still. */
export function rolloutWorkload(
  scenario: Scenario,
  workload: WorkloadSpec,
  base: DocumentPath,
  earlier: readonly WorkloadPlan[],
): WorkloadPlan {
  const references = new References(scenario, earlier);
  const arrivals = (workload.rollout ?? []).map(({ do: act, toRevision = 0, ...reference }, index): Arrival => {
    const kinds = act === 'pause' || act === 'resume' ? PAUSABLE : ROLLABLE;
    references.find(reference, [...base, 'rollout', index], kinds);
    const object = bare(reference);
    return { at: seconds(workload.at), action: 'rollout', object, rollout: { do: act, toRevision } };
  });
  return plan(workload, arrivals);
}
