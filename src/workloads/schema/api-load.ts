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
          .enum(['list', 'watch-list', 'get', 'patch'])
          .describe(
            'list: all objects of `kind`. watch-list: the same, streamed as the beginning of a watch. get, patch: a ConfigMap of its own, read or written.',
          ),
        kind: z.string().min(1).optional().describe('For list and watch-list: of which kind, e.g. Pod.'),
        selects: z
          .enum(['all', 'none'])
          .default('all')
          .describe('For list: none: its selectors match nothing, so that all objects are looked at and none is sent.'),
        limit: z.int().min(1).optional().describe('For list: objects of a page; pages are asked for one by one.'),
        resourceVersion: z
          .string()
          .regex(/^\d*$/, 'must be a number')
          .optional()
          .describe(
            "For list: '' the latest, '0' any that the watch cache has, a number: not older, or as the match says.",
          ),
        resourceVersionMatch: z
          .enum(['Exact', 'NotOlderThan'])
          .optional()
          .describe('For list: how the resourceVersion is meant.'),
        requestsPerSecond: z.number().positive().describe('Of all its clients together, at random.'),
        maxInFlight: z
          .int()
          .min(1)
          .optional()
          .describe('So many requests are under way at most; what would be one more waits for an answer.'),
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
        const lists = load.verb === 'list' || load.verb === 'watch-list';
        if (lists && load.kind === undefined) refuse(context, 'of which kind is not said', 'kind: Pod');
        if (load.kind !== undefined && kindInfo(load.kind) === undefined) {
          refuse(context, `no kind "${load.kind}" is served`, KINDS.map(({ kind }) => kind).join(', '), ['kind']);
        }
        if (!lists && load.kind !== undefined) refuse(context, `has no meaning for ${load.verb}`, undefined, ['kind']);
        for (const field of ['limit', 'resourceVersion', 'resourceVersionMatch'] as const) {
          if (load.verb === 'list' || load[field] === undefined) continue;
          refuse(context, `has no meaning for ${load.verb}`, undefined, [field]);
        }
        const { resourceVersion = '', resourceVersionMatch } = load;
        // Source: apimachinery internalversion/validation (ValidateListOptions).
        if (resourceVersionMatch === undefined) return;
        if (resourceVersion === '' || (resourceVersionMatch === 'Exact' && resourceVersion === '0')) {
          const allowed = resourceVersionMatch === 'Exact' ? "resourceVersion: '1234'" : "resourceVersion: '0'";
          refuse(context, 'needs a resourceVersion', allowed, ['resourceVersionMatch']);
        }
      }),
  )
  .default([])
  .describe(
    'Clients of the API server that are nothing but what they ask of it; requests are then followed through it.',
  );
