import { describe, expect, it } from 'vitest';
import type { ExpanderPolicy, ExpansionOption } from '../../sim/autoscaler/expander.ts';
import { leastNodes, leastWaste, mostPods, price, priorityExpander, randomExpander } from './expanders.ts';

const GIB = 2 ** 30;

/** So many nodes of a size (cores, GiB) and price, for pods that ask for so much together. */
function option(
  group: string,
  nodes: number,
  [cpuCores, memory]: readonly [number, number],
  pricePerHour: number,
  [cpu, gib]: readonly [number, number],
  pods = 4,
): ExpansionOption {
  return {
    group,
    nodes,
    pods: Array.from({ length: pods }, () => ({}) as ExpansionOption['pods'][number]),
    node: { cpuCores, memoryBytes: memory * GIB },
    spot: group.startsWith('spot'),
    instanceType: 'm',
    pricePerHour,
    requested: { cpuCores: cpu, memoryBytes: gib * GIB },
  };
}

/** Six cores and 12 GiB: two nodes of 4 cores and 16 GiB leave 2/8 and 20/32 over, one of 8 and 32 the same; one of 6 and 16 less. */
const OPTIONS = [
  option('spot-small', 2, [4, 16], 0.08, [6, 12]),
  option('large', 1, [8, 32], 0.4, [6, 12]),
  option('fitting', 1, [6, 16], 0.3, [6, 12]),
  option('tiny', 1, [2, 4], 0.05, [2, 3], 2),
];

const names = (policy: ExpanderPolicy, options = OPTIONS): readonly string[] =>
  policy.best(options, 0).map(({ group }) => group);

describe('expanders', () => {
  it('least-waste: the smallest shares of processors and memory left over', () => {
    // 0.25 + 0.625, twice; 0 + 0.25, twice.
    expect(names(leastWaste)).toEqual(['fitting', 'tiny']);
    expect(names(leastWaste, OPTIONS.slice(0, 2))).toEqual(['spot-small', 'large']);
  });

  it('price: the lowest price for what the pods ask for', () => {
    // 6 cores and 12 GiB are worth 7.6 cores: 0.16, 0.4 and 0.3 by that; 0.05 by 2.4 is as 0.158 by 7.6.
    expect(names(price)).toEqual(['tiny']);
    expect(names(price, OPTIONS.slice(0, 3))).toEqual(['spot-small']);
  });

  it('most-pods and least-nodes count; random leaves all', () => {
    expect(names(mostPods)).toEqual(['spot-small', 'large', 'fitting']);
    expect(names(leastNodes)).toEqual(['large', 'fitting', 'tiny']);
    expect(names(randomExpander)).toHaveLength(4);
  });

  it('priority: the groups whose names match what stands highest; all where none does', () => {
    const policy = priorityExpander({
      priorities: [
        { priority: 10, groups: [/^large$/] },
        { priority: 50, groups: [/^spot-/, /tiny/] },
      ],
    });
    expect(names(policy)).toEqual(['spot-small', 'tiny']);
    expect(names(policy, OPTIONS.slice(1, 3))).toEqual(['large']);
    expect(names(policy, OPTIONS.slice(2, 3))).toEqual(['fitting']);
  });
});
