import type { KubeNode } from '../api/core.ts';
import type { Condition, Draft } from '../api/meta.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Micros } from '../kernel/time.ts';

const HEALTHY: readonly (readonly [string, string, string])[] = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
];

/** The conditions a kubelet reports of itself. Source: pkg/kubelet/nodestatus/setters.go. */
export function nodeConditions(
  before: readonly Condition[],
  ready: boolean,
  calendar: Calendar,
  now: Micros,
): readonly Condition[] {
  const lastHeartbeatTime = calendar.timestamp(now);
  const made = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => {
    const old = before.find((condition) => condition.type === type);
    const since = old?.status === status ? old.lastTransitionTime : undefined;
    return { type, status, reason, message, lastHeartbeatTime, lastTransitionTime: since ?? lastHeartbeatTime };
  };
  const own = HEALTHY.map(([type, reason, message]) => made(type, 'False', reason, message));
  const last = ready
    ? made('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
    : made('Ready', 'False', 'KubeletNotReady', 'container runtime network not ready');
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
  ready: boolean,
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
      conditions: nodeConditions(status.conditions ?? [], ready, calendar, now),
    },
  };
}
