import type { z } from 'zod';
import { DURATION_FORMS, parseDuration } from '../../sim/durations.ts';
import type { Purpose } from '../../sim/kernel/random.ts';
import type { Zod } from '../policy.ts';
import { gamma } from './gamma.ts';

/** A time that is drawn, as failures come and go; seconds. */
export type TimeDistribution =
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'weibull'; readonly mean: number; readonly shape: number }
  | { readonly kind: 'lognormal'; readonly median: number; readonly p99: number }
  | { readonly kind: 'empirical'; readonly values: readonly number[] };

/** One draw, in seconds. */
export function drawSeconds(time: TimeDistribution, random: Purpose, identity: number, ordinal: number): number {
  switch (time.kind) {
    case 'exponential':
      return random.weibull(identity, ordinal, 1, time.mean);
    case 'weibull':
      // A Weibull variable's mean is scale · Γ(1 + 1/shape).
      return random.weibull(identity, ordinal, time.shape, time.mean / gamma(1 + 1 / time.shape));
    case 'lognormal':
      return random.lognormal(identity, ordinal, time.median, time.p99);
    case 'empirical':
      return time.values[random.integer(identity, ordinal, time.values.length)] as number;
  }
}

/** A duration, read into seconds. */
export function duration(zod: Zod, least = 0): z.ZodType<number, unknown> {
  return zod.union([zod.string(), zod.number()], { error: () => DURATION_FORMS }).transform((text, context) => {
    const seconds = parseDuration(text);
    if (seconds !== undefined && seconds >= least) return seconds;
    context.addIssue({
      code: 'custom',
      message: 'not a duration that is possible here',
      params: { allowed: DURATION_FORMS },
    });
    return zod.NEVER;
  });
}

/** Weibull shape, with what it means. */
export function weibullShape(zod: Zod) {
  return zod
    .number()
    .min(0.1)
    .max(20)
    .describe('Weibull shape. 1: age does not matter; below 1: the young fail more often; above 1: the old.');
}

/** A median and a 99th percentile. */
export function lognormalTime(zod: Zod) {
  return zod
    .strictObject({ median: duration(zod, 0.001), p99: duration(zod, 0.001) })
    .refine(({ median, p99 }) => p99 >= median, { error: 'the 99th percentile lies below the median' });
}

const CHOICES = ['exponential', 'weibull', 'lognormal', 'empirical'] as const;

/** `{exponential: {mean}}`, `{weibull: {mean, shape}}`, `{lognormal: {median, p99}}` or `{empirical: [times]}`. */
export function timeDistribution(zod: Zod): z.ZodType<TimeDistribution, unknown> {
  const mean = duration(zod, 0.001);
  const shape = {
    exponential: zod.strictObject({ mean }).optional().describe('Age does not matter.'),
    weibull: zod
      .strictObject({ mean, shape: weibullShape(zod) })
      .optional()
      .describe('Age does.'),
    lognormal: lognormalTime(zod).optional().describe('By its median and 99th percentile.'),
    empirical: zod
      .array(duration(zod, 0.001))
      .min(1)
      .optional()
      .describe('Times that were observed, each as likely as the other.'),
  };
  return zod.strictObject(shape).transform((given, context): TimeDistribution => {
    const [choice, another] = CHOICES.filter((name) => given[name] !== undefined);
    if (choice !== undefined && another === undefined) {
      if (given.empirical !== undefined) return { kind: 'empirical', values: given.empirical };
      return { kind: choice, ...given[choice] } as unknown as TimeDistribution;
    }
    const message = choice === undefined ? 'which distribution is missing' : `both ${choice} and ${String(another)}`;
    context.addIssue({ code: 'custom', message, params: { allowed: `exactly one of ${CHOICES.join(', ')}` } });
    return zod.NEVER;
  });
}
