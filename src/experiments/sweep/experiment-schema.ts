import { z } from 'zod';
import { SCENARIO_API_VERSION } from '../../workloads/scenario-schema.ts';
import { objectName, positiveDuration } from '../../workloads/schema/common.ts';

const metricName = z.string().min(1).describe('A figure of summary.json.');

const settings = z.record(z.string(), z.unknown()).describe('Paths of the scenario and the values they are to have.');

const range = z
  .strictObject({
    from: z.number().describe('The lowest value.'),
    to: z.number().describe('The highest value.'),
    whole: z.boolean().default(false).describe('Whole numbers only.'),
    logarithmic: z.boolean().default(false).describe('Spread over orders of magnitude; above zero only.'),
    unit: z.string().default('').describe('Put behind the number, as in 30s or 4Gi.'),
  })
  .superRefine(({ from, to, logarithmic }, context) => {
    if (to <= from) context.addIssue({ code: 'custom', message: 'must be more than from', path: ['to'] });
    if (logarithmic && from <= 0)
      context.addIssue({ code: 'custom', message: 'must be above zero for a logarithmic range', path: ['from'] });
  })
  .describe('A range of numbers, for a Latin hypercube.');

const level = z
  .strictObject({ name: z.string().min(1).describe('What the results call it.'), set: settings })
  .describe('One level: several paths at once.');

const axis = z
  .strictObject({
    name: z.string().min(1).optional().describe("Column of the results; the path's last word where absent."),
    path: z
      .string()
      .min(1)
      .optional()
      .describe('The path that differs: policies.scoring, workloads, policies.schedulerConfiguration, faults, …'),
    values: z.array(z.unknown()).min(1).optional().describe('Values of the path; the first belongs to the baseline.'),
    range: range.optional(),
    levels: z
      .array(level)
      .min(1)
      .optional()
      .describe('Levels that each set several paths, in place of path and values.'),
  })
  .superRefine(({ path, values, range: numbers, levels }, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message, path: [] });
    if (levels !== undefined && (path !== undefined || values !== undefined || numbers !== undefined)) {
      refuse('has levels, which bring their own paths: leave out path, values and range');
    } else if (levels === undefined && (path === undefined || (values === undefined) === (numbers === undefined))) {
      refuse('needs a path with values or a range, or else levels');
    }
  })
  .describe('One thing that differs between variants.');

const objective = z
  .strictObject({ metric: metricName, goal: z.enum(['min', 'max']).describe('Whether less or more of it is better.') })
  .describe('What is wanted.');

const constraint = z
  .strictObject({
    metric: metricName,
    atMost: z.number().optional().describe('The mean over all seeds may not be more.'),
    atLeast: z.number().optional().describe('The mean over all seeds may not be less.'),
  })
  .refine(({ atMost, atLeast }) => atMost !== undefined || atLeast !== undefined, { error: 'needs atMost or atLeast' })
  .describe('What must hold for a variant to count.');

const share = z
  .union([z.number().positive(), z.string().regex(/^\d+(\.\d+)?%$/)], { error: () => 'a share such as 2% or 0.02' })
  .transform((value) => (typeof value === 'number' ? value : Number(value.slice(0, -1)) / 100));

/** The format of an experiment: a study in one file. Its JSON Schema is generated from it. */
export const experimentSchema = z
  .strictObject({
    apiVersion: z.literal(SCENARIO_API_VERSION).describe('Version of this format.'),
    kind: z.literal('Experiment').describe('Always Experiment.'),
    metadata: z
      .strictObject({
        name: objectName.describe('Names the experiment and its folder.'),
        description: z.string().optional().describe('What question it answers.'),
      })
      .describe('Name and description.'),
    scenario: z.string().min(1).describe("The scenario's file, from this file's folder."),
    set: settings.default({}).describe('Settings of all variants.'),
    until: positiveDuration.optional().describe('Stops every run at this simulated time.'),
    seeds: z.int().min(1).default(10).describe('How many seeds each variant runs on.'),
    firstSeed: z.int().min(0).default(1).describe('The first of them; the others follow.'),
    axes: z.array(axis).min(1).describe('What differs.'),
    design: z
      .union(
        [
          z.literal('full-factorial'),
          z.strictObject({
            latinHypercube: z.strictObject({
              points: z.int().min(2).max(10_000).describe('How many points, besides the baseline.'),
              seed: z.union([z.int(), z.string()]).default(1).transform(String).describe('Seed of the drawing.'),
            }),
          }),
        ],
        { error: () => 'full-factorial, or latinHypercube with its points' },
      )
      .default('full-factorial')
      .describe('Which combinations of the axes are run: all, or an even choice.'),
    metrics: z.array(metricName).default([]).describe('Figures to compare; the headline ones where there are none.'),
    objectives: z.array(objective).default([]).describe('Two or more make a Pareto front.'),
    constraints: z.array(constraint).default([]).describe('What variants must keep to be on it.'),
    margin: share.default(0.01).describe('Differences below this share of the baseline do not matter.'),
    confidence: z.number().gt(0.5).lt(1).default(0.95).describe('Of the intervals.'),
    stopWhen: share.optional().describe('Add seeds until all intervals are narrower than this share of the baseline.'),
    maxSeeds: z
      .int()
      .min(2)
      .optional()
      .describe('Seeds at most where they are added; 10 times the seeds where absent.'),
    warmUp: z
      .enum(['scenario', 'mser'])
      .default('scenario')
      .describe("What is left out: the scenario's measurement.warmUp, or what MSER finds in runs of the baseline."),
  })
  .describe('An Orrery experiment: variants of a scenario, and what is asked of them.');

export type ExperimentDocument = z.output<typeof experimentSchema>;
export type AxisSpec = ExperimentDocument['axes'][number];

/** The JSON Schema of what a user may write, as the text of `experiment.schema.json`. */
export function experimentJsonSchemaText(): string {
  const schema = z.toJSONSchema(experimentSchema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return `${JSON.stringify({ title: 'Orrery experiment', ...schema }, undefined, 1)}\n`;
}
