import type { Pod } from '../../api/core.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { ResourceQuota } from '../../api/workloads.ts';
import { printAmount } from './limit-ranger.ts';
import { quotaAmount, quotaCovers, quotaUsage } from './quota-usage.ts';
import type { QuotaUsage } from './quota-usage.ts';

/** A quota as admitting an object leaves it, or why the object goes beyond it. */
export type QuotaVerdict =
  { readonly quota: ResourceQuota; readonly charged: ResourceQuota } | { readonly refusal: string } | undefined;

/** Resources that a pod must say something of where a quota limits them. */
const REQUIRED = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/**
 * What a quota says to a new object. `used` is what is used where the quota's status does not tell yet. Source:
 * apiserver plugin/pkg/admission/resourcequota/controller.go (CheckRequest).
 */
export function quotaVerdict(quota: ResourceQuota, object: KubeObject, used: () => QuotaUsage): QuotaVerdict {
  if (!quotaCovers(quota, object)) return undefined;
  const usage = quotaUsage(object);
  const hard = quota.status?.hard ?? quota.spec.hard ?? {};
  const limited = Object.keys(hard)
    .filter((name) => usage.has(name))
    .sort();
  const { name } = quota.metadata;
  const silent = object.kind === 'Pod' ? unsaid(object as Pod, Object.keys(hard)) : [];
  if (silent.length > 0) return { refusal: `failed quota: ${name}: must specify ${silent.join('; ')}` };
  if (limited.length === 0) return undefined;

  const known = quota.status?.used;
  const counted = known === undefined ? used() : undefined;
  const before = (resource: string): number =>
    counted === undefined ? quotaAmount(resource, known?.[resource] ?? '0') : (counted.get(resource) ?? 0);
  const beyond = limited.filter((resource) => {
    const after = before(resource) + (usage.get(resource) ?? 0);
    return (usage.get(resource) ?? 0) > 0 && after > quotaAmount(resource, hard[resource] as string);
  });
  if (beyond.length > 0) {
    const told = (amountOf: (resource: string) => string): string =>
      beyond.map((resource) => `${resource}=${amountOf(resource)}`).join(',');
    const requested = told((resource) => printAmount(resource, usage.get(resource) ?? 0));
    const soFar = told((resource) => printAmount(resource, before(resource)));
    const limit = told((resource) => hard[resource] as string);
    return { refusal: `exceeded quota: ${name}, requested: ${requested}, used: ${soFar}, limited: ${limit}` };
  }
  const after = Object.keys(hard).map((resource) => [
    resource,
    printAmount(resource, before(resource) + (usage.get(resource) ?? 0)),
  ]);
  return { quota, charged: { ...quota, status: { hard, used: Object.fromEntries(after) as Record<string, string> } } };
}

/** What containers of a pod should have said and did not, by resource. Source: pkg/quota/v1/evaluator/core/pods.go. */
function unsaid({ spec }: Pod, limited: readonly string[]): readonly string[] {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  return REQUIRED.filter((name) => limited.includes(name)).flatMap((name) => {
    const list = name.startsWith('limits.') ? 'limits' : 'requests';
    const resource = name.replace(/^(requests|limits)\./, '');
    const silent = containers.filter(({ resources }) => resources?.[list]?.[resource] === undefined);
    return silent.length === 0 ? [] : [`${name} for: ${silent.map((container) => container.name).join(',')}`];
  });
}
