import type { StringMap } from './api/meta.ts';
import { BehaviorAnnotation } from './behavior-annotations.ts';
import { parseDuration } from './durations.ts';
import type { Purpose } from './kernel/random.ts';
import { SECOND } from './kernel/time.ts';
import type { Micros } from './kernel/time.ts';

/** A time that is fixed or drawn; seconds. */
export type TimeSpec =
  | { readonly kind: 'fixed'; readonly seconds: number }
  | { readonly kind: 'lognormal'; readonly median: number; readonly p99: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number };

/** What `parseTimeSpec` reads besides durations. */
export const TIME_SPEC_FORMS = 'lognormal(median, p99), exponential(mean) or uniform(low, high)';

const DISTRIBUTION = /^(lognormal|exponential|uniform)\(\s*([^,()]+?)\s*(?:,\s*([^,()]+?)\s*)?\)$/;

/** Reads "90s", "lognormal(60s, 300s)", "exponential(60s)" or "uniform(10s, 60s)"; undefined for all else. */
export function parseTimeSpec(text: string): TimeSpec | undefined {
  const fixed = parseDuration(text);
  if (fixed !== undefined) return { kind: 'fixed', seconds: fixed };
  const match = DISTRIBUTION.exec(text.trim());
  if (match === null) return undefined;
  const [, name, first = '', second] = match;
  const a = parseDuration(first);
  const b = second === undefined ? undefined : parseDuration(second);
  if (a === undefined || (second !== undefined && b === undefined)) return undefined;
  if (name === 'exponential') return b === undefined ? { kind: 'exponential', mean: a } : undefined;
  if (b === undefined || b < a) return undefined;
  if (name === 'uniform') return { kind: 'uniform', low: a, high: b };
  return a > 0 ? { kind: 'lognormal', median: a, p99: b } : undefined;
}

/** One draw, in whole microseconds. */
export function drawTime(spec: TimeSpec, draws: Purpose, identity: number, ordinal: number): Micros {
  switch (spec.kind) {
    case 'fixed':
      return Math.round(spec.seconds * SECOND);
    case 'lognormal':
      return Math.round(SECOND * draws.lognormal(identity, ordinal, spec.median, spec.p99));
    case 'exponential':
      return Math.round(SECOND * draws.exponential(identity, ordinal, spec.mean));
    case 'uniform':
      return Math.round(SECOND * draws.between(identity, ordinal, spec.low, spec.high));
  }
}

/** How a pod's containers behave; see BehaviorAnnotation. */
export interface Behavior {
  /** Absent: they run for ever. */
  readonly duration: TimeSpec | undefined;
  readonly exitCode: number;
  readonly failureProbability: number;
  readonly readyAfter: Micros;
  /** Absent: the kubelet's setting. */
  readonly terminationTime: Micros | undefined;
}

const PLAIN: Behavior = {
  duration: undefined,
  exitCode: 0,
  failureProbability: 0,
  readyAfter: 0,
  terminationTime: undefined,
};

const cache = new WeakMap<StringMap, Behavior>();

/** The behaviour that annotations say. Values that mean nothing count as absent: they were refused at the door. */
export function behaviorOf(annotations: StringMap | undefined): Behavior {
  if (annotations === undefined) return PLAIN;
  let behavior = cache.get(annotations);
  if (behavior === undefined) {
    behavior = read(annotations);
    cache.set(annotations, behavior);
  }
  return behavior;
}

function read(annotations: StringMap): Behavior {
  const duration = annotations[BehaviorAnnotation.duration];
  const micros = (name: string): Micros | undefined => {
    const seconds = parseDuration(annotations[name] ?? '');
    return seconds === undefined ? undefined : Math.round(seconds * SECOND);
  };
  return {
    duration: duration === undefined ? undefined : parseTimeSpec(duration),
    exitCode: Number(annotations[BehaviorAnnotation.exitCode] ?? 0) || 0,
    failureProbability: Number(annotations[BehaviorAnnotation.failureProbability] ?? 0) || 0,
    readyAfter: micros(BehaviorAnnotation.readyAfter) ?? 0,
    terminationTime: micros(BehaviorAnnotation.terminationTime),
  };
}
