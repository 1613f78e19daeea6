import { recreate, strategyRollOut } from '../../sim/controllers/deployment/roll-out-policy.ts';
import type { RollOutPolicy, RollOutStep, RollOutView } from '../../sim/controllers/deployment/roll-out-policy.ts';
import { currentTarget, oldsDown, rollingUpdate } from '../../sim/controllers/deployment/rolling-update.ts';
import { active, availableOf, sizeOf } from '../../sim/controllers/deployment/view.ts';
import type { Scale } from '../../sim/controllers/deployment/view.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { Micros } from '../../sim/kernel/time.ts';

/** Every Deployment as if its strategy were Recreate. */
export const recreateRollOut: RollOutPolicy = { name: 'recreate', step: recreate };

/** Whether there is nothing to replace: a first roll-out needs no care. */
function isFirst({ olds }: RollOutView): boolean {
  return active(olds).length === 0;
}

/** A step of a canary: so many per cent of the pods are new, then a pause. */
interface CanaryStep {
  readonly percent: number;
  readonly pauseSeconds: number;
}

/** Where a canary roll-out stands; kept as the policy's memory. */
interface CanaryState {
  /** The ReplicaSet that it is about. */
  readonly uid: string;
  readonly step: number;
  /** When all pods of the step were available; undefined: not yet. */
  readonly since?: Micros;
}

/**
 * A few new pods first. Each step is a rolling update, with the Deployment's own surge and unavailability, that ends where
 * so many per cent of the pods are new; when these are available it pauses, so that whoever watches can pause or undo
 * the roll-out. After the last step come all.
 */
export function canaryRollOut({ steps }: { readonly steps: readonly CanaryStep[] }): RollOutPolicy {
  return {
    name: 'canary',
    step(view) {
      const { current, replicas, now } = view;
      if (isFirst(view)) return strategyRollOut.step(view);
      const known = view.memory as CanaryState | undefined;
      const uid = current?.metadata.uid ?? '';
      const state: CanaryState = known?.uid === uid ? known : { uid, step: 0 };
      const { percent, pauseSeconds } = steps[state.step] ?? { percent: 100, pauseSeconds: 0 };
      const most = Math.ceil((replicas * percent) / 100);
      if (current === undefined) return { create: Math.min(currentTarget(view), most), memory: { uid, step: 0 } };
      const up = rollingUpdate(view).flatMap((scale) => within(view, scale, most));
      const bounded = up.length > 0 ? up : oldsDown(view).flatMap((scale) => within(view, scale, most));
      if (bounded.length > 0) return { scales: bounded, memory: state };
      if (state.step >= steps.length) return { memory: state };
      if (sizeOf(current) < most || availableOf(current) < most) return { memory: { uid, step: state.step } };
      const since = state.since ?? now;
      const left = since + pauseSeconds * SECOND - now;
      if (left > 0) return { memory: { ...state, since }, againAfterSeconds: left / SECOND };
      return { memory: { uid, step: state.step + 1 }, againAfterSeconds: 0.001 };
    },
  };
}

/** A change of the rolling update as far as the step goes: no more new pods, no fewer old ones. */
function within({ current, olds, replicas }: RollOutView, scale: Scale, most: number): readonly Scale[] {
  if (scale.set === current) {
    const size = Math.min(scale.replicas, Math.max(most, sizeOf(scale.set)));
    return size === sizeOf(scale.set) ? [] : [{ ...scale, replicas: size }];
  }
  const others = active(olds).reduce((sum, set) => sum + (set === scale.set ? 0 : sizeOf(set)), 0);
  const size = Math.min(sizeOf(scale.set), Math.max(scale.replicas, replicas - most - others));
  return size === sizeOf(scale.set) ? [] : [{ ...scale, replicas: size }];
}

/** Since when all new pods are available; kept as the policy's memory. */
interface BlueGreenState {
  readonly uid: string;
  readonly since?: Micros;
}

/**
 * All new pods beside all old ones; when the new ones are available, and have been for a while, the old ones go at once.
 * It needs room for twice the pods. Both stand behind the Service meanwhile.
 */
export function blueGreenRollOut({ holdSeconds }: { readonly holdSeconds: number }): RollOutPolicy {
  return {
    name: 'blue-green',
    step(view): RollOutStep {
      const { current, olds, replicas, now } = view;
      if (isFirst(view)) return strategyRollOut.step(view);
      if (current === undefined) return { create: replicas };
      if (sizeOf(current) !== replicas) return { scales: [{ set: current, replicas }] };
      if (availableOf(current) < replicas) return { memory: { uid: current.metadata.uid } };
      const { uid } = current.metadata;
      const known = view.memory as BlueGreenState | undefined;
      const since = known?.uid === uid ? (known.since ?? now) : now;
      const left = since + holdSeconds * SECOND - now;
      if (left > 0) return { memory: { uid, since }, againAfterSeconds: left / SECOND };
      return { scales: active(olds).map((set) => ({ set, replicas: 0 })) };
    },
  };
}
