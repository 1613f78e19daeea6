import { z } from 'zod';
import type { LatencySettings } from '../../sim/settings.ts';
import { refuse } from './common.ts';

/** A field's schema, made from its default. */
export type FieldMaker<T> = (fallback: T) => z.ZodType<T>;

/** One maker a setting: a setting without one, or one without a setting, does not type-check. */
export type Makers<T> = { readonly [K in keyof T]-?: FieldMaker<T[K]> };

/** A section of settings: partial in the file, whole after parsing. */
export function section<T extends object>(defaults: T, description: string, makers: Makers<T>): z.ZodType<T> {
  const shape: Record<string, z.ZodType> = {};
  for (const key of Object.keys(makers) as (keyof T & string)[]) shape[key] = makers[key](defaults[key]);
  return z.strictObject(shape).prefault({}).describe(description) as unknown as z.ZodType<T>;
}

/** A number, 0 or more. */
export function number(description: string): FieldMaker<number> {
  return (fallback) => z.number().nonnegative().default(fallback).describe(description);
}

/** A number above 0. */
export function positive(description: string): FieldMaker<number> {
  return (fallback) => z.number().positive().default(fallback).describe(description);
}

/** A whole number, 1 or more. */
export function count(description: string): FieldMaker<number> {
  return (fallback) => z.int().min(1).default(fallback).describe(description);
}

/** A number from 0 to 1. */
export function share(description: string): FieldMaker<number> {
  return (fallback) => z.number().min(0).max(1).default(fallback).describe(description);
}

/** A number from 0 to 100. */
export function percent(description: string): FieldMaker<number> {
  return (fallback) => z.number().min(0).max(100).default(fallback).describe(description);
}

/** A switch. */
export function flag(description: string): FieldMaker<boolean> {
  return (fallback) => z.boolean().default(fallback).describe(description);
}

/** Whoever gives the median alone keeps the default's spread: the 99th percentile moves in proportion. */
export function latency(description: string): FieldMaker<LatencySettings> {
  return (fallback) => {
    const spread = fallback.medianMilliseconds > 0 ? fallback.p99Milliseconds / fallback.medianMilliseconds : 1;
    const defaults = `${fallback.medianMilliseconds} and ${fallback.p99Milliseconds} ms`;
    return z
      .strictObject({
        medianMilliseconds: z.number().nonnegative().default(fallback.medianMilliseconds).describe('The median.'),
        p99Milliseconds: z
          .number()
          .nonnegative()
          .optional()
          .describe('99th percentile; equal to the median: constant.'),
      })
      .superRefine((value, context) => {
        if (value.p99Milliseconds === undefined || value.p99Milliseconds >= value.medianMilliseconds) return;
        const allowed = `at least the median, ${value.medianMilliseconds}`;
        refuse(context, 'the 99th percentile lies below the median', allowed, ['p99Milliseconds']);
      })
      .transform((value) => ({
        medianMilliseconds: value.medianMilliseconds,
        p99Milliseconds: value.p99Milliseconds ?? value.medianMilliseconds * spread,
      }))
      .prefault({})
      .describe(`${description} A lognormal distribution; ${defaults}.`);
  };
}
