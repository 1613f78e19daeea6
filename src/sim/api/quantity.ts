/**
 * Kubernetes quantities ("1500m", "1.5Gi", "1e3", "100000u") as exact numbers.
 * Source: k8s.io/apimachinery/pkg/api/resource; `value()` and `milliValue()` round up, as there.
 */

const QUANTITY = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?$/;

const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

const MAX_INT64 = (1n << 63n) - 1n;

/** Thrown for text that is no quantity. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

/** The quantity times 10^`power`, rounded away from zero to a whole number (as upstream's ScaledValue does). */
function scaled(text: string, power: number): number {
  const value = exactly(text, power);
  return Number(value > MAX_INT64 ? MAX_INT64 : value < -MAX_INT64 ? -MAX_INT64 : value);
}

function exactly(text: string, power: number): bigint {
  const match = QUANTITY.exec(text);
  if (match === null) {
    throw new QuantityError(`"${text}" is not a quantity; examples: 250m, 1.5, 2Gi, 1e3`);
  }
  const [, sign = '', digits = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  let numerator = BigInt(`${whole}${fraction}` || '0');
  let exponent = power - fraction.length;
  const binary = BINARY[suffix];
  if (binary !== undefined) numerator *= binary;
  else exponent += DECIMAL[suffix] ?? Number(suffix.slice(1));
  let value: bigint;
  if (exponent >= 0) {
    value = exponent > 40 && numerator !== 0n ? MAX_INT64 : numerator * 10n ** BigInt(exponent);
  } else {
    const divisor = 10n ** BigInt(-exponent);
    value = numerator / divisor;
    if (value * divisor !== numerator) value += 1n;
  }
  return sign === '-' ? -value : value;
}

const valueCache = new Map<string, number>();
const milliCache = new Map<string, number>();
/** Bounds the caches: workloads repeat a few quantities, traces bring some thousands. */
const CACHE_LIMIT = 20_000;

function cached(cache: Map<string, number>, text: string | number, power: number): number {
  const key = typeof text === 'number' ? String(text) : text;
  let value = cache.get(key);
  if (value === undefined) {
    value = scaled(key, power);
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(key, value);
  }
  return value;
}

/** Whole units (bytes, pods, devices), rounded up. */
export function quantityValue(text: string | number): number {
  return cached(valueCache, text, 0);
}

/** Thousandths (millicores), rounded up. */
export function quantityMilli(text: string | number): number {
  return cached(milliCache, text, 3);
}

/** Thousand-millionths, exact: what is finer is rounded up, as when a quantity is parsed. */
export function quantityNanos(text: string): bigint {
  return exactly(text, 9);
}

/** Whether the text is a quantity at all. */
export function isQuantity(text: string): boolean {
  return QUANTITY.test(text);
}

/** A resource's amount in the unit the scheduler counts in: millicores for cpu, whole units for the rest. */
export function resourceAmount(resource: string, text: string | number): number {
  return resource === 'cpu' ? quantityMilli(text) : quantityValue(text);
}
