import { gammaln } from 'simple-statistics';

/** Terms of the continued fraction at most; it converges in a few dozen. */
const MAX_TERMS = 300;
const PRECISION = 1e-15;
/** Takes the place of a zero that would be divided by. */
const TINY = 1e-300;

/**
 * The regularised incomplete beta function I_x(a, b), by its continued fraction.
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.5.8; evaluated by Lentz's method.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < PRECISION) break;
  }
  return front * fraction;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** The probability that Student's t with so many degrees of freedom lies further from 0 than `t`, on either side. */
export function studentTwoSided(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The t that is exceeded on either side with probability `1 - confidence`: 2.776 for 95 % and 4 degrees of freedom. */
export function studentQuantile(confidence: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, degrees) > 1 - confidence) high *= 2;
  for (let i = 0; i < 100 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, degrees) > 1 - confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The same of the normal distribution: 1.960 for 95 %. Student's, with many degrees of freedom. */
export function normalQuantile(confidence: number): number {
  return studentQuantile(confidence, 1e7);
}
