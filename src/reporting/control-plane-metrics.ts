import { kindInfo } from '../sim/api/kinds.ts';
import { WAIT_BUCKETS } from '../sim/apiserver/flow-control/figures.ts';
import type { ListFigures } from '../sim/apiserver/flow-control/list-figures.ts';
import type { ControlPlaneFigures } from '../sim/control-plane-figures.ts';
import { rounded } from './csv-table.ts';
import type { DurationTally } from './duration-tally.ts';
import type { Exposition } from './exposition.ts';

/** How long requests took at the server, under kube-apiserver's names. */
export function writeRequestDurations(
  out: Exposition,
  durations: DurationTally,
  verbs: Readonly<Record<string, string>>,
): void {
  const name = 'apiserver_request_duration_seconds';
  out.family(name, 'histogram', 'From a request leaving its client to its answer, by verb and resource.', 'seconds');
  for (const { parts, counts, sumSeconds } of durations.rows()) {
    const [verb, kind] = parts;
    const labels = { verb: verbs[verb] ?? verb, resource: kindInfo(kind)?.plural ?? kind, request: verb };
    out.buckets(name, labels, durations.bounds, counts, rounded(sumSeconds));
  }
}

/** etcd's state, and that of the API servers' priority levels where requests were followed through them. */
export function writeControlPlane(out: Exposition, { etcd, flow, loads }: ControlPlaneFigures): void {
  out.gauge('etcd_server_has_leader', 'Whether etcd has a leader.', Number(etcd.hasLeader));
  out.family('etcd_server_leader_changes_seen', 'counter', 'Elections.');
  out.sample('etcd_server_leader_changes_seen_total', {}, etcd.leaderChanges);
  out.family('etcd_server_proposals_failed', 'counter', 'Writes that etcd did not carry out.');
  out.sample('etcd_server_proposals_failed_total', {}, etcd.proposalsFailed);
  out.gauge('etcd_cluster_members', 'Members of etcd.', etcd.members);
  out.gauge('etcd_debugging_mvcc_keys', 'Keys.', etcd.keys);
  out.gauge('etcd_debugging_mvcc_compact_revision', 'History up to this revision is gone.', etcd.compactRevision);
  out.gauge('etcd_mvcc_db_total_size_in_bytes', "Size of the database's file, by estimate.", etcd.totalBytes);
  out.gauge('etcd_mvcc_db_total_size_in_use_in_bytes', 'What of it is in use.', etcd.inUseBytes);
  out.gauge('etcd_server_alarm_nospace', 'Whether the quota is used up.', Number(etcd.noSpace));
  if (flow !== undefined) writeFlow(out, flow);
  if (loads.length === 0) return;
  out.family('orrery_api_load_requests', 'counter', "Requests of the scenario's API loads, by what became of them.");
  for (const { name, sent, answered, failed } of loads) {
    out.sample('orrery_api_load_requests_total', { load: name, result: 'answered' }, answered);
    out.sample('orrery_api_load_requests_total', { load: name, result: 'failed' }, failed);
    out.sample('orrery_api_load_requests_total', { load: name, result: 'under way' }, sent - answered - failed);
  }
}

function writeFlow(out: Exposition, { figures, levels, lists }: NonNullable<ControlPlaneFigures['flow']>): void {
  const prefix = 'apiserver_flowcontrol';
  const perLevel = (name: string, help: string, of: (level: (typeof levels)[number]) => number): void => {
    out.family(`${prefix}_${name}`, 'gauge', help);
    for (const level of levels) out.sample(`${prefix}_${name}`, { priority_level: level.name }, of(level));
  };
  perLevel('nominal_limit_seats', 'Seats by shares alone, over all servers.', ({ nominal }) => nominal);
  perLevel('current_limit_seats', 'Seats with what is lent and borrowed.', ({ limit }) => limit);
  perLevel('current_executing_seats', 'Seats in use.', ({ inUse }) => inUse);
  perLevel('current_inqueue_requests', 'Requests that wait for seats.', ({ waiting }) => waiting);
  out.family(`${prefix}_dispatched_requests`, 'counter', 'Requests that had their seats.');
  for (const [key, count] of inOrder(figures.dispatched)) {
    out.sample(`${prefix}_dispatched_requests_total`, labelsOf(key), count);
  }
  out.family(`${prefix}_rejected_requests`, 'counter', 'Requests that were told to come back, by the reason.');
  for (const [key, count] of inOrder(figures.rejected)) {
    out.sample(`${prefix}_rejected_requests_total`, labelsOf(key), count);
  }
  const waits = `${prefix}_request_wait_duration_seconds`;
  out.family(waits, 'histogram', 'Waits for seats.', 'seconds');
  for (const [key, row] of inOrder(figures.waited)) {
    out.buckets(waits, labelsOf(key), WAIT_BUCKETS, row.slice(0, -1), rounded(row.at(-1) as number));
  }
  writeLists(out, lists);
}

/** Where lists came from, under kube-apiserver's names for its storage and its watch cache. */
function writeLists(out: Exposition, { counts, peakBytes }: ListFigures): void {
  if (counts.size === 0) return;
  const family = (name: string, help: string, of: 'lists' | 'fetched' | 'returned', source: string): void => {
    out.family(name, 'counter', help);
    for (const [key, row] of inOrder(counts)) {
      const [from = '', kind = ''] = key.split(' ');
      if (from === source) out.sample(`${name}_total`, { resource: kindInfo(kind)?.plural ?? kind }, row[of]);
    }
  };
  family('apiserver_storage_list', 'Lists that etcd served.', 'lists', 'etcd');
  family('apiserver_storage_list_fetched_objects', 'Objects that it was asked for.', 'fetched', 'etcd');
  family('apiserver_storage_list_returned_objects', 'What of them was sent.', 'returned', 'etcd');
  family('apiserver_cache_list', 'Lists that the watch cache served.', 'lists', 'cache');
  family('apiserver_cache_list_returned_objects', 'Objects of them.', 'returned', 'cache');
  out.gauge('orrery_apiserver_list_memory_peak_bytes', "Most that lists held of a server's memory.", peakBytes);
}

function inOrder<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function labelsOf(key: string): Readonly<Record<string, string>> {
  const [priority_level = '', flow_schema = '', reason] = key.split(' ');
  return { priority_level, flow_schema, ...(reason === undefined ? {} : { reason }) };
}
