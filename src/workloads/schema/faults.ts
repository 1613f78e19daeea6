import { z } from 'zod';
import { COMPONENT_FAULTS, WATCHING } from '../../sim/faults/component-damage.ts';
import { CONTROL_PLANE_FAULTS } from '../../sim/faults/control-plane-damage.ts';
import { COMPOSED_FAULTS, MACHINE_FAULTS, SHARED_FAULTS } from '../../sim/faults/timed-fault.ts';
import { GROWTH_FORMS, parseGrowth } from '../../sim/usage-curve.ts';
import { dataPath } from './cluster.ts';
import { duration, labelSelector, namespaceName, objectName, positiveDuration, refuse } from './common.ts';

/** What can happen on the timed list. */
export const FAULT_KINDS = [
  ...MACHINE_FAULTS,
  ...COMPOSED_FAULTS,
  ...SHARED_FAULTS,
  'node-reboot',
  'cordon',
  'drain',
  'pod-kill',
  ...CONTROL_PLANE_FAULTS,
  ...COMPONENT_FAULTS,
] as const;

type Kind = (typeof FAULT_KINDS)[number];

const KINDS_TOLD =
  `node-crash: power lost, all containers gone; up again after "for". node-shutdown: switched off in good order.
node-freeze: the kubelet stops, containers run on; it goes on after "for". node-reboot: down and up again, at once or
after "for". partition: cut off from the API server, both ways; containers run on. partition-in, partition-out: one
way, what the node would hear or what it says is lost. zone-outage: every node of a zone loses power. zone-partition:
"zones" do not reach each other. instance-gone: the provider takes the machine away, for good. spot-reclaim: likewise,
but it is known two minutes before, and after "for" there is a new one. cordon: no new pods until "for" is over.
drain: cordon, and evict what runs there. slow-pulls, slow-node: image pulls, or all that the node does, take "factor"
times as long. memory-leak, disk-full: memory or disk is taken by something besides pods, at "rate"; of the disk
"share" at once. kubelet-restart: it ends and starts again. runtime-outage: the container runtime answers nothing;
containers run on, none is started or stopped. flapping: the kubelet hangs for half of "every". bad-rollout: "batch"
nodes after the other, one batch "every", are rebooted and suffer from "effect". pod-kill: pods are deleted without
grace. api-server-outage: the API server answers nobody. registry-outage: no image can be pulled. etcd-leader-loss:
the leader of etcd's members is down; the others elect another after one to two election timeouts. etcd-partition:
"members" are cut off from the rest, the leader where absent. etcd-slow-disk: fsyncs of "members", all where absent,
take "factor" times as long. etcd-stall: "members", all where absent, answer nothing. etcd-defrag: people compact and
defragment a full etcd and disarm its alarm. api-server-loss: "count" of the API servers die, one where absent; their
clients connect to the others. controller-manager-crash: the leading process dies, and is there again after "for";
another takes over when its lease has expired. watch-lag: a process hears of nothing until "for" is over, then of
everything. watch-cut: its watches break; after "for" they go on where they were, or with a new list where that is too
old.`.replaceAll('\n', ' ');

/** Choices of nodes, of which a fault has at most one. */
const TARGETS = ['nodes', 'selector', 'zone', 'group'] as const;

const pods = z
  .strictObject({
    namespace: namespaceName.optional().describe('Their namespace; all where absent.'),
    selector: labelSelector.optional().describe('By label; all where absent.'),
  })
  .describe('Which pods.');

const rate = z.string({ error: () => GROWTH_FORMS }).transform((text, context) => {
  const milli = parseGrowth(text);
  if (milli !== undefined && milli > 0) return milli / 1000;
  refuse(context, 'not a growth', GROWTH_FORMS);
  return z.NEVER;
});

export const fault = z
  .strictObject({
    at: duration.describe('When, from the start.'),
    for: positiveDuration.optional().describe('How long; to the end of the run where absent.'),
    warning: positiveDuration.optional().describe('How long before it happens it is known; see drain-on-warning.'),
    kind: z.enum(FAULT_KINDS).describe(KINDS_TOLD),
    nodes: z.array(objectName).min(1).optional().describe('By name.'),
    selector: labelSelector.optional().describe('By label.'),
    zone: z.string().min(1).optional().describe('All of a zone.'),
    group: objectName.optional().describe('All of a node group.'),
    count: z.int().min(1).optional().describe('Only so many of them (nodes; pods for pod-kill), drawn by the seed.'),
    pods: pods.optional().describe('For pod-kill; only those on the nodes chosen, where nodes are chosen.'),
    factor: z
      .number()
      .min(1)
      .optional()
      .describe('For slow-pulls, slow-node and etcd-slow-disk: how many times slower.'),
    rate: rate.optional().describe('For memory-leak and disk-full: what is taken, such as 64Mi/1m.'),
    share: z.number().min(0).max(1).optional().describe('For disk-full: part of it that is taken at once; 0.95.'),
    every: positiveDuration.optional().describe('For flapping and bad-rollout: from one fall, or batch, to the next.'),
    batch: z.int().min(1).optional().describe('For bad-rollout: nodes a batch; a tenth of them where absent.'),
    effect: z.enum(MACHINE_FAULTS).optional().describe('For bad-rollout: what becomes of them; node-freeze.'),
    zones: z.array(z.string().min(1)).min(2).optional().describe('For zone-partition: which do not reach each other.'),
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
    const { kind } = value;
    if (targets.length > 1) {
      refuse(context, `more than one choice of nodes: ${targets.join(', ')}`, `one of ${TARGETS.join(', ')}`);
    }
    if (!ELSEWHERE.includes(kind) && kind !== 'pod-kill' && targets.length === 0 && value.count === undefined) {
      refuse(context, 'which nodes is not said', `one of ${TARGETS.join(', ')}, or count`);
    }
    for (const [kinds, field, allowed] of NEEDED) {
      if (!kinds.includes(kind) || value[field] !== undefined) continue;
      refuse(context, `${kind} needs ${ARTICLES[field] ?? ''}${field}`, `${field}: ${allowed}`);
    }
    if (kind === 'pod-kill' && targets.length === 0 && value.pods === undefined && value.count === undefined) {
      refuse(context, 'which pods is not said', `pods, one of ${TARGETS.join(', ')}, or count`);
    }
    if (MUST_END.includes(kind) && value.for === undefined) {
      const what = kind === 'api-server-outage' ? 'an outage of the API server' : `a ${kind}`;
      refuse(context, `${what} must end`, 'for: <duration>');
    }
    for (const key of ineffective(value)) {
      refuse(context, `has no meaning for a fault of kind ${kind}`, undefined, [key]);
    }
  });

/** Faults that strike no nodes, and those that have to end. */
const ELSEWHERE: readonly Kind[] = [...SHARED_FAULTS, ...CONTROL_PLANE_FAULTS, ...COMPONENT_FAULTS];
const MUST_END: readonly Kind[] = [...SHARED_FAULTS, 'watch-lag', 'watch-cut'];

/** Those that have no end of their own to wait for. */
const ENDLESS: readonly Kind[] = ['pod-kill', 'kubelet-restart', 'instance-gone', 'etcd-defrag'];

type Field = 'zone' | 'zones' | 'factor' | 'rate';

const ARTICLES: Readonly<Partial<Record<Field, string>>> = { zone: 'a ', factor: 'a ', rate: 'a ' };

/** What kinds of faults cannot do without. */
const NEEDED: readonly (readonly [readonly Kind[], Field, string])[] = [
  [['zone-outage'], 'zone', '<name>'],
  [['zone-partition'], 'zones', '[<name>, <name>]'],
  [['slow-pulls', 'slow-node', 'etcd-slow-disk'], 'factor', '<number of at least 1>'],
  [['memory-leak'], 'rate', '64Mi/1m'],
];

/** Which kinds have a use for a field. */
const USES: Readonly<Record<string, readonly Kind[]>> = {
  pods: ['pod-kill'],
  factor: ['slow-pulls', 'slow-node', 'etcd-slow-disk', 'bad-rollout'],
  members: ['etcd-partition', 'etcd-slow-disk', 'etcd-stall'],
  process: ['watch-lag', 'watch-cut'],
  rate: ['memory-leak', 'disk-full', 'bad-rollout'],
  share: ['disk-full', 'bad-rollout'],
  every: ['flapping', 'bad-rollout'],
  batch: ['bad-rollout'],
  effect: ['bad-rollout'],
  zones: ['zone-partition'],
};

/** Fields that a kind of fault could do nothing with. */
function ineffective(value: { readonly kind: Kind; readonly [field: string]: unknown }): readonly string[] {
  const { kind } = value;
  const without = Object.keys(USES).filter((field) => USES[field]?.includes(kind) === false);
  if (ENDLESS.includes(kind)) without.push('for');
  if (ELSEWHERE.includes(kind)) without.push(...TARGETS, 'warning');
  if (ELSEWHERE.includes(kind) && kind !== 'api-server-loss') without.push('count');
  return without.filter((field) => value[field] !== undefined);
}

/** `faults:` the timed list. Random failures are policies (`policies.failure.models`). */
export const faults = z.array(fault).default([]).describe('What goes wrong, and when.');

/** `outages:` faults that were observed. */
export const outages = z
  .array(
    z.strictObject({
      csv: dataPath.describe('Columns: at, node or zone, and optionally kind (node-crash where absent) and for.'),
      shift: duration.prefault('0s').describe('They begin so much later.'),
      speedup: z.number().positive().default(1).describe('Time runs so many times faster: when they come, how long.'),
    }),
  )
  .default([])
  .describe('Outages from tables, such as those of a real cluster.');
