import { z } from 'zod';
import {
  howMany,
  duration,
  exactlyOne,
  namespaceName,
  objectName,
  positiveDuration,
  namedApart,
  refuse,
  stringMap,
} from './common.ts';
import { dataPath } from './cluster.ts';
import { generator } from './generator.ts';

/** `trace:` pods of a recorded workload, replayed in time. */
const trace = z
  .strictObject({
    format: z.enum(['openb', 'csv']).describe('openb: the Alibaba openb pod list; csv: a list of your own.'),
    pods: dataPath.describe('The pod list.'),
    speedup: z.number().positive().default(1).describe('Time runs so many times faster: arrivals and lifetimes.'),
    maxPods: z.int().min(1).optional().describe('Take the first so many (in order of arrival) only.'),
    window: z
      .strictObject({
        from: duration.prefault('0s').describe('Arrivals before this time of the trace are left out.'),
        to: duration.optional().describe('So are arrivals at or after this.'),
      })
      .optional()
      .describe('A part of the trace, in its own time; the run starts at `from`.'),
    namespace: namespaceName.default('default').describe('Where pods are created that name no namespace.'),
    lifetimes: z.boolean().default(true).describe('Whether pods end as in the trace, or run for ever.'),
  })
  .superRefine((value, context) => {
    const { window } = value;
    if (window?.to !== undefined && window.to <= window.from) {
      refuse(context, 'the window ends before it begins', undefined, ['window', 'to']);
    }
  });

const usedColumn = (what: string) => z.string().min(1).optional().describe(`The column of ${what}.`);

/** `usage:` what pods use of their nodes, as it was recorded. */
const usageTrace = z
  .strictObject({
    csv: dataPath.describe('A row for each change of what is used.'),
    at: z.string().min(1).default('at').describe('The column that says when.'),
    cpu: usedColumn('cores, of each pod (0.25, 250m), or of the request (50%)'),
    memory: usedColumn('bytes of memory, of each pod'),
    disk: usedColumn("bytes of the node's disk, of each pod"),
    pid: usedColumn('processes, of each pod'),
    cpuDemand: usedColumn('cores that all ready pods use together'),
    linear: z
      .boolean()
      .default(false)
      .describe('Amounts go over evenly from one row to the next, instead of in steps.'),
    shift: duration.prefault('0s').describe('Everything comes so much later.'),
    speedup: z.number().positive().default(1).describe('Time runs so many times faster.'),
  })
  .superRefine(({ cpu, memory, disk, pid, cpuDemand }, context) => {
    if ([cpu, memory, disk, pid, cpuDemand].every((column) => column === undefined)) {
      refuse(context, 'which column is not said', 'one or more of cpu, memory, disk, pid, cpuDemand');
    }
  })
  .describe('What each pod uses over time, from a table; annotations of their own come first.');

const options = z.strictObject({
  gpuFromAnnotations: z
    .union([z.boolean(), stringMap], { error: () => 'true, false, or annotation names mapped to resource names' })
    .default(false)
    .describe(
      'Turn annotations of pods into resource requests. true: alibabacloud.com/gpu-milli and gpu-count, as the nodes of ' +
        'openb name them; a mapping: {annotation: resource}.',
    ),
  namespace: namespaceName.default('default').describe('Namespace of objects that name none.'),
  annotations: stringMap
    .default({})
    .describe('Added to every pod and pod template, e.g. orrery.dev/duration: lognormal(10m, 2h).'),
  usage: usageTrace.optional(),
  spacing: duration.prefault('0s').describe('From one object to the next.'),
  allowUnknown: z.boolean().default(false).describe('Drop unknown fields and skip unknown kinds, with a warning.'),
});

const reference = z.strictObject({
  kind: z.string().min(1).describe('E.g. Deployment.'),
  name: objectName.describe('Its name.'),
  namespace: namespaceName.optional().describe('Its namespace; "default" where absent.'),
});

const SOURCES = ['manifests', 'inline', 'generator', 'trace', 'delete', 'scale', 'rollout'] as const;

export const workload = z
  .strictObject({
    name: objectName.describe('What the run calls it; random draws hang on it.'),
    manifests: z
      .union([dataPath.transform((path) => [path]), z.array(dataPath).min(1)], {
        error: () => 'a path or a list of paths',
      })
      .optional()
      .describe('Kubernetes manifests, applied in order.'),
    inline: z
      .union([z.string(), z.array(z.record(z.string(), z.unknown()))], {
        error: () => 'manifests as a text block or a list',
      })
      .optional()
      .describe('Kubernetes manifests, written here.'),
    generator: generator.optional().describe('Pods drawn from distributions.'),
    trace: trace.optional().describe('A recorded workload.'),
    delete: z.array(reference).min(1).optional().describe('Objects deleted at `at`.'),
    scale: z
      .array(reference.extend({ replicas: z.int().min(0).describe('How many from then on.') }))
      .min(1)
      .optional()
      .describe('Replica counts changed at `at`, of objects that earlier workloads apply.'),
    rollout: z
      .array(
        reference.extend({
          do: z
            .enum(['undo', 'restart', 'pause', 'resume'])
            .describe('As `kubectl rollout` has it: back to an earlier revision, new pods, a halt, and its end.'),
          toRevision: z.int().min(1).optional().describe('undo: the revision to go back to; the one before if absent.'),
        }),
      )
      .min(1)
      .optional()
      .describe('Roll-outs of objects that earlier workloads apply, changed at `at`.'),
    at: duration.prefault('0s').describe('When it is applied; a shift of all arrivals for generators and traces.'),
    every: positiveDuration.optional().describe('Applied again so often, with numbered names.'),
    copies: howMany(1).optional().describe('So many of it, with numbered names: at once, or one each `every`.'),
    options: options.optional().describe('How manifests are read.'),
  })
  .superRefine((value, context) => {
    exactlyOne(value, context, SOURCES, 'the source of the workload');
    const plain = value.manifests !== undefined || value.inline !== undefined;
    for (const [index, action] of (value.rollout ?? []).entries()) {
      if (action.toRevision !== undefined && action.do !== 'undo') {
        refuse(context, 'belongs to undo only', undefined, ['rollout', index, 'toRevision']);
      }
    }
    for (const key of ['every', 'copies', 'options'] as const) {
      if (value[key] !== undefined && !plain) refuse(context, 'belongs to manifests and inline only', undefined, [key]);
    }
  });

/** `workloads:` what users ask of the cluster, in order. */
export const workloads = z
  .array(workload)
  .default([])
  .superRefine(namedApart('workloads'))
  .describe('What users ask of the cluster.');
