import { z } from 'zod';
import { duration, labelSelector, refuse } from './common.ts';

/**
 * A policy by name (built in) or by path (`./my-policy.mjs`, a user's own module), with its parameters. Names and
 * parameters are checked by the policies' registry, which knows each one's own schema.
 */
const written = z.strictObject({
  use: z.string().min(1).describe("A built-in policy's name, or the path of a module of your own."),
  with: z.record(z.string(), z.unknown()).default({}).describe('Its parameters.'),
});

/** A policy's name alone: without parameters. */
const name = z.string().min(1);

const policy = z.union([name.transform((use) => ({ use, with: {} })), written], {
  error: () => "a policy's name, or {use, with}",
});

const weightedPolicy = written.extend({
  weight: z.number().min(0).default(1).describe("Weight of its score against the others'."),
});

const WEIGHTED = "a policy's name, {use, with, weight}, or a list of them";

const weighted = z.union([name.transform((use) => ({ use, with: {}, weight: 1 })), weightedPolicy], {
  error: () => WEIGHTED,
});

const failureModel = written.extend({
  nodes: labelSelector.optional().describe('The nodes it strikes; all where absent.'),
  until: duration.optional().describe('Nothing of it is left after this; to the end of the run where absent.'),
});

const extenderCalls = z
  .strictObject({
    answers: z
      .enum(['call', 'record', 'replay'])
      .describe(
        'Where answers come from: calls over HTTP (two runs may differ), calls that are written down, a file of such.',
      ),
    file: z.string().min(1).optional().describe("Of record and replay: the file, relative to the scenario's folder."),
    callMilliseconds: z
      .number()
      .min(0)
      .default(1)
      .describe('Simulated time that an answered call takes; an unanswered one takes its httpTimeout.'),
  })
  .superRefine(({ answers, file }, context) => {
    if (answers !== 'call' && file === undefined) refuse(context, `${answers} needs a file`, 'a path', ['file']);
    if (answers === 'call' && file !== undefined)
      refuse(context, 'goes with record and replay only', undefined, ['file']);
  })
  .describe(
    'The HTTP extenders of the KubeSchedulerConfiguration are called; without this, pods are placed without them.',
  );

/** `policies:` in the three families. */
export const policies = z
  .strictObject({
    scoring: z
      .union([weighted.transform((one) => [one]), z.array(weighted).min(1)], {
        error: () => WEIGHTED,
      })
      .prefault([{ use: 'default' }])
      .describe('How the scheduler scores nodes; "default" is the real default profile.'),
    schedulerConfiguration: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())], {
        error: () => 'the path of a KubeSchedulerConfiguration file, or the configuration itself',
      })
      .optional()
      .describe('A KubeSchedulerConfiguration (v1) as kube-scheduler reads it: the path of a file, or written here.'),
    extenders: extenderCalls.optional(),
    onPluginError: z
      .enum(['stop', 'unschedulable'])
      .default('stop')
      .describe(
        'What happens when a scoring policy of your own throws or gives no usable score: the run stops and says where, or ' +
          'the attempt fails and the pod is tried again later, as the real scheduler has it.',
      ),
    reconcile: z
      .strictObject({
        eviction: policy.optional().describe('Which pods of a failed node are evicted, and when.'),
        scaleDown: policy.optional().describe('Which pods a ReplicaSet removes first.'),
        rollout: policy
          .optional()
          .describe('How Deployments get from one template to the next; default: by their strategy.'),
        autoscaling: policy.optional().describe('How many replicas a HorizontalPodAutoscaler wants.'),
        jobRetry: policy.optional().describe('How long a Job waits after a failure, and when it gives up.'),
        expander: z
          .union([policy.transform((one) => [one]), z.array(policy).min(1)], {
            error: () => "an expander's name, {use, with}, or a list of them",
          })
          .optional()
          .describe(
            'Which node group the cluster autoscaler has grow (least-waste where absent); of several, each chooses among what the ' +
              'one before has left.',
          ),
        queue: policy.optional().describe('In which order, and how soon, controllers work on what has changed.'),
      })
      .prefault({})
      .describe('What controllers may decide.'),
    failure: z
      .strictObject({
        models: z.array(failureModel).default([]).describe('How nodes fail: stochastic models, running side by side.'),
        response: policy.optional().describe('What the cluster does about a failed node.'),
      })
      .prefault({})
      .describe('Node failures and the response to them.'),
  })
  .prefault({})
  .describe('Policies by name, with parameters.');
