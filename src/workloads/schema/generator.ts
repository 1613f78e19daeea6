import { z } from 'zod';
import { quantityMilli } from '../../sim/api/quantity.ts';
import { DURATION_FORMS } from '../../sim/durations.ts';
import {
  howMany,
  duration,
  exactlyOne,
  namespaceName,
  positiveDuration,
  quantity,
  ratio,
  refuse,
  resourceList,
  stringMap,
} from './common.ts';
import { dataPath } from './cluster.ts';
import { distribution } from './distribution.ts';

/** A quantity as a number of whole units (cores, bytes, devices). */
const amount = quantity.transform((text) => quantityMilli(text) / 1000);
const wholeNumber = z.int().min(0);

export const ARRIVAL_CHOICES = ['poisson', 'constant', 'diurnal', 'bursts', 'csv', 'allAt'] as const;

const perHour = z.number().positive().describe('Mean number of arrivals in an hour.');

/** When things come. */
export const arrivals = z
  .strictObject({
    poisson: z.strictObject({ perHour }).optional().describe('At random, at a constant rate.'),
    constant: z.strictObject({ every: positiveDuration }).optional().describe('At even distances.'),
    diurnal: z
      .strictObject({
        perHour,
        byHour: z
          .array(z.number().min(0))
          .length(24)
          .refine((hours) => hours.some((rate) => rate > 0), { error: 'all hours are zero' })
          .describe('The rate in each hour of the UTC day, in proportion; scaled so that the mean is perHour.'),
      })
      .optional()
      .describe('At random, at a rate that changes with the hour of the day.'),
    bursts: z
      .strictObject({
        every: positiveDuration.describe('From burst to burst.'),
        size: howMany(1).describe('Arrivals in a burst.'),
        over: duration.prefault('0s').describe('Each burst is spread evenly at random over this.'),
      })
      .optional()
      .describe('In bursts.'),
    csv: z
      .strictObject({
        file: dataPath,
        column: z.string().min(1).default('at').describe('The column with the times (durations from the start).'),
      })
      .optional()
      .describe('At the times of a CSV file.'),
    allAt: duration.optional().describe('All at one instant; needs `pods`.'),
  })
  .superRefine((value, context) => {
    exactlyOne(value, context, ARRIVAL_CHOICES, 'the arrival process');
  });

const quantityForms = 'a quantity such as 500m or 2Gi';

const shape = z.strictObject({
  weight: z.number().min(0).default(1).describe('Weight against the other shapes.'),
  resources: resourceList.describe('Requests of a pod of this shape.'),
});

/** `generator:` pods (or Jobs, Deployments) drawn from distributions. */
export const generator = z
  .strictObject({
    like: z
      .enum(['openb'])
      .optional()
      .describe(
        "Sizes, lifetimes and arrivals like this trace's, from a committed fit; what is given besides takes its place.",
      ),
    scale: z.number().positive().default(1).describe("With `like`: so many times the trace's arrival rate."),
    speedup: z
      .number()
      .positive()
      .default(1)
      .describe('With `like`: time runs so many times faster (arrivals and lifetimes).'),
    as: z.enum(['pod', 'job', 'deployment']).default('pod').describe('What is created at each arrival.'),
    pods: z.int().min(1).optional().describe('Stop after so many arrivals.'),
    from: duration.prefault('0s').describe('First instant an arrival may come at.'),
    until: duration.optional().describe('No arrivals from here on; the end of the run where absent.'),
    arrivals: arrivals.optional().describe('When they come.'),
    resources: z
      .record(z.string(), distribution(amount, quantityForms))
      .optional()
      .describe('Requests by resource, each drawn by itself.'),
    shapes: z.array(shape).min(1).optional().describe('Requests drawn together, from a list.'),
    lifetime: distribution(duration, DURATION_FORMS)
      .optional()
      .describe('How long a pod runs (a Deployment: until it is deleted); for ever where absent.'),
    failureProbability: ratio
      .optional()
      .describe('Chance that a run ends with an error; with `like` as in the trace, else 0, where absent.'),
    replicas: distribution(wholeNumber, 'a whole number')
      .prefault(1)
      .describe('Pods of a Deployment, completions (and parallelism) of a Job.'),
    namespace: namespaceName.default('default').describe('Where they are created.'),
    labels: stringMap.default({}).describe('Labels of the pods.'),
    annotations: stringMap.default({}).describe('Annotations of the pods.'),
    podSpec: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('Further fields of the pod spec (tolerations, affinity, priorityClassName …).'),
    image: z.string().min(1).default('registry.example/generated:1').describe('Image of the container.'),
  })
  .superRefine((value, context) => {
    if (value.like === undefined) {
      if (value.arrivals === undefined)
        refuse(context, 'the arrival process is missing', 'arrivals: {…}, or like: openb');
      if (value.resources === undefined && value.shapes === undefined) {
        refuse(context, 'what a pod asks for is missing', 'resources: {…} or shapes: […], or like: openb');
      }
      if (value.arrivals?.allAt !== undefined && value.pods === undefined) {
        refuse(context, 'how many come is missing', 'pods: <number>', ['pods']);
      }
    }
    if (value.resources !== undefined && value.shapes !== undefined) {
      refuse(context, 'both resources and shapes are given', 'one of the two', ['shapes']);
    }
    if (value.until !== undefined && value.until <= value.from)
      refuse(context, 'ends before it begins', undefined, ['until']);
  });
