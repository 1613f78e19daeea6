import type { KubeNode } from '../api/core.ts';
import type { Condition, Draft, Timestamp } from '../api/meta.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Micros } from '../kernel/time.ts';
import type { StarvedResource } from './eviction-signals.ts';

/** How a kubelet finds its node. */
export interface NodeHealth {
  /** Why it is not Ready; undefined: it is. */
  readonly notReady?: string | undefined;
  readonly pressure: Readonly<Partial<Record<StarvedResource, unknown>>>;
}

/** Its network is not there yet. */
export const NO_NETWORK: NodeHealth = { notReady: 'container runtime network not ready', pressure: {} };
export const HEALTHY: NodeHealth = { pressure: {} };

/** Conditions of shortage: of what, and reason and message without and with it. */
const SHORTAGES: readonly (readonly [
  readonly StarvedResource[],
  string,
  readonly [string, string],
  readonly [string, string],
])[] = [
  [
    ['memory'],
    'MemoryPressure',
    ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
  ],
  [
    ['disk', 'images', 'inodes'],
    'DiskPressure',
    ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
  ],
  [
    ['pid'],
    'PIDPressure',
    ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
  ],
];

const OWN = new Set(['Ready', ...SHORTAGES.map(([, type]) => type)]);

/** The conditions a kubelet reports of itself. Source: pkg/kubelet/nodestatus/setters.go. */
export function nodeConditions(
  before: readonly Condition[],
  { notReady, pressure }: NodeHealth,
  calendar: Calendar,
  now: Micros,
): readonly Condition[] {
  const time = calendar.timestamp(now);
  const conditions: Condition[] = [];
  for (const condition of before) if (!OWN.has(condition.type)) conditions.push(condition);
  for (const [resources, type, without, under] of SHORTAGES) {
    const short = resources.some((resource) => pressure[resource] !== undefined);
    const said = short ? under : without;
    conditions.push(reported(before, type, short ? 'True' : 'False', said[0], said[1], time));
  }
  const ready =
    notReady === undefined
      ? reported(before, 'Ready', 'True', 'KubeletReady', 'kubelet is posting ready status', time)
      : reported(before, 'Ready', 'False', 'KubeletNotReady', notReady, time);
  conditions.push(ready);
  return conditions;
}

function reported(
  before: readonly Condition[],
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
  time: Timestamp,
): Condition {
  let since = time;
  for (const old of before) if (old.type === type && old.status === status) since = old.lastTransitionTime ?? time;
  return { type, status, reason, message, lastHeartbeatTime: time, lastTransitionTime: since };
}

/** Addresses that follow from the machine's number: nodes 172.16.0.0/12, pods 10.128.0.0/9 in a /24 a node. */
export function hostAddress(index: number): string {
  return `172.${16 + ((index >>> 16) & 15)}.${(index >>> 8) & 255}.${index & 255}`;
}

/** The first three bytes of a node's pod addresses. */
export function podNetwork(index: number): string {
  return `${10 + Math.floor(index / 32_768)}.${128 + ((index >>> 8) & 127)}.${index & 255}`;
}

function rangesOf(index: number, podCIDRs: readonly string[] | undefined): Partial<KubeNode['spec']> {
  if (podCIDRs === undefined) return { podCIDR: `${podNetwork(index)}.0/24` };
  return podCIDRs.length === 0 ? {} : { podCIDR: podCIDRs[0] as string, podCIDRs };
}

/**
 * The Node a kubelet registers; without health it says nothing of its conditions.
 *
 * @param podCIDRs - its pods' ranges where the manager gives them out; undefined: it has one of its own
 */
export function nodeDraft(
  draft: Draft<KubeNode>,
  index: number,
  podCIDRs: readonly string[] | undefined,
  health: NodeHealth | undefined,
  calendar: Calendar,
  now: Micros,
): object {
  const status = (draft.status ?? {}) as KubeNode['status'];
  const name = draft.metadata.name ?? '';
  return {
    ...draft,
    spec: { ...rangesOf(index, podCIDRs), ...draft.spec },
    status: {
      ...status,
      addresses: status.addresses ?? [
        { type: 'InternalIP', address: hostAddress(index) },
        { type: 'Hostname', address: name },
      ],
      conditions: health === undefined ? [] : nodeConditions(status.conditions ?? [], health, calendar, now),
    },
  };
}
