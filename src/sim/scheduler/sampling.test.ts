import { describe, expect, it } from 'vitest';

import { Bench } from '../../../test/support/scheduler-bench.ts';
import { NodeTree } from './node-tree.ts';
import { feasibleNodesToFind } from './sampling.ts';

describe('node sampling', () => {
  it.each([
    [50, 0, 50],
    [99, 30, 99],
    [100, 0, 100],
    [500, 0, 230],
    [1000, 0, 420],
    [5000, 0, 500],
    [6000, 0, 300],
    [15_000, 0, 750],
    [5000, 100, 5000],
    [5000, 1, 100],
    [1000, 50, 500],
  ])('of %i nodes at %i %% looks for %i', (nodes, percentage, wanted) => {
    expect(feasibleNodesToFind(nodes, percentage)).toBe(wanted);
  });
});

describe('the order of nodes', () => {
  it('takes one node of each zone in turn, zones as they were first seen', () => {
    const tree = new NodeTree();
    for (const [row, zone] of ['b', 'a', 'b', 'b', 'c', 'a'].entries()) tree.add(zone, row);
    expect([...tree.interleaved()]).toEqual([0, 1, 4, 2, 5, 3]);
  });

  it('forgets a zone with its last node', () => {
    const tree = new NodeTree();
    for (const [row, zone] of ['b', 'a', 'a'].entries()) tree.add(zone, row);
    tree.remove('b', 0);
    tree.add('b', 3);
    expect([...tree.interleaved()]).toEqual([1, 3, 2]);
  });
});

describe('the start of the search', () => {
  /** A cluster of `nodes`, on each of which there is room for one pod; pods one after the other. */
  function evaluated(nodes: number, pods: number): { evaluated: number[]; start: number } {
    const bench = new Bench();
    for (let i = 0; i < nodes; i++) bench.node(`n${i}`, '1');
    for (let i = 0; i < pods; i++) bench.pod(`p${i}`, '1');
    bench.scheduler.start();
    bench.run(30);
    const state = bench.scheduler.save() as { startIndex: number };
    return { evaluated: bench.decisions.map(({ evaluatedNodes }) => evaluatedNodes), start: state.startIndex };
  }

  it('moves on by what was examined: 3 pods of 150 nodes, 100 each', () => {
    // 100, 200 and 300, modulo 150; pods that took a place make later ones look at more nodes to find 100.
    // p1 begins at 100: 50 nodes to the end and 50 from the beginning, of which p0 has one at most.
    const { evaluated: seen, start } = evaluated(150, 3);
    expect(seen[0]).toBe(100);
    expect(start).toBe(seen.reduce((sum, count) => sum + count, 0) % 150);
  });

  it('stays where it is in a cluster that is examined whole', () => {
    expect(evaluated(60, 5)).toEqual({ evaluated: [60, 60, 60, 60, 60], start: 0 });
  });

  it('moves on after failures as well, by all nodes: nowhere', () => {
    const bench = new Bench();
    for (let i = 0; i < 120; i++) bench.node(`n${i}`, '1');
    bench.pod('big', '2');
    bench.scheduler.start();
    bench.run(0.5);
    expect(bench.decisions[0]).toMatchObject({ evaluatedNodes: 120, feasibleNodes: 0 });
    expect((bench.scheduler.save() as { startIndex: number }).startIndex).toBe(0);
  });
});
