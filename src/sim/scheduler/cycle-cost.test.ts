import { describe, expect, it } from 'vitest';
import { Bench } from '../../../test/support/scheduler-bench.ts';
import type { Pod } from '../api/core.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { cycleCost } from './cycle-cost.ts';
import { PodClasses } from './pod-class.ts';
import { ResourceNames } from './resource-names.ts';
import { feasibleNodesToFind } from './sampling.ts';

const zones = { topologyKey: 'zone', maxSkew: 5, labelSelector: { matchLabels: { app: 'x' } } };
const hard = { topologySpreadConstraints: [{ ...zones, whenUnsatisfiable: 'DoNotSchedule' }] };
const soft = { topologySpreadConstraints: [{ ...zones, whenUnsatisfiable: 'ScheduleAnyway' }] };
const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } };
const apart = {
  affinity: {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] },
  },
};

/** Microseconds of a cycle for a pod that fits on every node. */
function cost(nodes: number, percentage: number, spec: object): number {
  const metadata = { name: 'p', namespace: 'default', uid: 'u' };
  const pod = { metadata, spec: { containers: [{ name: 'c' }], ...spec }, status: {} } as unknown as Pod;
  const { podClass } = new PodClasses(new ResourceNames()).info(pod);
  return cycleCost(DEFAULT_SETTINGS.scheduler, podClass, feasibleNodesToFind(nodes, percentage), nodes);
}

describe('the time a cycle takes, calibrated', () => {
  // Pods a second of kube-scheduler v1.34.1 in process, all pods queued beforehand, bind a no-op, two cores, 10,000 pods.
  it.each([
    ['5,000 nodes, plain', 5000, 0, {}, 934],
    ['5,000 nodes, all examined', 5000, 100, {}, 111],
    ['1,000 nodes, plain', 1000, 0, {}, 1242],
    ['1,000 nodes, all examined', 1000, 100, {}, 617],
    ['5,000 nodes, preferred anti-affinity between hosts', 5000, 0, apart, 111],
    ['5,000 nodes, hard spread over zones', 5000, 0, hard, 236],
    ['5,000 nodes, soft spread over zones', 5000, 0, soft, 350],
  ])('gives the throughput of the original within 10 %%: %s', (_name, nodes, percentage, spec, measured) => {
    const simulated = 1e6 / cost(nodes, percentage, spec);
    expect(Math.abs(simulated / measured - 1)).toBeLessThan(0.1);
  });

  it('is 170 µs and 1.62 µs for each of the 500 nodes examined of 5,000: 980 µs', () => {
    expect(cost(5000, 0, {})).toBe(980);
  });

  it('passes between the attempts of a run: 150 nodes, 100 of them examined, 332 µs', () => {
    const bench = new Bench();
    for (let i = 0; i < 150; i++) bench.node(`n${i}`, '4');
    for (let i = 0; i < 5; i++) bench.pod(`p${i}`, '100m');
    bench.scheduler.start();
    bench.run(10);
    expect(bench.decisions.map(({ evaluatedNodes }) => evaluatedNodes)).toEqual([100, 100, 100, 100, 100]);
    expect(bench.decisions.map(({ durationMicros }) => durationMicros)).toEqual([332, 332, 332, 332, 332]);
    const [first, second] = bench.decisions;
    expect((second?.time ?? 0) - (first?.time ?? 0)).toBe(332);
  });
});
