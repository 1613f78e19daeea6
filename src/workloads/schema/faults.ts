import { z } from 'zod';
import { CONTROL_PLANE_FAULTS } from '../../sim/faults/control-plane-damage.ts';
import { COMPONENT_FAULTS, WATCHING } from '../../sim/faults/component-damage.ts';
import { duration, labelSelector, namespaceName, objectName, positiveDuration, refuse } from './common.ts';

/** Faults of nodes that last until `for` is over, or to the end of the run. */
const LASTING = ['node-crash', 'node-freeze', 'partition', 'zone-outage', 'slow-pulls', 'cordon', 'drain'] as const;

/** What can happen on the timed list. */
export const FAULT_KINDS = [
  ...LASTING,
  'node-reboot',
  'instance-gone',
  'pod-kill',
  'api-server-outage',
  ...CONTROL_PLANE_FAULTS,
  ...COMPONENT_FAULTS,
] as const;

type FaultName = (typeof FAULT_KINDS)[number];

/** Faults that strike no nodes. */
const ELSEWHERE: readonly FaultName[] = ['api-server-outage', ...CONTROL_PLANE_FAULTS, ...COMPONENT_FAULTS];

/** Faults of a process's connection to the API server. */
const OF_WATCHES: readonly FaultName[] = ['watch-lag', 'watch-cut'];

const KINDS_TOLD = `node-crash: power lost, all containers gone; up again after "for". node-freeze: the kubelet stops,
containers run on; it goes on after "for". node-reboot: down and up again, at once or after "for". partition: cut off from
the API server, both ways; containers run on. zone-outage: every node of a zone loses power. instance-gone: the provider
takes the machine away, for good. cordon: no new pods until "for" is over. drain: cordon, and evict what runs there.
slow-pulls: image pulls take "factor" times as long. pod-kill: pods are deleted without grace. api-server-outage: the API
server answers nobody. etcd-leader-loss: the leader of etcd's members is down; the others elect another after one to two
election timeouts. etcd-partition: "members" are cut off from the rest, the leader where absent. etcd-slow-disk: fsyncs of
"members", all where absent, take "factor" times as long. etcd-stall: "members", all where absent, answer nothing.
controller-manager-crash: the leading process dies, and is there again after "for"; another takes over when its lease has
expired. watch-lag: a process hears of nothing until "for" is over, then of everything. watch-cut: its watches break; after
"for" they go on, or begin with a new list where history has been compacted.`.replaceAll('\n', ' ');

/** Faults that make something slower. */
const SLOWING: readonly FaultName[] = ['slow-pulls', 'etcd-slow-disk'];

/** Faults of some of etcd's members. */
const OF_MEMBERS: readonly FaultName[] = ['etcd-partition', 'etcd-slow-disk', 'etcd-stall'];

/** Choices of nodes, of which a fault has at most one. */
const TARGETS = ['nodes', 'selector', 'zone', 'group'] as const;

const pods = z
  .strictObject({
    namespace: namespaceName.optional().describe('Their namespace; all where absent.'),
    selector: labelSelector.optional().describe('By label; all where absent.'),
  })
  .describe('Which pods.');

export const fault = z
  .strictObject({
    at: duration.describe('When, from the start.'),
    for: positiveDuration.optional().describe('How long; to the end of the run where absent.'),
    kind: z.enum(FAULT_KINDS).describe(KINDS_TOLD),
    nodes: z.array(objectName).min(1).optional().describe('By name.'),
    selector: labelSelector.optional().describe('By label.'),
    zone: z.string().min(1).optional().describe('All of a zone.'),
    group: objectName.optional().describe('All of a node group.'),
    count: z.int().min(1).optional().describe('Only so many of them (nodes; pods for pod-kill), drawn by the seed.'),
    pods: pods.optional().describe('For pod-kill; only those on the nodes chosen, where nodes are chosen.'),
    factor: z.number().min(1).optional().describe('For slow-pulls and etcd-slow-disk: how many times slower.'),
    members: z
      .union([z.enum(['leader', 'all']), z.int().min(1).max(4)], {
        error: () => 'leader, all, or a number of followers',
      })
      .optional()
      .describe("For etcd's faults: the leader, all, or so many followers."),
    process: z
      .enum(WATCHING)
      .optional()
      .describe("For watch-lag and watch-cut: whose watches; kube-controller-manager's where absent."),
  })
  .superRefine((value, context) => {
    const targets = TARGETS.filter((target) => value[target] !== undefined);
    if (targets.length > 1) {
      refuse(context, `more than one choice of nodes: ${targets.join(', ')}`, `one of ${TARGETS.join(', ')}`);
    }
    const needsNodes = !ELSEWHERE.includes(value.kind) && value.kind !== 'pod-kill';
    if (needsNodes && targets.length === 0 && value.count === undefined) {
      refuse(context, 'which nodes is not said', `one of ${TARGETS.join(', ')}, or count`);
    }
    if (value.kind === 'zone-outage' && value.zone === undefined) {
      refuse(context, 'a zone-outage needs a zone', 'zone: <name>');
    }
    if (SLOWING.includes(value.kind) && value.factor === undefined) {
      refuse(context, `${value.kind} needs a factor`, 'factor: <number of at least 1>');
    }
    if (value.kind === 'pod-kill' && targets.length === 0 && value.pods === undefined && value.count === undefined) {
      refuse(context, 'which pods is not said', `pods, one of ${TARGETS.join(', ')}, or count`);
    }
    if (value.kind === 'api-server-outage' && value.for === undefined) {
      refuse(context, 'an outage of the API server must end', 'for: <duration>');
    }
    if (OF_WATCHES.includes(value.kind) && value.for === undefined) {
      refuse(context, `a ${value.kind} must end`, 'for: <duration>');
    }
    for (const key of ineffective(value)) {
      refuse(context, `has no meaning for a fault of kind ${value.kind}`, undefined, [key]);
    }
  });

/** Fields that a kind of fault could do nothing with. */
function ineffective(value: { readonly kind: FaultName; readonly [field: string]: unknown }): readonly string[] {
  const { kind } = value;
  const without: string[] = [];
  if (kind === 'instance-gone' || kind === 'pod-kill') without.push('for');
  if (ELSEWHERE.includes(kind)) without.push(...TARGETS, 'count');
  if (!OF_WATCHES.includes(kind)) without.push('process');
  if (kind !== 'pod-kill') without.push('pods');
  if (!SLOWING.includes(kind)) without.push('factor');
  if (!OF_MEMBERS.includes(kind)) without.push('members');
  return without.filter((field) => value[field] !== undefined);
}

/** `faults:` the timed list. Random failures are policies (`policies.failure.models`). */
export const faults = z.array(fault).default([]).describe('What goes wrong, and when.');
