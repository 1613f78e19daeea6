import type { Purpose } from '../kernel/random.ts';
import { identityOf } from '../kernel/random.ts';
import type { Micros } from '../kernel/time.ts';

/** How a load balancer looks at its targets. */
export interface HealthCheckSpec {
  readonly interval: Micros;
  /** Answers in a row after which a target is healthy, and failures after which it is not. */
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** A node behind a load balancer; plain data. */
export interface Target {
  readonly node: string;
  /** When in the interval it is looked at. */
  readonly phase: Micros;
  /** What a look finds now, and since when. */
  answers: boolean;
  since: Micros;
  /** What it was taken for when that began. */
  healthy: boolean;
}

/** A new target, which is not healthy before it has answered often enough. */
export function newTarget(
  balancer: string,
  node: string,
  answers: boolean,
  now: Micros,
  { interval }: HealthCheckSpec,
  phases: Purpose,
): Target {
  const phase = Math.floor(phases.uniform(identityOf(balancer), identityOf(node)) * interval);
  return { node, phase, answers, since: now, healthy: false };
}

/**
 * When what a target answers makes a difference: with the look that completes the row. Infinity: it makes none. Looks in
 * between are no events: their outcome follows from what the target answers.
 */
export function turnsAt({ phase, answers, since, healthy }: Target, spec: HealthCheckSpec): Micros {
  if (answers === healthy) return Infinity;
  const { interval, healthyThreshold, unhealthyThreshold } = spec;
  const first = phase + Math.ceil((since - phase) / interval) * interval;
  return first + ((answers ? healthyThreshold : unhealthyThreshold) - 1) * interval;
}

/** Whether the load balancer takes a target for healthy. */
export function isHealthy(target: Target, now: Micros, spec: HealthCheckSpec): boolean {
  return now >= turnsAt(target, spec) ? target.answers : target.healthy;
}

/** From now on looks find something else. */
export function answer(target: Target, answers: boolean, now: Micros, spec: HealthCheckSpec): void {
  if (target.answers === answers) return;
  target.healthy = isHealthy(target, now, spec);
  target.answers = answers;
  target.since = now;
}
