import type { AllocatedConfiguration, ResourceClaim } from '../api/resource.ts';
import type { Ask } from './ask.ts';

/**
 * What drivers are told about an allocation: the configuration of each class, once, for the requests that used it; then
 * the claim's own. Without requests it is for all of them. `chosen` says by request which alternative was taken.
 */
export function configurationOf(claim: ResourceClaim, chosen: readonly (Ask | undefined)[]): AllocatedConfiguration[] {
  const { requests = [], config = [] } = claim.spec.devices ?? {};
  const ofClasses = new Map<string, { readonly asks: string[]; readonly ask: Ask }>();
  for (const ask of chosen) {
    if (ask === undefined) continue;
    const name = ask.deviceClass.metadata.name;
    const known = ofClasses.get(name);
    if (known === undefined) ofClasses.set(name, { asks: [ask.name], ask });
    else known.asks.push(ask.name);
  }
  const forRequests = (names: readonly string[]): { readonly requests?: readonly string[] } =>
    names.length === 0 || names.length === requests.length ? {} : { requests: names };
  const all: AllocatedConfiguration[] = [];
  for (const { asks, ask } of ofClasses.values()) {
    for (const one of ask.deviceClass.spec.config ?? []) {
      all.push({ source: 'FromClass', ...forRequests(asks), ...one });
    }
  }
  for (const { requests: named = [], ...one } of config) {
    const used = chosen.some((ask) => ask !== undefined && (named.includes(ask.request) || named.includes(ask.name)));
    if (named.length === 0 || used) all.push({ source: 'FromClaim', ...forRequests(named), ...one });
  }
  return all;
}
