import type { TimeSpec } from '../behavior.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { gammaTail } from './gamma-tail.ts';

/** Points at which a distribution is looked at: each stands for its share of the requests. */
const POINTS = 4096;

/** The same where it is looked at again and again, and where that is done to find something. */
const COARSE_POINTS = 64;
const FEWEST_POINTS = 8;

/** How requests fare at a pod: some wait for a gamma distributed time, and all are worked on so many times as long. */
export interface Wait {
  readonly share: number;
  /** Of those, in microseconds. */
  readonly mean: Micros;
  readonly shape: number;
  /** 1: nothing is in the pod's way. */
  readonly stretch: number;
}

export const NO_WAIT: Wait = { share: 0, mean: 0, shape: 1, stretch: 1 };

/** The share of those who wait that wait for longer than a time. */
function longer({ mean, shape }: Wait, time: Micros): number {
  return isFar(shape, (shape * time) / mean) ? 0 : gammaTail(shape, (shape * time) / mean);
}

/** Whether next to none of the values of a gamma distribution lie beyond. */
function isFar(shape: number, x: number): boolean {
  return x > shape + 8 * Math.sqrt(shape) + 32;
}

/** How requests fare at a pod, as their clients see it. */
export interface Stay {
  /** Mean time until they have an answer or give up, in microseconds. */
  readonly mean: Micros;
  /** The share that gives up. */
  readonly late: number;
}

/** How long requests take, in distribution; a client gives up after its timeout, and so does a pod with a request. */
export class ServiceLaw {
  readonly #holds = new Map<number, Micros>();
  readonly #spec: TimeSpec;
  readonly #timeout: Micros;
  readonly #atOnce: Stay;
  /** Times of work that each stand for the same share of the requests. */
  readonly #works: readonly Micros[];
  readonly #fewWorks: readonly Micros[];

  constructor(spec: TimeSpec, timeout: Micros) {
    this.#spec = spec;
    this.#timeout = timeout;
    this.#atOnce = { mean: this.hold(1), late: 1 - shareWithin(spec, timeout / SECOND) };
    this.#works = this.#times(COARSE_POINTS);
    this.#fewWorks = this.#times(FEWEST_POINTS);
  }

  /** Mean time for which a request takes one of a pod's places that works so many times as long on it, in microseconds. */
  hold(stretch: number): Micros {
    let hold = this.#holds.get(stretch);
    if (hold === undefined) {
      let sum = 0;
      for (let i = 0; i < POINTS; i++) sum += Math.min(this.#timeout, stretch * this.#quantile((i + 0.5) / POINTS));
      this.#holds.set(stretch, (hold = Math.max(1, sum / POINTS)));
    }
    return hold;
  }

  #times(points: number): readonly Micros[] {
    if (this.#spec.kind === 'fixed') return [SECOND * this.#spec.seconds];
    return Array.from({ length: points }, (_, i) => this.#quantile((i + 0.5) / points));
  }

  /** The mean of `stay`, roughly: within some per cent. */
  roughMean(wait: Wait): Micros {
    return wait.share === 0 ? this.hold(wait.stretch) : this.#stay(wait, this.#fewWorks).mean;
  }

  /** What becomes of requests that wait so. */
  stay(wait: Wait): Stay {
    if (wait.share !== 0) return this.#stay(wait, this.#works);
    const { stretch } = wait;
    if (stretch === 1) return this.#atOnce;
    return { mean: this.hold(stretch), late: 1 - shareWithin(this.#spec, this.#timeout / SECOND / stretch) };
  }

  #stay(wait: Wait, works: readonly Micros[]): Stay {
    const { share, mean: length, shape, stretch } = wait;
    let mean = 0;
    let late = 0;
    for (const alone of works) {
      const work = stretch * alone;
      const patience = this.#timeout - work;
      if (patience <= 0) {
        mean += this.#timeout;
        late += 1;
        continue;
      }
      if (isFar(shape + 1, (shape * patience) / length)) {
        mean += work + share * length;
        continue;
      }
      const beyond = longer(wait, patience);
      // The mean of the lesser of the two, the wait and the patience.
      const waited = length * (1 - gammaTail(shape + 1, (shape * patience) / length)) + patience * beyond;
      mean += work + share * waited;
      late += share * beyond;
    }
    return { mean: mean / works.length, late: late / works.length };
  }

  /** The share of requests that have their answer within a time. */
  within(time: Micros, wait: Wait): number {
    const { share, stretch } = wait;
    if (share === 0) return shareWithin(this.#spec, time / SECOND / stretch);
    let sum = 0;
    for (const work of this.#works) {
      if (time >= stretch * work) sum += 1 - share * longer(wait, time - stretch * work);
    }
    return sum / this.#works.length;
  }

  /** The latency below which a share of those lies that are answered in time, at once and undisturbed, in microseconds. */
  quantile(share: number): Micros {
    return this.#quantile(share * (1 - this.#atOnce.late));
  }

  #quantile(share: number): Micros {
    return SECOND * quantileOf(this.#spec, share);
  }
}

/** Seconds below which a share of the values lies. */
export function quantileOf(spec: TimeSpec, share: number): number {
  switch (spec.kind) {
    case 'fixed':
      return spec.seconds;
    case 'exponential':
      return -spec.mean * Math.log1p(-share);
    case 'uniform':
      return spec.low + share * (spec.high - spec.low);
    case 'lognormal':
      return spec.median * Math.exp(sigmaOf(spec) * normalQuantile(share));
  }
}

/** The mean, in seconds. */
export function meanOf(spec: TimeSpec): number {
  switch (spec.kind) {
    case 'fixed':
      return spec.seconds;
    case 'exponential':
      return spec.mean;
    case 'uniform':
      return (spec.low + spec.high) / 2;
    case 'lognormal':
      return spec.median * Math.exp(sigmaOf(spec) ** 2 / 2);
  }
}

/** The share of values that are at most so many seconds. */
function shareWithin(spec: TimeSpec, seconds: number): number {
  let low = 0;
  let high = 1;
  if (quantileOf(spec, 0) > seconds) return 0;
  if (spec.kind === 'fixed') return 1;
  // By halves: the quantile grows with the share.
  for (let i = 0; i < 53; i++) {
    const middle = (low + high) / 2;
    if (quantileOf(spec, middle) <= seconds) low = middle;
    else high = middle;
  }
  return high > 1 - 1e-12 ? 1 : low;
}

/** The standard normal distribution's 0.99 quantile. */
const Z99 = 2.3263478740408408;

function sigmaOf({ median, p99 }: { readonly median: number; readonly p99: number }): number {
  return Math.log(p99 / median) / Z99;
}

const LOW = 0.02425;
const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}

/** The standard normal distribution's quantile, to nine digits. Source: P. J. Acklam's rational approximation. */
function normalQuantile(share: number): number {
  if (share <= 0) return -Infinity;
  if (share >= 1) return Infinity;
  if (share > 1 - LOW) return -normalQuantile(1 - share);
  if (share < LOW) {
    const q = Math.sqrt(-2 * Math.log(share));
    return polynomial(C, q) / polynomial(D, q);
  }
  const q = share - 0.5;
  return (q * polynomial(A, q * q)) / polynomial(B, q * q);
}
