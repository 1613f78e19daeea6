import type { KubeNode } from '../api/core.ts';
import type { Condition, Draft } from '../api/meta.ts';
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
const SHORTAGES: readonly (readonly [StarvedResource, string, readonly [string, string], readonly [string, string]])[] =
  [
    [
      'memory',
      'MemoryPressure',
      ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
      ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    ],
    [
      'disk',
      'DiskPressure',
      ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
      ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    ],
    [
      'pid',
      'PIDPressure',
      ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
      ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    ],
  ];

/** The conditions a kubelet reports of itself. Source: pkg/kubelet/nodestatus/setters.go. */
export function nodeConditions(
  before: readonly Condition[],
  { notReady, pressure }: NodeHealth,
  calendar: Calendar,
  now: Micros,
): readonly Condition[] {
  const lastHeartbeatTime = calendar.timestamp(now);
  const made = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => {
    const old = before.find((condition) => condition.type === type);
    const since = old?.status === status ? old.lastTransitionTime : undefined;
    return { type, status, reason, message, lastHeartbeatTime, lastTransitionTime: since ?? lastHeartbeatTime };
  };
  const own = SHORTAGES.map(([resource, type, without, under]) =>
    pressure[resource] === undefined ? made(type, 'False', ...without) : made(type, 'True', ...under),
  );
  const last =
    notReady === undefined
      ? made('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : made('Ready', 'False', 'KubeletNotReady', notReady);
  const names = new Set([...own, last].map(({ type }) => type));
  return [...before.filter(({ type }) => !names.has(type)), ...own, last];
}

/** Addresses that follow from the machine's number: nodes 172.16.0.0/12, pods 10.128.0.0/9 in a /24 a node. */
export function hostAddress(index: number): string {
  return `172.${16 + ((index >>> 16) & 15)}.${(index >>> 8) & 255}.${index & 255}`;
}

/** The first three bytes of a node's pod addresses. */
export function podNetwork(index: number): string {
  return `${10 + Math.floor(index / 32_768)}.${128 + ((index >>> 8) & 127)}.${index & 255}`;
}

/** The Node a kubelet registers. */
export function nodeDraft(
  draft: Draft<KubeNode>,
  index: number,
  health: NodeHealth,
  calendar: Calendar,
  now: Micros,
): object {
  const status = (draft.status ?? {}) as KubeNode['status'];
  const name = draft.metadata.name ?? '';
  return {
    ...draft,
    spec: { podCIDR: `${podNetwork(index)}.0/24`, ...draft.spec },
    status: {
      ...status,
      addresses: status.addresses ?? [
        { type: 'InternalIP', address: hostAddress(index) },
        { type: 'Hostname', address: name },
      ],
      conditions: nodeConditions(status.conditions ?? [], health, calendar, now),
    },
  };
}
