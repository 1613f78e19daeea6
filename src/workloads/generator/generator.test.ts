import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Arrival, ArrivalSource } from '../../sim/arrivals.ts';
import type { PodSpec } from '../../sim/api/core.ts';
import { quantityMilli } from '../../sim/api/quantity.ts';
import { RandomSource } from '../../sim/kernel/random.ts';
import { dataFolder } from '../data-files.ts';
import { parseDuration } from '../../sim/durations.ts';
import { loadArrivals } from '../load-arrivals.ts';
import { parseScenario } from '../scenario.ts';
import { readCsv } from '../traces/csv-table.ts';
import { openbPods } from '../traces/openb-pods.ts';
import { OPENB_FIGURES } from './openb-fit.ts';
import { deciles, ksDistance, spearman } from './rank-statistics.ts';
import { featuresOfTrace, MARGINALS } from './workload-features.ts';
import type { Features } from './workload-features.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-generator-'));
afterAll(() => rmSync(folder, { recursive: true }));

function sourceOf(generator: object, duration = '1000d', seed = 1): ArrivalSource {
  const scenario = {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'Scenario',
    metadata: { name: 'test' },
    duration,
    startTime: '2026-01-05T00:00:00Z',
    seed,
    cluster: { nodeGroups: [{ name: 'n', count: 1, capacity: { cpu: 8, memory: '32Gi' } }] },
    workloads: [{ name: 'load', generator }],
  };
  const parsed = parseScenario(JSON.stringify(scenario), join(folder, 'test.yaml'));
  const source = loadArrivals(parsed, new RandomSource(parsed.seed)).sources.at(-1);
  if (source === undefined) throw new Error('no source');
  return source;
}

function take(source: ArrivalSource, most = Number.POSITIVE_INFINITY): Arrival[] {
  const list: Arrival[] = [];
  while (list.length < most) {
    const arrival = source.next();
    if (arrival === undefined) break;
    list.push(arrival);
  }
  return list;
}

function secondsOf(list: readonly Arrival[]): number[] {
  return list.map(({ at }) => at / 1e6);
}

function specOf({ object }: Arrival): PodSpec {
  return (object as unknown as { readonly spec: PodSpec }).spec;
}

function requests(arrival: Arrival): Readonly<Record<string, string>> {
  return specOf(arrival).containers[0]?.resources?.requests ?? {};
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const SMALL = { resources: { cpu: '100m' } };

describe('arrivals of a generator', () => {
  it('come at even distances', () => {
    const list = take(sourceOf({ ...SMALL, arrivals: { constant: { every: '90s' } }, from: '1m', until: '5m' }));
    expect(secondsOf(list)).toEqual([60, 150, 240]);
    expect(list.map(({ object }) => object.metadata.name)).toEqual(['load-0', 'load-1', 'load-2']);
  });

  it('come at random at a constant rate: distances have the mean and spread of an exponential', () => {
    const times = secondsOf(take(sourceOf({ ...SMALL, arrivals: { poisson: { perHour: 60 } }, pods: 20_000 })));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const average = mean(gaps);
    const deviation = Math.sqrt(mean(gaps.map((gap) => (gap - average) ** 2)));
    expect(average).toBeGreaterThan(58.5);
    expect(average).toBeLessThan(61.5);
    expect(deviation / average).toBeGreaterThan(0.97);
    expect(deviation / average).toBeLessThan(1.03);
  });

  it('follow the hours of the day, keeping the mean', () => {
    const byHour = Array.from({ length: 24 }, (_, hour) => (hour === 6 ? 0 : hour < 12 ? 1 : 3));
    const list = secondsOf(take(sourceOf({ ...SMALL, arrivals: { diurnal: { perHour: 100, byHour } } }, '100d')));
    const count = (from: number, to: number): number =>
      list.filter((time) => (time / 3600) % 24 >= from && (time / 3600) % 24 < to).length;
    expect(count(6, 7)).toBe(0);
    expect(count(12, 24) / count(0, 11)).toBeGreaterThan(3 * (12 / 11) * 0.9);
    expect(list.length).toBeGreaterThan(240_000 * 0.98);
    expect(list.length).toBeLessThan(240_000 * 1.02);
  });

  it('come in bursts, in order, each within its time', () => {
    const bursts = { every: '10m', size: 50, over: '1m' };
    const times = secondsOf(take(sourceOf({ ...SMALL, arrivals: { bursts }, pods: 150 })));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const places = times.map((time, index) => time - Math.floor(index / 50) * 600);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThanOrEqual(60);
    expect(mean(places)).toBeGreaterThan(25);
    expect(mean(places)).toBeLessThan(35);
  });

  it('come at the times of a CSV file, and all at once', () => {
    writeFileSync(join(folder, 'times.csv'), 'when\n2m\n30\n1m30s\n');
    const csv = { file: 'times.csv', column: 'when' };
    expect(secondsOf(take(sourceOf({ ...SMALL, arrivals: { csv } })))).toEqual([30, 90, 120]);
    expect(secondsOf(take(sourceOf({ ...SMALL, arrivals: { allAt: '1m' }, pods: 2 })))).toEqual([60, 60]);
  });

  it('resume where they were saved', () => {
    const generator = { like: 'openb', as: 'deployment' };
    const source = sourceOf(generator);
    take(source, 100);
    const copy = sourceOf(generator);
    copy.restore(structuredClone(source.save()));
    expect(take(copy, 50)).toEqual(take(source, 50));
  });

  it('hang on the seed', () => {
    const generator = { ...SMALL, arrivals: { poisson: { perHour: 60 } }, pods: 5 };
    expect(secondsOf(take(sourceOf(generator, '1d', 1)))).toEqual(secondsOf(take(sourceOf(generator, '1d', 1))));
    expect(secondsOf(take(sourceOf(generator, '1d', 1)))).not.toEqual(secondsOf(take(sourceOf(generator, '1d', 2))));
  });
});

describe('distributions', () => {
  const lifetimes = (lifetime: unknown): number[] =>
    take(sourceOf({ ...SMALL, lifetime, arrivals: { constant: { every: 1 } }, pods: 10_000 }))
      .map(({ object }) => parseDuration(object.metadata.annotations?.['orrery.dev/duration'] ?? '') ?? Number.NaN)
      .sort((a, b) => a - b);

  it.each([
    ['constant', '90s', { median: 90, p99: 90 }],
    ['uniform', { uniform: { low: 0, high: 100 } }, { median: 50, p99: 99 }],
    ['exponential', { exponential: { mean: 100 } }, { median: 69.3, p99: 460.5 }],
    ['lognormal', { lognormal: { median: '1m', p99: '10m' } }, { median: 60, p99: 600 }],
    ['pareto', { pareto: { minimum: 10, shape: 1.5 } }, { median: 15.87, p99: 215.4 }],
    ['pareto cut off', { pareto: { minimum: 10, shape: 1, maximum: 100 } }, { median: 18.18, p99: 91.74 }],
    ['weibull', { weibull: { scale: 100, shape: 2 } }, { median: 83.3, p99: 214.6 }],
    [
      'histogram',
      {
        histogram: [
          { from: 0, to: 10 },
          { from: 90, to: 110, weight: 3 },
        ],
      },
      { median: 96.7, p99: 109.7 },
    ],
  ])('%s has its median and 99th percentile', (_name, distribution, expected) => {
    const sorted = lifetimes(distribution);
    const median = sorted[5000] ?? 0;
    const p99 = sorted[9900] ?? 0;
    expect(Math.abs(median / expected.median - 1)).toBeLessThan(0.06);
    expect(Math.abs(p99 / expected.p99 - 1)).toBeLessThan(0.2);
  });

  it('empirical and CSV draw the values given, by weight', () => {
    const sorted = lifetimes({ empirical: [{ value: 1, weight: 3 }, { value: '2m' }] });
    expect(new Set(sorted)).toEqual(new Set([1, 120]));
    expect(Math.abs(sorted.indexOf(120) / 10_000 - 0.75)).toBeLessThan(0.02);
    writeFileSync(join(folder, 'lives.csv'), 'id,life\na,5s\nb,1m\n');
    expect(new Set(lifetimes({ csv: { file: 'lives.csv', column: 'life' } }))).toEqual(new Set([5, 60]));
  });
});

describe('what a generator makes', () => {
  it('pods with requests in the usual units, shapes drawn together', () => {
    const shapes = [
      { resources: { cpu: 2, memory: '4Gi', 'nvidia.com/gpu': 1 } },
      { weight: 0, resources: { cpu: 1 } },
    ];
    const [first, second] = take(sourceOf({ shapes, arrivals: { constant: { every: 1 } }, pods: 2 }));
    expect(first === undefined ? {} : requests(first)).toEqual({ cpu: '2', memory: '4Gi', 'nvidia.com/gpu': '1' });
    expect(first && specOf(first).containers[0]?.resources?.limits).toEqual({ 'nvidia.com/gpu': '1' });
    expect(first && specOf(first)).toBe(second && specOf(second));
    const resources = { cpu: { uniform: { low: '100m', high: 1 } }, memory: { exponential: { mean: '1Gi' } } };
    const [drawn] = take(sourceOf({ resources, arrivals: { constant: { every: 1 } }, pods: 1 }));
    expect(drawn === undefined ? {} : requests(drawn)).toEqual({
      cpu: expect.stringMatching(/^\d{3}m$/) as unknown,
      memory: expect.stringMatching(/^\d+Mi$/) as unknown,
    });
  });

  it('Jobs of so many pods, and Deployments that are deleted after their lifetime', () => {
    const base = { ...SMALL, arrivals: { constant: { every: '1m' } }, pods: 2, replicas: 3, lifetime: '90s' };
    const jobs = take(sourceOf({ ...base, as: 'job' }));
    expect(jobs[0]?.object).toMatchObject({
      kind: 'Job',
      spec: {
        completions: 3,
        parallelism: 3,
        template: { metadata: { annotations: { 'orrery.dev/duration': '1m30s' } }, spec: { restartPolicy: 'Never' } },
      },
    });
    const deployments = take(sourceOf({ ...base, as: 'deployment' }));
    expect(deployments.map(({ at, action, object }) => [at / 1e6, action, object.metadata.name])).toEqual([
      [0, 'create', 'load-0'],
      [60, 'create', 'load-1'],
      [90, 'delete', 'load-0'],
      [150, 'delete', 'load-1'],
    ]);
  });
});

/** Features of pods that the generator made. */
function featuresOf(list: readonly Arrival[]): Features[] {
  return list.map((arrival) => {
    const { annotations = {} } = arrival.object.metadata;
    const asked = requests(arrival);
    return {
      cpuMilli: quantityMilli(asked['cpu'] ?? '0'),
      memoryMib: quantityMilli(asked['memory'] ?? '0') / 1000 / 2 ** 20,
      gpus: Number(annotations['alibabacloud.com/gpu-count'] ?? 0),
      gpuMilli: Number(annotations['alibabacloud.com/gpu-milli'] ?? 0),
      lifetime: parseDuration(annotations['orrery.dev/duration'] ?? '') ?? Number.NaN,
      failed: false,
      arrival: arrival.at / 1e6,
      hour: Math.floor(arrival.at / 3.6e9) % 24,
    };
  });
}

/** A difference of 0.03 between two samples of 8,000 would be chance once in a thousand times. */
const KS_LIMIT = 0.03;
/** Three standard errors of a rank correlation of 8,000, on both sides. */
const SPEARMAN_LIMIT = 0.05;

describe('like: openb', () => {
  const made = featuresOf(take(sourceOf({ like: 'openb', pods: 8126 })));

  it('has the rank correlations of the trace', () => {
    for (const [pair, value] of Object.entries(spearman(made))) {
      const expected = OPENB_FIGURES.spearman[pair as keyof typeof OPENB_FIGURES.spearman];
      expect(Math.abs(value - expected), pair).toBeLessThan(SPEARMAN_LIMIT);
    }
  });

  it('has the deciles of the trace: so large a share lies at or below each', () => {
    for (const [name, values] of Object.entries(OPENB_FIGURES.deciles)) {
      const marginal = MARGINALS[name as keyof typeof MARGINALS];
      for (const [index, value] of values.entries()) {
        const below = made.filter((pod) => marginal(pod) < value).length / made.length;
        const upTo = made.filter((pod) => marginal(pod) <= value).length / made.length;
        expect(below, `${name} under decile ${index + 1}`).toBeLessThan((index + 1) / 10 + KS_LIMIT);
        expect(upTo, `${name} up to decile ${index + 1}`).toBeGreaterThan((index + 1) / 10 - KS_LIMIT);
      }
    }
  });

  it('has ten times the arrivals at scale 10, in a tenth of the time at speed-up 10', () => {
    const last = (generator: object): number => take(sourceOf({ like: 'openb', ...generator })).at(-1)?.at ?? 0;
    const plain = last({ pods: 4000 });
    expect(last({ pods: 40_000, scale: 10 }) / plain).toBeGreaterThan(0.9);
    expect(last({ pods: 40_000, scale: 10 }) / plain).toBeLessThan(1.1);
    // Not exactly: the day in which the run begins is another part of the trace's day.
    expect(last({ pods: 4000, speedup: 10 }) / plain).toBeCloseTo(0.1, 2);
  });

  const list = join(dataFolder(), 'traces/openb/openb_pod_list_default.csv');

  it.skipIf(!existsSync(list))(
    'is near the trace itself: marginals by Kolmogorov and Smirnov, and correlations',
    () => {
      const all = featuresOfTrace(openbPods(readCsv(list)));
      const dense = all.filter((pod) => pod.arrival >= 9_900_000);
      expect(deciles(dense)).toEqual(OPENB_FIGURES.deciles);
      for (const [name, marginal] of Object.entries(MARGINALS)) {
        expect(ksDistance(all.map(marginal), made.map(marginal)), name).toBeLessThan(KS_LIMIT);
      }
      const gaps = (pods: readonly Features[]): number[] =>
        pods.slice(1).map((pod, index) => pod.arrival - (pods[index]?.arrival ?? 0));
      expect(ksDistance(gaps(dense), gaps(made)), 'distances between arrivals').toBeLessThan(KS_LIMIT);
      const ours = spearman(made);
      for (const [pair, value] of Object.entries(spearman(all))) {
        expect(Math.abs(value - (ours[pair] ?? 1)), pair).toBeLessThan(SPEARMAN_LIMIT);
      }
    },
  );
});
