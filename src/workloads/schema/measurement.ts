import { z } from 'zod';
import { duration, positiveDuration } from './common.ts';

function output(file: string): z.ZodDefault<z.ZodBoolean> {
  return z.boolean().default(true).describe(`Write ${file}.`);
}

/** `measurement:` what a run records. */
export const measurement = z
  .strictObject({
    interval: positiveDuration.prefault('60s').describe('Distance of the points of timeseries.csv.'),
    warmUp: duration
      .prefault('0s')
      .describe('What happens before this is simulated, and left out of the headline figures.'),
    outputs: z
      .strictObject({
        pods: output('pods.csv'),
        nodes: output('nodes.csv'),
        events: output('events.csv'),
        decisions: output('decisions.csv'),
        timeseries: output('timeseries.csv and controlplane.csv'),
        traffic: output('traffic.csv (where there is traffic)'),
        metrics: output('metrics.prom'),
        trace: output('trace.json'),
        report: output('report.html'),
      })
      .prefault({})
      .describe('Which files are written; summary.json always is.'),
  })
  .prefault({})
  .describe('What a run records.');
