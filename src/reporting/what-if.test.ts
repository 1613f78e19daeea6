import { describe, expect, it } from 'vitest';
import type { Explanation } from '../sim/scheduler/explain.ts';
import { contestOf, nearMisses } from './what-if.ts';

const WEIGHTS = new Map([
  ['Spread', 2],
  ['Fit', 1],
]);

/** Nodes with their normalised scores for Spread and Fit. */
function scored(nodes: Readonly<Record<string, readonly [number, number]>>): Explanation {
  const scores = Object.entries(nodes).map(([name, [spread, fit]]) => {
    const plugin = (value: number, weight: number) => ({ raw: value, normalized: value, weighted: weight * value });
    const plugins = new Map([
      ['Spread', plugin(spread, 2)],
      ['Fit', plugin(fit, 1)],
    ]);
    return [name, { total: 2 * spread + fit, plugins }] as const;
  });
  return { scores: new Map(scores) } as unknown as Explanation;
}

describe('the contest for a pod', () => {
  // 2 · 100 + 50 = 250 against 2 · 80 + 70 = 230 and 2 · 10 + 100 = 120.
  const nodes = scored({ winner: [100, 50], second: [80, 70], third: [10, 100] });

  it('names the runner-up, how far behind it is, and by which plugins', () => {
    const contest = contestOf(nodes, WEIGHTS, 'winner');
    expect(contest).toMatchObject({ winner: 'winner', runnerUp: 'second', behind: 20 });
    expect(contest?.plugins.map(({ plugin, difference }) => [plugin, difference])).toEqual([
      ['Spread', -40],
      ['Fit', 20],
    ]);
  });

  it('says at which weight it would have turned, and who would have won without the plugin', () => {
    const [spread, fit] = contestOf(nodes, WEIGHTS, 'winner')?.plugins ?? [];
    // Without a point of Spread's weight the two are level at 150; without both the runner-up is ahead.
    expect(spread).toMatchObject({ turningWeight: 0, winnerWithout: 'third' });
    // Fit × 2 makes it 300 to 300, × 3 350 to 370.
    expect(fit).toMatchObject({ turningWeight: 3, winnerWithout: 'winner' });
  });

  it('is none where there is one node', () => {
    expect(contestOf(scored({ only: [1, 1] }), WEIGHTS, 'only')).toBeUndefined();
  });
});

describe('nodes that a pod nearly fits', () => {
  const refusal = (plugin: string, reason: string) => ({ plugin, code: 'Unschedulable' as const, reasons: [reason] });
  const lack = (resource: string, wanted: number, free: number, allocatable: number) => ({
    resource,
    wanted,
    free,
    allocatable,
  });

  it('come in the order of how little it takes', () => {
    const misses = nearMisses([
      { node: 'two', refusals: [refusal('NodeAffinity', 'x'), refusal('NodePorts', 'y')], lacks: [] },
      { node: 'small', refusals: [refusal('NodeResourcesFit', 'cpu')], lacks: [lack('cpu', 4000, 1000, 2000)] },
      { node: 'half', refusals: [refusal('NodeResourcesFit', 'cpu')], lacks: [lack('cpu', 1000, 500, 4000)] },
      { node: 'full', refusals: [refusal('NodeResourcesFit', 'cpu')], lacks: [lack('cpu', 1000, 0, 4000)] },
    ]);
    expect(misses.map(({ node }) => node)).toEqual(['half', 'full', 'small', 'two']);
    expect(misses[0]?.changes).toEqual(['500m more cpu (wants 1, 500m of 4 free)']);
  });

  it('say memory in binary units, and name taints', () => {
    const [first] = nearMisses([
      {
        node: 'n',
        refusals: [
          refusal('TaintToleration', 'node(s) had untolerated taint {team: red}'),
          refusal('NodeResourcesFit', 'Insufficient memory'),
        ],
        lacks: [lack('memory', 2 ** 31, 2 ** 30, 2 ** 32)],
      },
    ]);
    expect(first?.changes).toEqual(['a toleration of {team: red}', '1Gi more memory (wants 2Gi, 1Gi of 4Gi free)']);
  });
});
