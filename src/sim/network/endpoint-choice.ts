import type { Endpoint } from '../api/workloads.ts';
import { isProxied } from './service-tables.ts';
import type { ServiceTable } from './service-tables.ts';

/** Where a connection comes from: a client of the cluster, or outside, through a node port or a load balancer. */
export type TrafficScope = 'internal' | 'external';

/** What was found for a table, by what it depends on. */
const found = new WeakMap<ServiceTable, Map<string, readonly Endpoint[]>>();

/**
 * The endpoints among which a node's rules spread new connections to a Service: one and the same array for all nodes that
 * have the same ones. Source: pkg/proxy/topology.go CategorizeEndpoints.
 */
export function usableEndpoints(
  table: ServiceTable,
  scope: TrafficScope,
  node: string,
  zone: string,
): readonly Endpoint[] {
  const { spec } = table;
  if (!isProxied(table)) return answered(table);
  const policy = scope === 'internal' ? spec.internalTrafficPolicy : spec.externalTrafficPolicy;
  const key = policy === 'Local' ? `local ${node}` : placeOf(table, node, zone);
  let lists = found.get(table);
  if (lists === undefined) {
    lists = new Map();
    found.set(table, lists);
  }
  let list = lists.get(key);
  if (list === undefined) {
    list = policy === 'Local' ? localEndpoints(table, node) : clusterEndpoints(table, key);
    lists.set(key, list);
  }
  return list;
}

/** What the DNS answers of a headless Service: the ready ones. */
function answered(table: ServiceTable): readonly Endpoint[] {
  let list = answers.get(table);
  if (list === undefined) {
    list = table.endpoints.filter(isReady);
    answers.set(table, list);
  }
  return list;
}

const answers = new WeakMap<ServiceTable, readonly Endpoint[]>();

/** The node's own: the ready ones; where there is none, those that still serve while they terminate. */
function localEndpoints({ endpoints }: ServiceTable, node: string): readonly Endpoint[] {
  const local = endpoints.filter(({ nodeName }) => nodeName === node);
  return withFallback(local, isReady);
}

/** Of the whole cluster, or those that are meant for a place. */
function clusterEndpoints({ endpoints }: ServiceTable, place: string): readonly Endpoint[] {
  if (place === '') return withFallback(endpoints, isReady);
  const [kind, name] = place.split(' ');
  return endpoints.filter(
    (endpoint) => isReady(endpoint) && (kind === 'node' ? hintsNode(endpoint, name) : hintsZone(endpoint, name)),
  );
}

/**
 * The place by whose hints the endpoints are chosen: the node where all ready ones have such hints and one is for it, else
 * the zone likewise, else none ('').
 */
function placeOf({ endpoints }: ServiceTable, node: string, zone: string): string {
  let ready = false;
  let nodeHints = true;
  let zoneHints = true;
  let forNode = false;
  let forZone = false;
  for (const endpoint of endpoints) {
    if (!isReady(endpoint)) continue;
    ready = true;
    const { hints } = endpoint;
    if (hints === undefined) return '';
    if ((hints.forNodes ?? []).length === 0) nodeHints = false;
    else if (hintsNode(endpoint, node)) forNode = true;
    if ((hints.forZones ?? []).length === 0) zoneHints = false;
    else if (hintsZone(endpoint, zone)) forZone = true;
  }
  if (!ready) return '';
  if (nodeHints && forNode) return `node ${node}`;
  return zoneHints && forZone ? `zone ${zone}` : '';
}

function withFallback(endpoints: readonly Endpoint[], wanted: (endpoint: Endpoint) => boolean): readonly Endpoint[] {
  const chosen = endpoints.filter(wanted);
  return chosen.length > 0
    ? chosen
    : endpoints.filter(({ conditions: { serving, terminating } }) => serving && terminating);
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions.ready;
}

function hintsNode({ hints }: Endpoint, node: string | undefined): boolean {
  return (hints?.forNodes ?? []).some(({ name }) => name === node);
}

function hintsZone({ hints }: Endpoint, zone: string | undefined): boolean {
  return (hints?.forZones ?? []).some(({ name }) => name === zone);
}
