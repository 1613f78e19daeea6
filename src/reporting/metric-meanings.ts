import { FAILURE_CAUSES } from '../sim/traffic/totals.ts';
import { STAGES } from './latencies.ts';

/** What a figure of summary.json is to whoever compares two runs. */
export interface MetricMeaning {
  /** Which of two values is the better one; absent where that is not for us to say. */
  readonly better?: 'lower' | 'higher';
  /** Belongs to the few that a comparison shows unasked. */
  readonly headline?: boolean;
}

const LOWER: MetricMeaning = { better: 'lower' };
const HIGHER: MetricMeaning = { better: 'higher' };
const headline = (meaning: MetricMeaning): MetricMeaning => ({ ...meaning, headline: true });

const QUANTILES = ['p50', 'p90', 'p99'] as const;

/** Quantiles shown unasked: waiting for a node, and for the container to run. */
const SHOWN = new Set(['create_to_scheduled_p50', 'create_to_scheduled_p99', 'create_to_running_p99']);

/** Every figure that a run's summary may hold, in its order there. */
export const METRIC_MEANINGS: ReadonlyMap<string, MetricMeaning> = new Map<string, MetricMeaning>([
  ['pods_created', {}],
  ['pods_pending', LOWER],
  ['pods_running', {}],
  ['pods_succeeded', HIGHER],
  ['pods_failed', LOWER],
  ['pods_deleted', {}],
  ['pods_ready', HIGHER],
  ['pods_never_scheduled', headline(LOWER)],
  ['container_restarts', headline(LOWER)],
  ['pods_disrupted', headline(LOWER)],
  ...STAGES.flatMap(({ id }): [string, MetricMeaning][] => [
    ...QUANTILES.map((share): [string, MetricMeaning] => [
      `${id}_${share}_seconds`,
      SHOWN.has(`${id}_${share}`) ? headline(LOWER) : LOWER,
    ]),
    [`${id}_censored`, LOWER],
  ]),
  ['nodes', {}],
  ['nodes_ready', HIGHER],
  ['nodes_not_ready_seconds', LOWER],
  ...['cpu', 'memory', 'gpu'].flatMap((resource): [string, MetricMeaning][] => [
    [`${resource}_requested_mean_ratio`, headline(HIGHER)],
    [`${resource}_requested_peak_ratio`, HIGHER],
  ]),
  ['cpu_fragmentation_mean_ratio', headline(LOWER)],
  ['pods_pending_mean', headline(LOWER)],
  ['pods_pending_peak', LOWER],
  ['scheduling_attempts', {}],
  ['scheduling_attempts_unschedulable', LOWER],
  ['scheduling_attempts_error', LOWER],
  ['api_requests', {}],
  ['api_writes', {}],
  ['user_requests_refused', LOWER],
  ['faults', {}],
  ['repairs', {}],
  ['services_unavailable_seconds', headline(LOWER)],
  ['service_availability_min_ratio', HIGHER],
  ['service_endpoints_ready_mean_ratio', HIGHER],
  ['traffic_sent', {}],
  ['traffic_served', {}],
  ...FAILURE_CAUSES.map((cause): [string, MetricMeaning] => [`traffic_failed_${cause}`, LOWER]),
  ['traffic_success_ratio', headline(HIGHER)],
  ['traffic_success_min_ratio', HIGHER],
  ['traffic_error_budget_burnt_max_ratio', headline(LOWER)],
  ['traffic_latency_p50_max_seconds', LOWER],
  ['traffic_latency_p99_max_seconds', LOWER],
  ['rules_lag_p50_seconds', LOWER],
  ['rules_lag_p99_seconds', LOWER],
  ['traffic_objectives_missed', LOWER],
  ['workloads_available_ratio', headline(HIGHER)],
  ['error_budget_burnt_ratio', headline(LOWER)],
  ['replicas_missing_seconds', LOWER],
  ['degradations', LOWER],
  ['recovery_mean_seconds', headline(LOWER)],
  ['recovery_max_seconds', LOWER],
  ['evictions', {}],
  ['evictions_useful', {}],
  ['evictions_needless', headline(LOWER)],
  ['pods_double_running', LOWER],
  ['pods_double_running_seconds', headline(LOWER)],
  ['cpu_throttled_seconds', LOWER],
  ['cpu_waiting_seconds', LOWER],
  ['cloud_cost', headline(LOWER)],
  ['cloud_cost_per_hour_mean', LOWER],
  ['cloud_instance_hours', {}],
  ['cloud_launches', {}],
  ['cloud_launches_without_capacity', LOWER],
  ['cloud_launches_over_quota', LOWER],
  ['cloud_calls_throttled', LOWER],
  ['autoscaler_scale_ups', {}],
  ['autoscaler_nodes_added', {}],
  ['autoscaler_nodes_removed', {}],
  ['autoscaler_scale_ups_failed', LOWER],
  ['simulation_events', {}],
]);
