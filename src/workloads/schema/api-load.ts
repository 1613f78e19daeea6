import { z } from 'zod';
import { KINDS, kindInfo } from '../../sim/api/kinds.ts';
import { duration, objectName, positiveDuration, refuse } from './common.ts';

/** `apiLoad:` clients that are nothing but the requests they send to the API server. */
export const apiLoad = z
  .array(
    z
      .strictObject({
        name: objectName.describe('What the run calls it; random draws hang on it.'),
        verb: z
          .enum(['list', 'get', 'patch'])
          .describe('list: all objects of `kind`. get, patch: a ConfigMap of its own, read or written.'),
        kind: z.string().min(1).optional().describe('For list: of which kind, e.g. Pod.'),
        selects: z
          .enum(['all', 'none'])
          .default('all')
          .describe('For list: none: its selectors match nothing, so that all objects are looked at and none is sent.'),
        requestsPerSecond: z.number().positive().describe('Of all its clients together, at random.'),
        clients: z.int().min(1).default(1).describe('How many clients; to fairness each is one of its own.'),
        user: z
          .string()
          .min(1)
          .optional()
          .describe(
            'The user that all its clients are, such as system:serviceaccount:tenant:crawler, whose groups follow from its name; absent: each client is a user of its own.',
          ),
        groups: z
          .array(z.string().min(1))
          .default([])
          .describe(
            'Groups of their users, which decide on the priority level: system:serviceaccounts for workload-low, system:nodes for system, none for global-default.',
          ),
        at: duration.prefault('0s').describe('When it begins.'),
        for: positiveDuration.optional().describe('How long it lasts; to the end of the run where absent.'),
      })
      .superRefine((load, context) => {
        if (load.verb === 'list' && load.kind === undefined) refuse(context, 'of which kind is not said', 'kind: Pod');
        if (load.kind !== undefined && kindInfo(load.kind) === undefined) {
          refuse(context, `no kind "${load.kind}" is served`, KINDS.map(({ kind }) => kind).join(', '), ['kind']);
        }
        if (load.verb !== 'list' && load.kind !== undefined) {
          refuse(context, `has no meaning for ${load.verb}`, undefined, ['kind']);
        }
      }),
  )
  .default([])
  .describe(
    'Clients of the API server that are nothing but what they ask of it; requests are then followed through it.',
  );
