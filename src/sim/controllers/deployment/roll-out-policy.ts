import type { Calendar } from '../../api/timestamps.ts';
import type { ReplicaSet } from '../../api/workloads.ts';
import type { Micros } from '../../kernel/time.ts';
import { currentTarget, rollingUpdate } from './rolling-update.ts';
import { active, sizeOf } from './view.ts';
import type { Scale, View } from './view.ts';

/** What a roll-out policy may look at: the Deployment, its ReplicaSets and their pods' counts, as the controller knows them. */
export interface RollOutView extends View {
  readonly now: Micros;
  /** Reads timestamps of objects. */
  readonly calendar: Calendar;
  /** Whether pods of a ReplicaSet are there that have not finished, those that are being deleted included. */
  readonly hasPods: (set: ReplicaSet) => boolean;
  /**
   * What the latest step for this Deployment left as `memory`; undefined at first. It stands in an annotation of the
   * Deployment, too, and so survives a fail-over of the manager.
   */
  readonly memory: unknown;
}

/** What happens next; everything absent: nothing, until something changes. */
export interface RollOutStep {
  /** The ReplicaSet of the current template is made, with so many pods; only where there is none. */
  readonly create?: number;
  /** ReplicaSets get these sizes. */
  readonly scales?: readonly Scale[];
  /** Where nothing brings the Deployment back earlier, it is looked at again after so long. */
  readonly againAfterSeconds?: number;
  /** Plain data for the next step, as JSON can hold; absent: as it was. */
  readonly memory?: unknown;
}

/** Decides how a Deployment gets from its old template to the current one. Not asked while it is paused or being scaled. */
export interface RollOutPolicy {
  readonly name: string;
  /** One step; the next comes when the controller has seen what this one led to. */
  step(view: RollOutView): RollOutStep;
}

/** What the Deployment's own `strategy` says: RollingUpdate, or Recreate. Source: deployment_controller.go syncDeployment. */
export const strategyRollOut: RollOutPolicy = {
  name: 'default',
  step: (view) => (view.deployment.spec.strategy?.type === 'Recreate' ? recreate(view) : roll(view)),
};

/** All old pods go before the first new one comes. Source: deployment/recreate.go. */
export function recreate({ current, olds, replicas, hasPods }: RollOutView): RollOutStep {
  const down = active(olds).map((set) => ({ set, replicas: 0 }));
  if (down.length > 0) return { scales: down };
  if (olds.some((set) => hasPods(set))) return {};
  if (current === undefined) return { create: replicas };
  return sizeOf(current) === replicas ? {} : { scales: [{ set: current, replicas }] };
}

function roll(view: RollOutView): RollOutStep {
  if (view.current === undefined) return { create: currentTarget(view) };
  return { scales: rollingUpdate(view) };
}
