import { z } from 'zod';
import { exactlyOne, refuse } from './common.ts';

/** A distribution of numbers in one unit: seconds, cores, bytes, or a plain count. */
export type Distribution =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'lognormal'; readonly median: number; readonly p99: number }
  | { readonly kind: 'pareto'; readonly minimum: number; readonly shape: number; readonly maximum?: number | undefined }
  | { readonly kind: 'weibull'; readonly scale: number; readonly shape: number }
  | { readonly kind: 'empirical'; readonly points: readonly { readonly value: number; readonly weight: number }[] }
  | { readonly kind: 'histogram'; readonly bins: readonly HistogramBin[] }
  | { readonly kind: 'csv'; readonly file: string; readonly column: string };

/** Values spread evenly from `from` to `to`, with this weight against the other bins. */
export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

const CHOICES = [
  'constant',
  'uniform',
  'exponential',
  'lognormal',
  'pareto',
  'weibull',
  'empirical',
  'histogram',
  'csv',
] as const;

const weight = z.number().min(0).default(1).describe('Weight against the others.');

/**
 * The schema of a distribution whose values `value` reads. A value alone is the constant; otherwise a mapping with one
 * key, the distribution's name.
 */
export function distribution(
  value: z.ZodType<number, string | number>,
  forms: string,
): z.ZodType<Distribution, unknown> {
  const choice = z
    .strictObject({
      constant: value.optional().describe('Always this.'),
      uniform: z.strictObject({ low: value, high: value }).optional().describe('Evenly between two values.'),
      exponential: z.strictObject({ mean: value }).optional().describe('Exponential with this mean.'),
      lognormal: z
        .strictObject({ median: value, p99: value.describe('99th percentile.') })
        .optional()
        .describe('Lognormal by its median and 99th percentile.'),
      pareto: z
        .strictObject({ minimum: value, shape: z.number().positive(), maximum: value.optional() })
        .optional()
        .describe('Pareto: P(X > x) = (minimum / x)^shape, cut off at maximum.'),
      weibull: z.strictObject({ scale: value, shape: z.number().positive() }).optional().describe('Weibull.'),
      empirical: z.array(z.strictObject({ value, weight })).min(1).optional().describe('These values, by weight.'),
      histogram: z
        .array(z.strictObject({ from: value, to: value, weight }))
        .min(1)
        .optional()
        .describe('Bins by weight; evenly within a bin.'),
      csv: z
        .strictObject({ file: z.string().min(1), column: z.string().min(1) })
        .optional()
        .describe('The values of a column of a CSV file, drawn evenly.'),
    })
    .superRefine((given, context) => {
      exactlyOne(given, context, CHOICES, 'the distribution');
      if (given.uniform !== undefined && given.uniform.high < given.uniform.low) {
        refuse(context, 'high lies below low', undefined, ['uniform', 'high']);
      }
      if (given.lognormal !== undefined) {
        if (given.lognormal.median <= 0)
          refuse(context, 'the median must be above zero', forms, ['lognormal', 'median']);
        if (given.lognormal.p99 < given.lognormal.median) {
          refuse(context, 'the 99th percentile lies below the median', undefined, ['lognormal', 'p99']);
        }
      }
      if (given.pareto !== undefined) {
        if (given.pareto.minimum <= 0) refuse(context, 'the minimum must be above zero', forms, ['pareto', 'minimum']);
        if (given.pareto.maximum !== undefined && given.pareto.maximum < given.pareto.minimum) {
          refuse(context, 'maximum lies below minimum', undefined, ['pareto', 'maximum']);
        }
      }
      for (const [index, bin] of (given.histogram ?? []).entries()) {
        if (bin.to < bin.from) refuse(context, 'the bin ends before it begins', undefined, ['histogram', index, 'to']);
      }
      for (const key of ['empirical', 'histogram'] as const) {
        const entries = given[key];
        if (entries !== undefined && entries.every((entry) => entry.weight === 0)) {
          refuse(context, 'all weights are zero', 'at least one weight above zero', [key]);
        }
      }
    })
    .transform((given): Distribution => {
      if (given.uniform !== undefined) return { kind: 'uniform', ...given.uniform };
      if (given.exponential !== undefined) return { kind: 'exponential', ...given.exponential };
      if (given.lognormal !== undefined) return { kind: 'lognormal', ...given.lognormal };
      if (given.pareto !== undefined) return { kind: 'pareto', ...given.pareto };
      if (given.weibull !== undefined) return { kind: 'weibull', ...given.weibull };
      if (given.empirical !== undefined) return { kind: 'empirical', points: given.empirical };
      if (given.histogram !== undefined) return { kind: 'histogram', bins: given.histogram };
      if (given.csv !== undefined) return { kind: 'csv', ...given.csv };
      return { kind: 'constant', value: given.constant ?? 0 };
    });
  const constant = value.transform((single): Distribution => ({ kind: 'constant', value: single }));
  const expectation = `${forms}; or a distribution: ${CHOICES.map((name) => `{${name}: …}`).join(', ')}`;
  return z.union([constant, choice], { error: () => expectation });
}
