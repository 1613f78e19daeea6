import { describe, expect, it } from 'vitest';

import type { KubeNode, Pod } from '../api/core.ts';
import type { ClusterObjects, Plugin } from './framework.ts';
import { NodeTable } from './node-table.ts';
import { PodClasses } from './pod-class.ts';
import type { PodInfo } from './pod-class.ts';
import { ResourceNames } from './resource-names.ts';
import { SchedulingCycle } from './scheduling-cycle.ts';
import { unschedulable } from './status.ts';
import { firstOfTies } from './tie-breaker.ts';

const metadata = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const classes = new PodClasses(new ResourceNames());

const objects: ClusterObjects = {
  namespaces: new Map(),
  services: () => [],
  disruptionBudgets: () => [],
  budgetVersion: 0,
  replicaSet: () => undefined,
  replicationController: () => undefined,
  statefulSet: () => undefined,
  workloadVersion: 1,
  namespaceVersion: 1,
};

function pod(name: string): PodInfo {
  const object: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name, namespace: 'default', uid: 'abcdef01' },
    spec: { containers: [{ name: 'c' }], priority: 0 },
    status: { phase: 'Pending' },
  };
  return classes.info(object);
}

/** A cycle over nodes with a price each, with these plugins alone. */
function cycleOf(prices: readonly number[], ...plugins: Plugin[]): SchedulingCycle {
  const table = new NodeTable(classes);
  for (const [index, price] of prices.entries()) {
    const name = `node-${index}`;
    const node: KubeNode = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { ...metadata, name, uid: name, labels: { price: String(price) } },
      spec: {},
      status: { allocatable: { pods: '110' } },
    };
    table.setNode(node);
  }
  const profile = { plugins: plugins.map((plugin) => ({ create: () => plugin, weight: 1 })) };
  return new SchedulingCycle(profile, { table, objects, draws: () => 0 }, firstOfTies, 0);
}

const cheapest: Plugin = {
  name: 'Cheapest',
  score: (_cycle, _pod, { labels }) => 100 - Number(labels['price']),
};

describe('a scheduling cycle', () => {
  it('follows a scoring plugin of a few lines', () => {
    const result = cycleOf([7, 3, 5], cheapest).run(pod('a'), 1);
    expect(result).toMatchObject({ result: 'scheduled', nodeName: 'node-1', score: 97, evaluated: 3, feasible: 3 });
  });

  it('asks the next pod to begin where the last one ended', () => {
    const cycle = cycleOf(
      Array.from({ length: 300 }, () => 1),
      cheapest,
    );
    cycle.percentageOfNodesToScore = 40;
    expect(cycle.run(pod('a'), 1)).toMatchObject({ evaluated: 120, nodeName: 'node-0' });
    expect(cycle.run(pod('b'), 1)).toMatchObject({ evaluated: 120, nodeName: 'node-120' });
    expect(cycle.run(pod('c'), 1)).toMatchObject({ evaluated: 120, nodeName: 'node-240' });
    expect(cycle.startIndex).toBe(60);
  });

  it('stops at the first feasible node where nothing scores', () => {
    const odd: Plugin = {
      name: 'Odd',
      filter: (_c, _p, { row }) => (row % 2 === 1 ? undefined : unschedulable('even')),
    };
    expect(cycleOf([1, 1, 1, 1], odd).run(pod('a'), 1)).toMatchObject({ nodeName: 'node-1', evaluated: 2 });
  });

  it('sorts reasons as texts and names the plugins that refused', () => {
    const two: Plugin = { name: 'Two', filter: (_c, _p, { row }) => (row < 2 ? unschedulable('b') : undefined) };
    const ten: Plugin = { name: 'Ten', filter: () => unschedulable('a') };
    const result = cycleOf(
      Array.from({ length: 12 }, () => 1),
      two,
      ten,
    ).run(pod('a'), 1);
    expect(result.message).toBe('0/12 nodes are available: 10 a, 2 b.');
    expect(result.rejectingPlugins).toEqual(['Ten', 'Two']);
  });

  it('says which plugin failed, for which pod, on which node', () => {
    const broken: Plugin = {
      name: 'Broken',
      score: (_c, _p, { name }) => {
        if (name === 'node-1') throw new Error('no such carbon');
        return 1;
      },
    };
    const result = cycleOf([1, 1, 1], broken).run(pod('a'), 1);
    expect(result.result).toBe('error');
    expect(result.message).toBe('running Score plugin "Broken" for pod "default/a" on node "node-1": no such carbon');
  });

  it.each([Number.NaN, -1, 101])('refuses a score of %d', (score) => {
    const result = cycleOf([1, 1], { name: 'Odd', score: () => score }).run(pod('a'), 1);
    expect(result.result).toBe('error');
    expect(result.message).toContain(`the score ${score} is not between 0 and 100`);
  });

  it('does not ask again about equal pods that all fail, until something changes', () => {
    let asked = 0;
    const full: Plugin = {
      name: 'Full',
      repeatable: true,
      filter: () => {
        asked++;
        return unschedulable('full');
      },
    };
    const cycle = cycleOf([1, 1, 1, 1], full, cheapest);
    const message = '0/4 nodes are available: 4 full.';
    for (const name of ['a', 'b', 'c']) expect(cycle.run(pod(name), 1).message).toBe(message);
    expect(asked).toBe(4);
    cycle.table.addPod(pod('other'), 'node-2');
    expect(cycle.run(pod('d'), 1).message).toBe(message);
    expect(asked).toBe(8);
  });

  it('asks row-scoped plugins again only about nodes that changed', () => {
    const asked: string[] = [];
    const room: Plugin = {
      name: 'Room',
      scope: 'row',
      filter: (_c, _p, { name, pods }) => {
        asked.push(name);
        return pods.length < 2 ? undefined : unschedulable('full');
      },
    };
    const cycle = cycleOf([1, 2, 3], room, cheapest);
    cycle.run(pod('a'), 1);
    asked.length = 0;
    cycle.table.addPod(pod('a'), 'node-0');
    cycle.run(pod('b'), 1);
    expect(asked).toEqual(['node-0']);
  });
});
