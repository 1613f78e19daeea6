import { describe, expect, it } from 'vitest';

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
