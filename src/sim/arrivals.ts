import type { Draft } from './api/meta.ts';
import type { Micros } from './kernel/time.ts';
import type { RolloutAction } from './rollout-actions.ts';
import type { Saveable } from './kernel/saveable.ts';

/**
 * What a user does to the cluster at an instant. `apply` creates the object or, where it exists, replaces its labels,
 * annotations and spec (`kubectl apply`); `create` fails on an existing one; `delete` and
 * `rollout` need only kind, namespace and name; what the latter comes to depends on what the server has then.
 */
export interface Arrival {
  /** Simulated time; a source's arrivals come in non-decreasing order. */
  readonly at: Micros;
  readonly action: 'apply' | 'create' | 'delete' | 'rollout';
  readonly object: Draft;
  /** For `rollout`. */
  readonly rollout?: RolloutAction;
}

/**
 * A workload as the cluster sees it: arrivals in time order, made when asked for, so that a million of them cost no
 * memory. What it hands out depends on the seed alone, never on what the cluster did with earlier arrivals.
 */
export interface ArrivalSource extends Saveable {
  readonly name: string;
  /** The next arrival, or undefined where no more will come. */
  next(): Arrival | undefined;
}
