import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/core.ts';
import type { StringMap } from '../../api/meta.ts';
import { Calendar } from '../../api/timestamps.ts';
import { DEFAULT_SETTINGS } from '../../default-settings.ts';
import { RandomSource } from '../../kernel/random.ts';
import { SECOND } from '../../kernel/time.ts';
import { PodMetrics } from './pod-metrics.ts';
import type { CpuSource } from './pod-metrics.ts';
import { SharedDemand } from './shared-demand.ts';

const NOW = 600 * SECOND;
const calendar = new Calendar('2024-01-01T00:00:00Z');

/** A pod that asks for 300m and, in a sidecar, 200m, and runs since the beginning. */
function pod(annotations: StringMap): Pod {
  const requests = (cpu: string): object => ({ resources: { requests: { cpu } } });
  const state = { running: { startedAt: '2024-01-01T00:00:00Z' } };
  return {
    metadata: { name: 'p', uid: 'p', annotations },
    spec: {
      nodeName: 'n',
      containers: [
        { name: 'main', ...requests('300m') },
        { name: 'side', ...requests('200m') },
      ],
    },
    status: {
      containerStatuses: [
        { name: 'main', state },
        { name: 'side', state },
      ],
    },
  } as never;
}

/** What the metrics-server says that the pod uses, in thousandths of a core. */
function cpuOf(annotations: StringMap, had: CpuSource = () => undefined): number | undefined {
  const random = new RandomSource(1);
  const metrics = new PodMetrics(random, calendar, DEFAULT_SETTINGS.metricsServer, new SharedDemand(), had);
  return metrics.get(pod(annotations), 'cpu', NOW)?.amount;
}

describe('what a metrics-server says of a pod', () => {
  it.each([
    ['a part of what the pod asks for', { 'orrery.dev/cpu-usage': '50%' }, 250],
    ['a part of what a container asks for', { 'orrery.dev/cpu-usage.side': '50%' }, 100],
    ['both together', { 'orrery.dev/cpu-usage': '50%', 'orrery.dev/cpu-usage.side': '50%' }, 350],
    [
      'what is said of the first container by name',
      { 'orrery.dev/cpu-usage': '1', 'orrery.dev/cpu-usage.main': '2' },
      2000,
    ],
  ])('is what its containers use: %s', (_what, annotations, amount) => {
    expect(cpuOf(annotations)).toBe(amount);
  });

  it('is what they have had where kubelets know that, and what they want before and after', () => {
    const wants = { 'orrery.dev/cpu-usage': '1' };
    expect(cpuOf(wants, (_node, _uid, from, to) => ({ since: 0, until: Infinity, amount: 400 * (to - from) }))).toBe(
      400,
    );
    // Half of the time it had 400m of the core.
    const half: CpuSource = (_node, _uid, from, to) => {
      return { since: (from + to) / 2, until: Infinity, amount: (400 * (to - from)) / 2 };
    };
    expect(cpuOf(wants, half)).toBe(700);
    const before: CpuSource = (_node, _uid, from, to) => {
      return { since: 0, until: (from + to) / 2, amount: (400 * (to - from)) / 2 };
    };
    expect(cpuOf(wants, before)).toBe(700);
  });

  it('is what requests to them have had, if nothing else is said', () => {
    expect(cpuOf({})).toBeUndefined();
    expect(cpuOf({}, (_node, _uid, from, to) => ({ since: 0, until: Infinity, amount: 80 * (to - from) }))).toBe(80);
  });
});
