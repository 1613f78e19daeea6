import type { Container, Pod, Service } from '../../api/core.ts';
import { groupResource } from '../../api/kinds.ts';
import type { KubeObject } from '../../api/meta.ts';
import { amounts, podRequests } from '../../api/pod-requests.ts';
import { resourceAmount } from '../../api/quantity.ts';
import type { PersistentVolumeClaim } from '../../api/storage.ts';
import type { ResourceQuota } from '../../api/workloads.ts';

/** Amounts by the quota's names for them; cpu in millicores. */
export type QuotaUsage = ReadonlyMap<string, number>;

/** Kinds that are counted under their plural alone, as well as under count/<resource>. Source: pkg/quota/v1/evaluator/core. */
const COUNTED: Readonly<Record<string, string>> = {
  Pod: 'pods',
  Service: 'services',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  ReplicationController: 'replicationcontrollers',
  ResourceQuota: 'resourcequotas',
};

/** What one object counts for in quotas. A pod that has ended counts for nothing but itself under count/pods. */
export function quotaUsage(object: KubeObject): QuotaUsage {
  const usage = new Map<string, number>([[`count/${groupResource(object.kind)}`, 1]]);
  const counted = COUNTED[object.kind];
  if (object.kind === 'Pod') {
    const { phase } = (object as Pod).status;
    if (phase === 'Succeeded' || phase === 'Failed') return usage;
    addPod(usage, object as Pod);
  }
  if (counted !== undefined) usage.set(counted, 1);
  if (object.kind === 'Service') addService(usage, object as Service);
  if (object.kind === 'PersistentVolumeClaim') addClaim(usage, object as PersistentVolumeClaim);
  return usage;
}

function addPod(usage: Map<string, number>, { spec }: Pod): void {
  for (const [resource, amount] of podRequests(spec)) {
    usage.set(`requests.${resource}`, amount);
    if (resource === 'cpu' || resource === 'memory' || resource === 'ephemeral-storage') usage.set(resource, amount);
  }
  for (const [resource, amount] of podLimits(spec.containers, spec.initContainers ?? [])) {
    usage.set(`limits.${resource}`, amount);
  }
}

function podLimits(containers: readonly Container[], initContainers: readonly Container[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const { resources } of containers) {
    for (const [name, amount] of amounts(resources?.limits)) total.set(name, (total.get(name) ?? 0) + amount);
  }
  for (const { resources } of initContainers) {
    for (const [name, amount] of amounts(resources?.limits)) total.set(name, Math.max(total.get(name) ?? 0, amount));
  }
  return total;
}

function addService(usage: Map<string, number>, { spec }: Service): void {
  if (spec.type === 'LoadBalancer') usage.set('services.loadbalancers', 1);
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') {
    usage.set('services.nodeports', spec.ports?.length ?? 0);
  }
}

function addClaim(usage: Map<string, number>, { spec }: PersistentVolumeClaim): void {
  const storage = resourceAmount('storage', spec.resources?.requests?.['storage'] ?? '0');
  usage.set('requests.storage', storage);
  const { storageClassName } = spec;
  if (storageClassName === undefined) return;
  usage.set(`${storageClassName}.storageclass.storage.k8s.io/requests.storage`, storage);
  usage.set(`${storageClassName}.storageclass.storage.k8s.io/persistentvolumeclaims`, 1);
}

/** An amount of a quota's own text, in the units of QuotaUsage. */
export function quotaAmount(name: string, text: string): number {
  return resourceAmount(name === 'cpu' || name.endsWith('.cpu') ? 'cpu' : name, text);
}

/** Whether a quota is about an object at all: scopes choose among pods. */
export function quotaCovers(quota: ResourceQuota, object: KubeObject): boolean {
  const { scopes = [], scopeSelector } = quota.spec as ResourceQuota['spec'] & {
    readonly scopeSelector?: ScopeSelector;
  };
  const expressions = [
    ...scopes.map((scopeName): ScopeExpression => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ];
  if (expressions.length === 0) return true;
  return object.kind === 'Pod' && expressions.every((expression) => isInScope(object as Pod, expression));
}

interface ScopeSelector {
  readonly matchExpressions?: readonly ScopeExpression[];
}

interface ScopeExpression {
  readonly scopeName: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

function isInScope({ spec, status }: Pod, { scopeName, operator, values = [] }: ScopeExpression): boolean {
  switch (scopeName) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return status.qosClass === 'BestEffort';
    case 'NotBestEffort':
      return status.qosClass !== 'BestEffort';
    case 'PriorityClass': {
      const name = spec.priorityClassName ?? '';
      if (operator === 'Exists') return name !== '';
      if (operator === 'DoesNotExist') return name === '';
      return values.includes(name) === (operator === 'In');
    }
    default:
      return false;
  }
}
