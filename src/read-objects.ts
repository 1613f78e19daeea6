import { clusterOptions } from './cluster-options.ts';
import type { PolicyFailure } from './policies/policy.ts';
import { scenarioPolicies } from './scenario-policies.ts';
import type { KubeObject } from './sim/api/meta.ts';
import type { ApiStatus } from './sim/api/status.ts';
import { pathOf, rest } from './sim/apiserver/rest.ts';
import { Cluster } from './sim/cluster.ts';
import type { Micros } from './sim/kernel/time.ts';
import type { Scenario } from './workloads/scenario.ts';

/** Which objects are asked for, as a client of the API names them. */
export interface ObjectQuery {
  readonly kind: string;
  /** Empty: of all namespaces. */
  readonly namespace: string;
  /** Empty: all of them. */
  readonly name: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** What the API server answers at a time. */
export interface ObjectsRead {
  /** The clock then, in microseconds. */
  readonly now: Micros;
  readonly answer: readonly KubeObject[] | ApiStatus;
}

/** Runs a scenario up to a time and asks its API server for objects, as `kubectl get` does. */
export async function readObjects(
  scenario: Scenario,
  at: Micros,
  { kind, namespace, name, ...query }: ObjectQuery,
  onWarning?: (text: string) => void,
): Promise<ObjectsRead> {
  let failure: PolicyFailure | undefined;
  const policies = await scenarioPolicies(scenario, (it) => {
    failure ??= it;
    cluster.kernel.stop();
  });
  const cluster: Cluster = new Cluster(clusterOptions(scenario, {}, policies, onWarning));
  cluster.start();
  cluster.run({ until: at });
  if (failure !== undefined) throw failure;
  const { body } = rest(cluster.server, { method: 'GET', path: pathOf(kind, namespace, name), query });
  const { now } = cluster.kernel;
  if ('code' in body) return { now, answer: body as ApiStatus };
  if ('items' in body) return { now, answer: byName((body as { readonly items: readonly KubeObject[] }).items) };
  return { now, answer: [body as KubeObject] };
}

function byName(objects: readonly KubeObject[]): readonly KubeObject[] {
  const key = ({ metadata: { namespace = '', name } }: KubeObject): string => `${namespace}/${name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
