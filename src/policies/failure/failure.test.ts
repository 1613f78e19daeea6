import { describe, expect, it } from 'vitest';
import type { FailureSubject } from '../../sim/faults/failure-model.ts';
import { identityOf, RandomSource } from '../../sim/kernel/random.ts';
import { failureList } from './failure-list.ts';
import { gamma } from './gamma.ts';
import { randomFailures } from './random-failures.ts';

const random = new RandomSource(1).purpose('failures');

function node(name: string): FailureSubject {
  return { name, identity: identityOf(name), zone: 'a', nodes: [name] };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

it.each([
  [1, 1],
  [5, 24],
  [0.5, Math.sqrt(Math.PI)],
  [2.5, 0.75 * Math.sqrt(Math.PI)],
])('Γ(%d) is known', (x, value) => {
  expect(gamma(x)).toBeCloseTo(value, 10);
});

describe('random failures', () => {
  it.each([0.7, 1, 3])('have the mean time between them that was asked for, whatever the shape (%d)', (shape) => {
    const params = {
      kind: 'node-crash',
      between: { kind: 'weibull', mean: 1000, shape },
      repair: { kind: 'lognormal', median: 60, p99: 600 },
    } as const;
    const model = randomFailures('crashes', 'node', params, random);
    const failures = Array.from({ length: 20_000 }, (_, index) => model.next(node(`n${index % 100}`), index));
    const times = failures.map((failure) => failure?.afterSeconds ?? Number.NaN);
    expect(mean(times) / 1000).toBeCloseTo(1, 1);
    const repairs = failures.map((failure) => failure?.forSeconds ?? Number.NaN).sort((a, b) => a - b);
    expect((repairs[10_000] as number) / 60).toBeCloseTo(1, 1);
    expect((repairs[19_800] as number) / 600).toBeCloseTo(1, 0);
  });

  it('strike the young more often below shape 1, and hardly ever above it', () => {
    const shareYoung = (shape: number): number => {
      const params = { kind: 'node-crash', between: { kind: 'weibull', mean: 1000, shape } } as const;
      const model = randomFailures('crashes', 'node', params, random);
      const firsts = Array.from({ length: 5000 }, (_, index) => model.next(node(`n${index}`), 0)?.afterSeconds ?? 0);
      return firsts.filter((time) => time < 100).length / firsts.length;
    };
    // 1 - exp(-(100 / scale)^shape)
    expect(shareYoung(0.5)).toBeCloseTo(0.36, 1);
    expect(shareYoung(1)).toBeCloseTo(0.095, 1);
    expect(shareYoung(3)).toBeLessThan(0.01);
  });
});

it('may be drawn from what was observed, each as likely as the other', () => {
  const params = { kind: 'node-crash', between: { kind: 'empirical', values: [10, 20, 40] } } as const;
  const model = randomFailures('crashes', 'node', params, random);
  const times = Array.from({ length: 3000 }, (_, index) => model.next(node(`n${index}`), 0)?.afterSeconds ?? 0);
  for (const value of [10, 20, 40]) {
    expect(times.filter((time) => time === value).length / times.length).toBeCloseTo(1 / 3, 1);
  }
});

describe('a list of failures', () => {
  it('gives each machine its own, one after the other, without those that overlap', () => {
    const model = failureList([
      { at: 500, node: 'n1', kind: 'node-freeze', for: 50 },
      { at: 100, node: 'n1', kind: 'node-crash', for: 60 },
      { at: 120, node: 'n1', kind: 'partition', for: 10 },
      { at: 30, node: 'n2', kind: 'node-crash' },
      { at: 90, node: 'n2', kind: 'node-crash' },
    ]);
    expect([0, 1, 2].map((ordinal) => model.next(node('n1'), ordinal))).toEqual([
      { afterSeconds: 100, kind: 'node-crash', forSeconds: 60 },
      { afterSeconds: 340, kind: 'node-freeze', forSeconds: 50 },
      undefined,
    ]);
    expect(model.next(node('n2'), 0)).toEqual({ afterSeconds: 30, kind: 'node-crash', forSeconds: undefined });
    expect(model.next(node('n2'), 1)).toBeUndefined();
    expect(model.next(node('n3'), 0)).toBeUndefined();
  });
});
