import { describe, expect, it } from 'vitest';
import type { Pod, ResourceRequirements } from '../api/core.ts';
import { cpuWeight } from './cgroups.ts';
import { shareOut } from './cpu-shares.ts';
import type { CpuUser } from './cpu-shares.ts';
import { newPodRecord } from './pod-record.ts';

type QosClass = NonNullable<Pod['status']['qosClass']>;

/** A container of a pod: its request and limit in thousandths of a core, and what it wants. */
interface Given {
  readonly wanted: number;
  readonly request?: number;
  readonly limit?: number;
}

/** Pods of a class with what their containers want; `limit` is the pod's own. */
function podOf(qosClass: QosClass, containers: readonly Given[], limit?: string): readonly CpuUser[] {
  const resourcesOf = ({ request }: Given): ResourceRequirements =>
    request === undefined ? {} : { requests: { cpu: `${request}m` } };
  const pod = {
    metadata: {
      name: 'p',
      namespace: 'default',
      uid: `00000000-0000-0000-0000-${String(ordinal++).padStart(12, '0')}`,
    },
    spec: {
      containers: containers.map((one, i) => ({ name: `c${i}`, image: 'i', resources: resourcesOf(one) })),
      ...(limit === undefined ? {} : { resources: { limits: { cpu: limit } } }),
    },
    status: { phase: 'Running', qosClass },
  } as unknown as Pod;
  const record = newPodRecord(ordinal, 0, pod, 'default/p', 0);
  return containers.map(({ wanted, request = 0, limit: own = Infinity }, i) => {
    return { record, container: record.containers[i] as CpuUser['container'], wanted, request, limit: own };
  });
}

let ordinal = 1;

/** What each gets, in the order in which they are given; and `idle` pods that want nothing. */
function got(capacity: number, pods: readonly (readonly CpuUser[])[], idle: readonly Pod[] = []): readonly number[] {
  const users = pods.flat();
  const shares = shareOut(capacity, users, [...new Set(users.map(({ record }) => record.pod)), ...idle]);
  return users.map(({ container }) => shares.find((share) => share.container === container)?.got ?? -1);
}

describe('the weight of a request', () => {
  it.each([
    // 1 + floor((shares - 2) * 9999 / 262142), shares = floor(milli * 1024 / 1000), at least 2.
    [0, 1],
    [10, 1],
    [100, 4],
    [250, 10],
    [500, 20],
    [750, 30],
    [1000, 39],
    [256_000, 10_000],
  ])('%dm: %d', (milli, weight) => {
    expect(cpuWeight(milli)).toBe(weight);
  });
});

describe('a processor that is shared out', () => {
  it('gives all what they want where there is enough', () => {
    expect(got(4000, [podOf('Burstable', [{ wanted: 3000 }]), podOf('BestEffort', [{ wanted: 1000 }])])).toEqual([
      3000, 1000,
    ]);
  });

  it('gives a container half of what it wants whose limit is half of that', () => {
    expect(got(4000, [podOf('Burstable', [{ wanted: 1000, request: 100, limit: 500 }])])).toEqual([500]);
  });

  it('gives 750m and 250m where one core is wanted by two that ask for as much: weights 30 and 10', () => {
    const [a, b] = [
      podOf('Burstable', [{ wanted: 1000, request: 750 }]),
      podOf('Burstable', [{ wanted: 9, request: 250 }]),
    ];
    expect(got(1000, [a, podOf('Burstable', [{ wanted: 1000, request: 250 }])])).toEqual([750, 250]);
    // What the one cannot use, the other gets.
    expect(got(1000, [a, b])).toEqual([991, 9]);
  });

  it('weighs all Burstable pods as one by the sum of their requests, and all BestEffort pods as one by nothing', () => {
    const pods = [
      podOf('Guaranteed', [{ wanted: 1000, request: 1000, limit: 1000 }]),
      podOf('Burstable', [{ wanted: 1000, request: 750 }]),
      podOf('Burstable', [{ wanted: 1000, request: 250 }]),
      ...Array.from({ length: 3 }, () => podOf('BestEffort', [{ wanted: 1000 }])),
    ];
    // 39 for the Guaranteed pod, 39 for the slice of 1000m, of which 3/4 and 1/4; 1 for the BestEffort ones, a third each.
    const unit = 1000 / 79;
    const parts = [39, (39 * 3) / 4, 39 / 4, 1 / 3, 1 / 3, 1 / 3];
    for (const [i, amount] of got(1000, pods).entries()) expect(amount).toBeCloseTo((parts[i] as number) * unit, 9);
  });

  it('weighs the Burstable slice by pods that want nothing, too', () => {
    const idle = podOf('Burstable', [{ wanted: 0, request: 900 }])[0]?.record.pod as Pod;
    const pods = [
      podOf('Guaranteed', [{ wanted: 2000, request: 1000 }]),
      podOf('Burstable', [{ wanted: 2000, request: 100 }]),
    ];
    // 39 to 4 without it, 39 to 39 with it.
    expect(got(1000, pods)[1]).toBeCloseTo((1000 * 4) / 43, 9);
    expect(got(1000, pods, [idle])[1]).toBeCloseTo(500, 9);
  });

  it('divides what a pod may have among its containers', () => {
    const pod = podOf(
      'Burstable',
      [
        { wanted: 1000, request: 250 },
        { wanted: 1000, request: 750 },
      ],
      '400m',
    );
    expect(got(4000, [pod])).toEqual([100, 300]);
  });
});
