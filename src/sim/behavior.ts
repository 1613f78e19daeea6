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

/** How a container's health comes and goes: sound for some time, then unsound, once or again and again. */
export interface HealthSpec {
  readonly sound: TimeSpec;
  /** Absent: from then on for ever. */
  readonly unsound: TimeSpec | undefined;
  /** Sound and unsound spells follow each other without end. */
  readonly again: boolean;
}

/** What `parseHealth` reads. */
export const HEALTH_FORMS =
  'after how long ("10m": for ever from then on), "10m for 30s", or "every exponential(1h) for 30s"';

const HEALTH = /^(every\s+)?(.+?)(?:\s+for\s+(.+))?$/;

/** Reads "10m", "10m for 30s" or "every 10m for 30s"; times may be drawn. Undefined for all else. */
export function parseHealth(text: string): HealthSpec | undefined {
  const [, every, first = '', second] = HEALTH.exec(text.trim()) ?? [];
  const sound = parseTimeSpec(first);
  const unsound = second === undefined ? undefined : parseTimeSpec(second);
  if (sound === undefined || (second !== undefined && unsound === undefined)) return undefined;
  // Spells without length would follow each other without end.
  if (every !== undefined && (unsound === undefined || (isZero(sound) && isZero(unsound)))) return undefined;
  return { sound, unsound, again: every !== undefined };
}

function isZero(spec: TimeSpec): boolean {
  return spec.kind === 'fixed' && spec.seconds === 0;
}

/** How a container behaves; see BehaviorAnnotation. */
export interface Behavior {
  /** Absent: it runs for ever. */
  readonly duration: TimeSpec | undefined;
  readonly exitCode: number;
  readonly failureProbability: number;
  readonly readyAfter: Micros;
  /** What its readiness probe finds, and what its liveness probe does; absent: all is well. */
  readonly unready: HealthSpec | undefined;
  readonly unhealthy: HealthSpec | undefined;
  /** How long it takes to answer a probe at full speed. */
  readonly probeTime: Micros;
  /** How long a preStop hook takes that is no sleep. */
  readonly preStopTime: Micros;
  /** Absent: the kubelet's setting. */
  readonly terminationTime: Micros | undefined;
}

const PLAIN: Behavior = {
  duration: undefined,
  exitCode: 0,
  failureProbability: 0,
  readyAfter: 0,
  unready: undefined,
  unhealthy: undefined,
  probeTime: 0,
  preStopTime: 0,
  terminationTime: undefined,
};

/** How long an init container runs of which nothing is said. No constant upstream. */
const INIT: Behavior = { ...PLAIN, duration: { kind: 'fixed', seconds: 1 } };

interface Behaviors {
  readonly main: Behavior;
  /** By role and name of the container. */
  readonly each: Map<string, Behavior>;
}

const cache = new WeakMap<StringMap, Behaviors>();

/** What kind of container it is: a pod's annotations without a name are of its main containers. */
export type ContainerRole = 'main' | 'init' | 'sidecar';

/**
 * The behaviour that a pod's annotations say of a container. Values that mean nothing count as absent: they were refused
 * at the door.
 */
export function behaviorOf(annotations: StringMap | undefined, role: ContainerRole, container: string): Behavior {
  if (annotations === undefined) return role === 'init' ? INIT : PLAIN;
  let behaviors = cache.get(annotations);
  if (behaviors === undefined) {
    behaviors = { main: read(annotations, '', PLAIN), each: new Map() };
    cache.set(annotations, behaviors);
  }
  const key = `${role[0] ?? ''} ${container}`;
  let behavior = behaviors.each.get(key);
  if (behavior === undefined) {
    const base = role === 'main' ? behaviors.main : role === 'init' ? INIT : PLAIN;
    behavior = read(annotations, `.${container}`, base);
    behaviors.each.set(key, behavior);
  }
  return behavior;
}

/** What annotations with a suffix say; what they do not is as in `base`. */
function read(annotations: StringMap, suffix: string, base: Behavior): Behavior {
  const text = (name: string): string | undefined => annotations[name + suffix];
  const number = (name: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : Number(value) || 0;
  };
  const micros = (name: string): Micros | undefined => {
    const seconds = parseDuration(text(name) ?? '');
    return seconds === undefined ? undefined : Math.round(seconds * SECOND);
  };
  const duration = text(BehaviorAnnotation.duration);
  return {
    duration: duration === undefined ? base.duration : parseTimeSpec(duration),
    exitCode: number(BehaviorAnnotation.exitCode) ?? base.exitCode,
    failureProbability: number(BehaviorAnnotation.failureProbability) ?? base.failureProbability,
    readyAfter: micros(BehaviorAnnotation.readyAfter) ?? base.readyAfter,
    unready: parseHealth(text(BehaviorAnnotation.unready) ?? '') ?? base.unready,
    unhealthy: parseHealth(text(BehaviorAnnotation.unhealthy) ?? '') ?? base.unhealthy,
    probeTime: micros(BehaviorAnnotation.probeTime) ?? base.probeTime,
    preStopTime: micros(BehaviorAnnotation.preStopTime) ?? base.preStopTime,
    terminationTime: micros(BehaviorAnnotation.terminationTime) ?? base.terminationTime,
  };
}
