import { describe, expect, it } from 'vitest';
import { fullFactorial, latinHypercube } from './design.ts';
import { paretoFront } from './pareto.ts';

describe('designs', () => {
  it('full-factorial: every combination once, the last dimension fastest', () => {
    const points = fullFactorial([
      { name: 'a', levels: 2 },
      { name: 'b', levels: 3 },
    ]);
    expect(points).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
  });

  it('Latin hypercube: one point in every strip of every dimension', () => {
    const range = { from: 10, to: 20, whole: false, logarithmic: false };
    const points = latinHypercube(
      [
        { name: 'x', range },
        { name: 'y', range: { ...range, from: 1, to: 1000, logarithmic: true } },
        { name: 'z', levels: 4 },
      ],
      20,
      '1',
    );
    const strips = (values: readonly number[]): number[] =>
      values.map((share) => Math.floor(share * 20)).sort((a, b) => a - b);
    const all = Array.from({ length: 20 }, (_, i) => i);
    expect(strips(points.map(([x = 0]) => (x - 10) / 10))).toEqual(all);
    expect(strips(points.map(([, y = 1]) => Math.log(y) / Math.log(1000)))).toEqual(all);
    for (let level = 0; level < 4; level++) expect(points.filter(([, , z]) => z === level)).toHaveLength(5);
  });

  it('Latin hypercube: the same for one seed, another for another', () => {
    const of = (seed: string): unknown => latinHypercube([{ name: 'z', levels: 50 }], 50, seed);
    expect(of('1')).toEqual(of('1'));
    expect(of('1')).not.toEqual(of('2'));
  });
});

describe('the Pareto front', () => {
  const OBJECTIVES = [
    { metric: 'cost', goal: 'min' },
    { metric: 'speed', goal: 'max' },
  ] as const;

  it('holds those that nothing beats', () => {
    const candidates = [
      { cost: 1, speed: 1 },
      { cost: 2, speed: 3 },
      { cost: 2, speed: 2 },
      { cost: 3, speed: 3 },
      { cost: 4, speed: 9 },
      { cost: undefined, speed: 10 },
    ];
    expect(paretoFront(candidates, OBJECTIVES)).toEqual([0, 1, 4]);
  });

  it('holds equals together', () => {
    expect(
      paretoFront(
        [
          { cost: 1, speed: 1 },
          { cost: 1, speed: 1 },
        ],
        OBJECTIVES,
      ),
    ).toEqual([0, 1]);
  });
});
