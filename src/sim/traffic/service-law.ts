import type { TimeSpec } from '../behavior.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

/** Points at which a distribution is looked at: each stands for its share of the requests. */
const POINTS = 4096;

/** How long requests keep a pod busy, in distribution; a request is given up at its timeout. */
export class ServiceLaw {
  /** Mean time in which a request takes one of the pod's places, in microseconds. */
  readonly meanHold: Micros;
  /** The share of requests that takes longer than the client waits. */
  readonly lateShare: number;
  readonly #spec: TimeSpec;

  constructor(spec: TimeSpec, timeout: Micros) {
    this.#spec = spec;
    let sum = 0;
    for (let i = 0; i < POINTS; i++) sum += Math.min(timeout, this.#quantile((i + 0.5) / POINTS));
    this.meanHold = Math.max(1, sum / POINTS);
    this.lateShare = 1 - shareWithin(spec, timeout / SECOND);
  }

  /** The latency below which a share of the served requests lies, in microseconds. */
  quantile(share: number): Micros {
    return this.#quantile(share * (1 - this.lateShare));
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
