import { z } from 'zod';
import { isQuantity } from '../../sim/api/quantity.ts';
import { SIGNALS } from '../../sim/node/eviction-signals.ts';
import type { EvictionSignal, KubeletSettings } from '../../sim/settings.ts';
import { refuse } from './common.ts';
import { section } from './setting-fields.ts';
import type { FieldMaker, Makers } from './setting-fields.ts';

const THRESHOLD_FORMS = 'a quantity such as 100Mi, or a percentage such as 10%';

/** How much has to be left of something. */
export const threshold = z
  .string()
  .refine((text) => (text.endsWith('%') ? PERCENTAGE.test(text) : isQuantity(text) && !text.startsWith('-')), {
    error: 'not a threshold',
    params: { allowed: THRESHOLD_FORMS },
  });

const PERCENTAGE = /^\d{1,2}(\.\d+)?%$/;

/** Something said of some of the eviction signals. */
export function perSignal<T>(
  value: z.ZodType<T>,
  what: string,
): FieldMaker<Readonly<Partial<Record<EvictionSignal, T>>>> {
  return (fallback) => {
    const one = value.optional();
    const shape = Object.fromEntries(SIGNALS.map((signal) => [signal, one]));
    return z
      .strictObject(shape)
      .default({ ...fallback })
      .describe(what) as unknown as z.ZodType<typeof fallback>;
  };
}

/** The kubelet's section: what its thresholds have to do with each other. */
export function withThresholds(
  fallback: KubeletSettings,
  description: string,
  makers: Makers<KubeletSettings>,
): z.ZodType<KubeletSettings> {
  return section(fallback, description, makers).superRefine((value, context) => {
    for (const signal of Object.keys(value.evictionSoft)) {
      const grace: Readonly<Record<string, number | undefined>> = value.evictionSoftGracePeriodSeconds;
      if (grace[signal] !== undefined) continue;
      const message = 'a soft threshold needs a grace period';
      refuse(context, message, `evictionSoftGracePeriodSeconds: {${signal}: <seconds>}`, ['evictionSoft', signal]);
    }
    const { imageGCHighThresholdPercent: high, imageGCLowThresholdPercent: low } = value;
    if (low >= high)
      refuse(context, 'must be below imageGCHighThresholdPercent', `less than ${high}`, ['imageGCLowThresholdPercent']);
    const { shutdownGracePeriodSeconds: whole, shutdownGracePeriodCriticalPodsSeconds: critical } = value;
    if (critical > whole) {
      const path = ['shutdownGracePeriodCriticalPodsSeconds'];
      refuse(context, 'is a part of shutdownGracePeriodSeconds', `at most ${whole}`, path);
    }
  }) as z.ZodType<KubeletSettings>;
}
