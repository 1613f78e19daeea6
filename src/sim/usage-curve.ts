import { quantityMilli } from './api/quantity.ts';
import { parseDuration } from './durations.ts';
import { SECOND } from './kernel/time.ts';
import type { Micros } from './kernel/time.ts';

/** From a time on, an amount: in thousandths of a core or of a byte, or in per cent of what is requested. */
interface Point {
  readonly at: Micros;
  readonly amount: number;
}

/** How much is used, over simulated time; see parseUsageCurve. */
export interface UsageCurve {
  readonly points: readonly Point[];
  /** The largest amount. */
  readonly most: number;
  /** Amounts are per cent of the request. */
  readonly relative: boolean;
  /** Between points the amount goes over evenly; else it stays until the next one. */
  readonly linear: boolean;
}

/** What a message says is allowed where a curve belongs. */
export const USAGE_FORMS = 'an amount (250m, 1Gi, 50%), steps "0s=250m, 10m=1", or ramp(0s=250m, 10m=1)';

const POINT = /^([^=]+)=([^=]+)$/;
const RAMP = /^ramp\((.*)\)$/;

/**
 * Reads a curve: an amount for ever ("250m", "50%" of the request), steps ("0s=50%, 10m=200%": from ten minutes of
 * simulated time on, twice the request), or a ramp of straight lines between such points. Undefined for all else.
 */
export function parseUsageCurve(text: string): UsageCurve | undefined {
  const [, inner] = RAMP.exec(text.trim()) ?? [];
  const parts = (inner ?? text).split(',').map((part) => part.trim());
  const plain = parts.length === 1 && inner === undefined && !text.includes('=');
  const points: Point[] = [];
  let relative: boolean | undefined;
  for (const part of parts) {
    const [, time = '', value = ''] = plain ? ['', '0s', part] : (POINT.exec(part) ?? []);
    const seconds = parseDuration(time.trim());
    const percent = value.trim().endsWith('%');
    const amount = amountOf(value.trim());
    if (seconds === undefined || amount === undefined) return undefined;
    if (relative !== undefined && relative !== percent && amount !== 0) return undefined;
    relative ??= percent;
    const at = Math.round(seconds * SECOND);
    if (at <= (points.at(-1)?.at ?? -1)) return undefined;
    points.push({ at, amount });
  }
  const most = points.reduce((largest, { amount }) => Math.max(largest, amount), 0);
  return { points, most, relative: relative ?? false, linear: inner !== undefined };
}

function amountOf(text: string): number | undefined {
  if (text.endsWith('%')) {
    const percent = Number(text.slice(0, -1));
    return text.length > 1 && percent >= 0 ? percent : undefined;
  }
  try {
    const milli = quantityMilli(text);
    return milli >= 0 ? milli : undefined;
  } catch {
    return undefined;
  }
}

/** How many points lie at or before an instant. */
function passed(points: readonly Point[], time: Micros): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] as Point).at <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The amount at an instant. */
export function usageAt({ points, linear }: UsageCurve, time: Micros): number {
  const next = passed(points, time);
  const [before, after] = [points[next - 1], points[next]];
  if (before === undefined) return linear ? (after?.amount ?? 0) : 0;
  if (!linear || after === undefined) return before.amount;
  const share = (time - before.at) / (after.at - before.at);
  return before.amount + share * (after.amount - before.amount);
}

/** The amount summed over a stretch of time: amount times microseconds. */
export function usageBetween(curve: UsageCurve, from: Micros, to: Micros): number {
  let sum = 0;
  let at = from;
  for (let next = passed(curve.points, from); at < to; next++) {
    const end = Math.min(to, curve.points[next]?.at ?? to);
    // Even within a stretch, so its middle stands for it.
    sum += usageAt(curve, (at + end) / 2) * (end - at);
    at = end;
  }
  return sum;
}

/** How fast the amount changes just after an instant, a microsecond; and when that next changes (Infinity: never). */
export function usageTrend(
  { points, linear }: UsageCurve,
  time: Micros,
): { readonly slope: number; readonly until: Micros } {
  const next = passed(points, time);
  const [before, after] = [points[next - 1], points[next]];
  if (after === undefined) return { slope: 0, until: Infinity };
  if (!linear || before === undefined) return { slope: 0, until: after.at };
  return { slope: (after.amount - before.amount) / (after.at - before.at), until: after.at };
}

/** What a message says is allowed where a growth belongs. */
export const GROWTH_FORMS = 'an amount in a time, such as 10Mi/1m or 1Gi/1h';

/** Reads "10Mi/1m": how much more is used a second, in thousandths. Undefined for all else. */
export function parseGrowth(text: string): number | undefined {
  const [, amount = '', time = ''] = /^([^/]+)\/([^/]+)$/.exec(text.trim()) ?? [];
  const seconds = parseDuration(time.trim());
  const milli = amount.trim().endsWith('%') ? undefined : amountOf(amount.trim());
  return milli === undefined || seconds === undefined || seconds === 0 ? undefined : milli / seconds;
}
