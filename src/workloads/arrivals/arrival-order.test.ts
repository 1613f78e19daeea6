import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arrival, ArrivalSource } from '../../sim/arrivals.ts';
import { RandomSource } from '../../sim/kernel/random.ts';
import { loadArrivals } from '../load-arrivals.ts';
import { parseScenario } from '../scenario.ts';

const duration = fc.integer({ min: 1, max: 10_000 });
const rate = fc.double({ min: 0.1, max: 10_000, noNaN: true });

const arrivals = fc.oneof(
  fc.record({ poisson: fc.record({ perHour: rate }) }),
  fc.record({ constant: fc.record({ every: duration }) }),
  fc.record({
    diurnal: fc.record({
      perHour: rate,
      byHour: fc
        .array(fc.integer({ min: 0, max: 3 }), { minLength: 24, maxLength: 24 })
        .map((hours) => [1, ...hours.slice(1)]),
    }),
  }),
  fc
    .tuple(duration, fc.integer({ min: 1, max: 20 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([every, size, share]) => ({
      bursts: { every, size, over: every * share },
    })),
);

const lifetime = fc.oneof(
  duration,
  fc.record({ exponential: fc.record({ mean: duration }) }),
  fc.record({ pareto: fc.record({ minimum: duration, shape: fc.double({ min: 0.5, max: 3, noNaN: true }) }) }),
);

const generator = fc.oneof(
  fc.record({
    as: fc.constantFrom('pod', 'job', 'deployment'),
    arrivals,
    lifetime,
    resources: fc.constant({ cpu: { uniform: { low: '100m', high: 2 } } }),
    from: duration,
  }),
  fc.record({ like: fc.constant('openb'), scale: rate, speedup: rate, as: fc.constantFrom('pod', 'deployment') }),
);

const pods = fc.record({
  every: fc.integer({ min: 100, max: 1000 }),
  copies: fc.integer({ min: 1, max: 30 }),
  options: fc.record({ spacing: fc.integer({ min: 0, max: 50 }) }),
  inline: fc.constant(
    ['a', 'b'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'c' }] },
    })),
  ),
});

const workload = fc.oneof(
  generator.map((given) => ({ generator: given })),
  pods,
);

function sourceOf(given: object, at: number): ArrivalSource {
  const scenario = {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'Scenario',
    metadata: { name: 'x' },
    duration: '10d',
    cluster: { nodeGroups: [{ name: 'n', count: 1, capacity: { cpu: 8, memory: '32Gi' } }] },
    workloads: [{ name: 'w', at, ...given }],
  };
  const [source] = loadArrivals(parseScenario(JSON.stringify(scenario), 'x.yaml'), new RandomSource('1')).sources;
  if (source === undefined) throw new Error('no source');
  return source;
}

function take(source: ArrivalSource, most: number): Arrival[] {
  const list: Arrival[] = [];
  while (list.length < most) {
    const arrival = source.next();
    if (arrival === undefined) break;
    list.push(arrival);
  }
  return list;
}

describe('whatever the workload', () => {
  it('arrivals come in order at whole microseconds, and go on alike after a save', () => {
    fc.assert(
      fc.property(workload, duration, fc.nat(60), (given, at, done) => {
        const source = sourceOf(given, at);
        const first = take(source, done);
        const copy = sourceOf(given, at);
        copy.restore(structuredClone(source.save()));
        const rest = take(source, 60);
        expect(take(copy, 60)).toEqual(rest);
        let before = at * 1e6;
        for (const arrival of [...first, ...rest]) {
          expect(Number.isInteger(arrival.at)).toBe(true);
          expect(arrival.at).toBeGreaterThanOrEqual(before);
          before = arrival.at;
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
