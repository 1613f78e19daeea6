import type { Pod, Service } from '../api/core.ts';
import type { Endpoint, EndpointSlice } from '../api/workloads.ts';
import { wantsTopologyHints } from './topology-hints.ts';

/** Endpoints in one slice at most. Source: --max-endpoints-per-slice. */
const MAX_ENDPOINTS = 100;

/** Whether the pod can stand behind a Service at all: it has an address and has not finished. */
export function isEndpoint({ status }: Pod): boolean {
  return status.podIP !== undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed';
}

/** Revisions of the pods that endpoints were made from: what their maker had seen. Not part of the objects. */
const observed = new WeakMap<Endpoint, number>();

/** The revision of the pod that an endpoint was made from; undefined where `endpointOf` did not make it. */
export function observedRevision(endpoint: Endpoint): number | undefined {
  return observed.get(endpoint);
}

/** A pod as an endpoint. Source: endpointslice/utils.go podToEndpoint. */
export function endpointOf(pod: Pod, service: Service, zone: string | undefined): Endpoint {
  const serving = (pod.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace = '', uid, resourceVersion } = pod.metadata;
  const hints = ready ? hintsOf(service, pod.spec.nodeName, zone) : undefined;
  const endpoint: Endpoint = {
    addresses: [pod.status.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    ...(zone === undefined ? {} : { zone }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(hints === undefined ? {} : { hints }),
  };
  observed.set(endpoint, Number(resourceVersion));
  return endpoint;
}

/**
 * For whom a ready endpoint is meant: with any traffic distribution its own zone, with PreferSameNode its node as well.
 * Source: endpointslice/trafficdist/trafficdist.go; PreferSameNode is on since 1.34 (PreferSameTrafficDistribution).
 */
function hintsOf(service: Service, node: string | undefined, zone: string | undefined): Endpoint['hints'] {
  const { spec } = service;
  const { trafficDistribution: distribution } = spec;
  if (distribution === undefined || wantsTopologyHints(service)) return undefined;
  const forZones = zone === undefined ? undefined : [{ name: zone }];
  const forNodes = distribution === 'PreferSameNode' && node !== undefined ? [{ name: node }] : undefined;
  if (forZones === undefined && forNodes === undefined) return undefined;
  return { ...(forZones === undefined ? {} : { forZones }), ...(forNodes === undefined ? {} : { forNodes }) };
}

/** The endpoint meant for a zone; undefined: for nobody in particular. */
export function meantFor(endpoint: Endpoint, zone: string | undefined): Endpoint {
  if (zone === undefined) return endpoint;
  const hinted: Endpoint = { ...endpoint, hints: { forZones: [{ name: zone }] } };
  observed.set(hinted, observed.get(endpoint) as number);
  return hinted;
}

/** What is to become of a Service's slices. */
export interface SliceChanges {
  readonly updates: readonly (readonly [EndpointSlice, readonly Endpoint[]])[];
  /** Endpoints of each new slice. */
  readonly creations: readonly (readonly Endpoint[])[];
  readonly deletions: readonly EndpointSlice[];
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a.addresses[0] === b.addresses[0] &&
    a.conditions.ready === b.conditions.ready &&
    a.conditions.serving === b.conditions.serving &&
    a.conditions.terminating === b.conditions.terminating &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    a.hints?.forZones?.[0]?.name === b.hints?.forZones?.[0]?.name &&
    a.hints?.forNodes?.[0]?.name === b.hints?.forNodes?.[0]?.name
  );
}

/**
 * Brings slices to the wanted endpoints with few writes: endpoints stay where they are, new ones go to slices that are
 * written anyway, then to the fullest with room, then to new slices. Source: endpointslice/reconciler.go.
 */
export function sliceChanges(slices: readonly EndpointSlice[], wanted: readonly Endpoint[]): SliceChanges {
  const left = new Map(wanted.map((endpoint) => [endpoint.targetRef?.uid ?? '', endpoint]));
  const plans = slices.map((slice) => {
    let changed = false;
    const kept: Endpoint[] = [];
    for (const endpoint of slice.endpoints) {
      const uid = endpoint.targetRef?.uid ?? '';
      const now = left.get(uid);
      left.delete(uid);
      if (now === undefined || !sameEndpoint(endpoint, now)) changed = true;
      if (now !== undefined) kept.push(now);
    }
    return { slice, kept, changed };
  });
  const added = [...left.values()];
  const byUse = plans.toSorted((a, b) => Number(b.changed) - Number(a.changed) || b.kept.length - a.kept.length);
  for (const plan of byUse) {
    const room = added.splice(0, MAX_ENDPOINTS - plan.kept.length);
    if (room.length === 0) continue;
    plan.kept.push(...room);
    plan.changed = true;
  }
  const creations: Endpoint[][] = [];
  while (added.length > 0) creations.push(added.splice(0, MAX_ENDPOINTS));
  // One slice stands even for a Service without endpoints.
  if (slices.length === 0 && creations.length === 0) creations.push([]);
  const empty = plans.filter(({ kept }) => kept.length === 0);
  const spare = empty.length === plans.length ? empty.slice(1) : empty;
  return {
    updates: plans
      .filter((plan) => plan.changed && !spare.includes(plan))
      .map(({ slice, kept }): readonly [EndpointSlice, readonly Endpoint[]] => [slice, kept]),
    creations,
    deletions: spare.map(({ slice }) => slice),
  };
}
