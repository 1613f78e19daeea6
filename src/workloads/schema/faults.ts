import { z } from 'zod';
import { duration, labelSelector, objectName, positiveDuration, refuse } from './common.ts';

/** Faults that last until `for` is over; the others are done at once. */
const LASTING = ['node-crash', 'node-freeze', 'node-reboot', 'partition', 'zone-outage'] as const;

/** What can happen to nodes on a timed list. */
export const FAULT_KINDS = [...LASTING, 'instance-gone', 'drain', 'cordon'] as const;

const TARGETS = ['nodes', 'selector', 'zone', 'group'] as const;

export const fault = z
  .strictObject({
    at: duration.describe('When, from the start.'),
    for: positiveDuration.optional().describe('How long; to the end of the run where absent.'),
    kind: z
      .enum(FAULT_KINDS)
      .describe(
        'node-crash: power lost; node-freeze: the kubelet hangs, containers run on; node-reboot: down and up again; ' +
          'partition: cut off from the API server; zone-outage: every node of a zone loses power; instance-gone: the ' +
          'provider takes the machine away; drain: cordon and evict; cordon: no new pods.',
      ),
    nodes: z.array(objectName).min(1).optional().describe('By name.'),
    selector: labelSelector.optional().describe('By label.'),
    zone: z.string().min(1).optional().describe('All of a zone.'),
    group: objectName.optional().describe('All of a node group.'),
    count: z.int().min(1).optional().describe('Only so many of them, drawn by the seed.'),
  })
  .superRefine((value, context) => {
    const targets = TARGETS.filter((target) => value[target] !== undefined);
    if (targets.length > 1) {
      refuse(context, `more than one choice of nodes: ${targets.join(', ')}`, `one of ${TARGETS.join(', ')}`);
    }
    if (targets.length === 0 && value.count === undefined) {
      refuse(context, 'which nodes is not said', `one of ${TARGETS.join(', ')}, or count`);
    }
    if (value.kind === 'zone-outage' && value.zone === undefined) {
      refuse(context, 'a zone-outage needs a zone', 'zone: <name>');
    }
    if (value.for !== undefined && value.kind === 'instance-gone') {
      refuse(context, 'an instance that is gone does not come back: "for" has no meaning here', undefined, ['for']);
    }
  });

/** `faults:` the timed list. Random failures are policies (`policies.failure.models`). */
export const faults = z.array(fault).default([]).describe('What goes wrong, and when.');
