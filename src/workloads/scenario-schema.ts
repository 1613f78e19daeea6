import { z } from 'zod';
import { parseTimestamp } from '../sim/api/timestamps.ts';
import { apiLoad } from './schema/api-load.ts';
import { cluster } from './schema/cluster.ts';
import { objectName, refuse, runDuration } from './schema/common.ts';
import { components } from './schema/components.ts';
import { faults, outages } from './schema/faults.ts';
import { measurement } from './schema/measurement.ts';
import { policies } from './schema/policies.ts';
import { stages } from './schema/stages.ts';
import { traffic } from './schema/traffic.ts';
import { workloads } from './schema/workload.ts';

export const SCENARIO_API_VERSION = 'orrery.dev/v1alpha1';

/**
 * The scenario format: its one source of truth. The JSON Schema for editors (`scenario.schema.json`) is generated from
 * it; defaults of components come from sim/settings.ts.
 */
export const scenarioSchema = z
  .strictObject({
    apiVersion: z.literal(SCENARIO_API_VERSION).describe('Version of this format.'),
    kind: z.literal('Scenario').describe('Always Scenario.'),
    metadata: z
      .strictObject({
        name: objectName.describe('Names the run and its folder.'),
        description: z.string().optional().describe('What question the scenario answers.'),
      })
      .describe('Name and description.'),
    seed: z
      .union([z.int(), z.string().min(1)], { error: () => 'a whole number or a text' })
      .transform((seed) => String(seed))
      .prefault(1)
      .describe('Every random draw follows from it.'),
    startTime: z
      .string()
      .default('2026-01-05T00:00:00Z')
      .superRefine((text, context) => {
        if (parseTimestamp(text) === undefined) {
          refuse(context, 'not a timestamp', 'RFC 3339, such as 2026-01-05T00:00:00Z');
        }
      })
      .describe('The calendar time at which the simulated clock starts (CronJobs, timestamps). A Monday, by default.'),
    duration: runDuration.describe('How much time is simulated.'),
    cluster,
    components,
    policies,
    stages,
    workloads,
    traffic,
    apiLoad,
    faults,
    outages,
    measurement,
  })
  .describe('An Orrery scenario: a cluster, what is asked of it, and what goes wrong.');

/** A scenario as written in the file, checked, with every default filled in; durations in seconds. */
export type ScenarioDocument = z.output<typeof scenarioSchema>;

export type WorkloadSpec = ScenarioDocument['workloads'][number];
export type GeneratorSpec = NonNullable<WorkloadSpec['generator']>;
export type TraceSpec = NonNullable<WorkloadSpec['trace']>;
export type ManifestOptions = NonNullable<WorkloadSpec['options']>;
export type NodeGroupSpec = ScenarioDocument['cluster']['nodeGroups'][number];
export type TrafficDocument = ScenarioDocument['traffic'][number];
export type ApiLoadDocument = ScenarioDocument['apiLoad'][number];
export type FaultSpec = ScenarioDocument['faults'][number];
export type PoliciesSpec = ScenarioDocument['policies'];
export type MeasurementSpec = ScenarioDocument['measurement'];

/** The JSON Schema of what a user may write, as the text of `scenario.schema.json`. */
export function scenarioJsonSchemaText(): string {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return `${JSON.stringify({ title: 'Orrery scenario', ...schema }, undefined, 1)}\n`;
}
