import type { KubeNode, Service } from '../api/core.ts';
import { quantityMilli } from '../api/quantity.ts';
import type { Endpoint } from '../api/workloads.ts';

/** By how much an endpoint may have more to do than others: what a zone gets at least follows from it. */
const OVERLOAD_THRESHOLD = 0.2;

const MODE = 'service.kubernetes.io/topology-mode';
/** The annotation's former name. */
const FORMER_MODE = 'service.kubernetes.io/topology-aware-hints';
const ZONE = 'topology.kubernetes.io/zone';
/** Nodes with these count for no zone. */
const EXCLUDED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** Whether a Service asks for topology aware routing. Source: endpointslice/reconciler.go (hintsEnabled). */
export function wantsTopologyHints({ metadata: { annotations } }: Service): boolean {
  const mode = annotations?.[FORMER_MODE] ?? annotations?.[MODE];
  return mode === 'Auto' || mode === 'auto';
}

/**
 * Which share of all allocatable cpu each zone's ready nodes have; undefined where a node does not say its zone or its cpu,
 * or there are not two zones. Source: topologycache/topologycache.go (SetNodes).
 */
export function cpuSharesByZone(nodes: Iterable<KubeNode>): ReadonlyMap<string, number> | undefined {
  const cpus = new Map<string, number>();
  let total = 0;
  for (const { metadata, status } of nodes) {
    const { labels = {} } = metadata;
    if (EXCLUDED.some((label) => labels[label] !== undefined)) continue;
    if (status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') continue;
    const zone = labels[ZONE] ?? '';
    const cpu = quantityMilli(status.allocatable?.['cpu'] ?? '0');
    if (zone === '' || cpu === 0) return undefined;
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu);
    total += cpu;
  }
  if (cpus.size < 2) return undefined;
  return new Map([...cpus].map(([zone, cpu]) => [zone, cpu / total]));
}

/** For which zone each endpoint is meant, by position (undefined: not ready); or why there are no hints. */
export type TopologyHints = { readonly zones: readonly (string | undefined)[] } | { readonly disabled: string };

/**
 * Shares ready endpoints out among zones by their cpu: each endpoint is for its own zone, but for those that zones with too
 * many give to zones with too few. Source: topologycache (AddHints, getAllocations, getGivingAndReceivingZones,
 * redistributeHints); where upstream's order is that of a Go map, zones go by name here.
 */
export function topologyHints(
  endpoints: readonly Endpoint[],
  shares: ReadonlyMap<string, number> | undefined,
): TopologyHints {
  const ready = endpoints.filter(({ conditions }) => conditions.ready);
  if (shares === undefined) {
    return { disabled: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes' };
  }
  const count = `(${ready.length} endpoints, ${shares.size} zones)`;
  if (shares.size > ready.length) return { disabled: `Insufficient number of endpoints ${count}` };
  const zones = [...shares].sort(([a], [b]) => (a < b ? -1 : 1));
  const least = new Map(zones.map(([zone, share]) => [zone, leastOf(share, ready.length)]));
  if ([...least.values()].reduce((sum, value) => sum + value, 0) > ready.length) {
    const message = 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold';
    return { disabled: `${message} ${count}` };
  }
  const held = new Map<string, number>();
  for (const { zone = '' } of ready) {
    if (zone === '') return { disabled: 'One or more endpoints do not have a zone specified' };
    held.set(zone, (held.get(zone) ?? 0) + 1);
  }
  const surplus = zones.map(([zone, share]): Balance => {
    const wanted = Math.max(share * ready.length, least.get(zone) as number);
    return { zone, amount: (held.get(zone) ?? 0) - wanted };
  });
  const { giving, receiving } = transfers(surplus);
  return {
    zones: endpoints.map(({ zone = '', conditions }) => {
      if (!conditions.ready) return undefined;
      const gives = giving.get(zone) ?? 0;
      const [receiver] = receiving.keys();
      if (gives === 0 || receiver === undefined) return zone;
      takeOne(giving, zone);
      takeOne(receiving, receiver);
      return receiver;
    }),
  };
}

/** Whether a zone has fewer endpoints than it should at least: then hints are looked at again when nodes change. */
export function isOverloaded(endpoints: readonly Endpoint[], shares: ReadonlyMap<string, number> | undefined): boolean {
  const held = new Map<string, number>();
  let total = 0;
  for (const { hints } of endpoints) {
    for (const { name } of hints?.forZones ?? []) {
      held.set(name, (held.get(name) ?? 0) + 1);
      total++;
    }
  }
  if (total === 0) return false;
  if (shares === undefined) return true;
  return [...shares].some(([zone, share]) => (held.get(zone) ?? 0) < Math.max(1, leastOf(share, total)));
}

function leastOf(share: number, endpoints: number): number {
  return Math.ceil((share * endpoints) / (1 + OVERLOAD_THRESHOLD));
}

/** How many endpoints a zone has more than it wants; below 0: fewer. */
interface Balance {
  readonly zone: string;
  amount: number;
}

/** Whole endpoints that zones give and get, from the one with the most to spare to the one that lacks the most. */
function transfers(surplus: readonly Balance[]): { giving: Map<string, number>; receiving: Map<string, number> } {
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [giver, receiver] = [extreme(surplus, 1), extreme(surplus, -1)];
    if (giver === undefined || receiver === undefined) break;
    const [spare, lack] = [giver.amount, -receiver.amount];
    if ((spare < 1 && lack < 1) || spare < 0.5 || lack < 0.5) break;
    giver.amount--;
    receiver.amount++;
    giving.set(giver.zone, (giving.get(giver.zone) ?? 0) + 1);
    receiving.set(receiver.zone, (receiving.get(receiver.zone) ?? 0) + 1);
  }
  return { giving, receiving };
}

/** The zone with the most to spare (1), or that lacks the most (-1). */
function extreme(surplus: readonly Balance[], sign: 1 | -1): Balance | undefined {
  let most: Balance | undefined;
  for (const one of surplus) if (sign * one.amount > (most === undefined ? 0 : sign * most.amount)) most = one;
  return most;
}

function takeOne(counts: Map<string, number>, zone: string): void {
  const left = (counts.get(zone) ?? 0) - 1;
  if (left > 0) counts.set(zone, left);
  else counts.delete(zone);
}
