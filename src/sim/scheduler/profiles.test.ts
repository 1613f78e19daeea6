/** Several profiles of one scheduler. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE } from '../../policies/scheduling/default-profile.ts';
import { nodeResourcesFit } from '../../policies/scheduling/node-resources-fit.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import type { Profile } from './framework.ts';
import { Action } from './cluster-event.ts';
import { unschedulable } from './status.ts';
import { Bench } from '../../../test/support/scheduler-bench.ts';

describe('several profiles', () => {
  /** Beside the default one: a profile that packs, and one that puts nothing anywhere. */
  const packing: Profile = {
    schedulerName: 'packer',
    plugins: [
      ...DEFAULT_PROFILE.plugins.map(({ create }) => ({ create, weight: 0 })),
      { create: () => nodeResourcesFit({ scoringStrategy: { type: 'MostAllocated' } }), weight: 1 },
    ],
  };
  const refusing: Profile = {
    schedulerName: 'refuser',
    plugins: [
      {
        create: () => ({
          name: 'Never',
          repeatable: true,
          events: [{ resource: 'Node', action: Action.add }],
          filter: () => unschedulable('never'),
        }),
        weight: 1,
      },
    ],
  };

  function benchOf(): Bench {
    const bench = new Bench(DEFAULT_SETTINGS, [DEFAULT_PROFILE, packing, refusing]);
    bench.node('small', '4');
    bench.node('large', '8');
    bench.scheduler.start();
    return bench;
  }

  it('decide about the pods that name them, on one cluster', () => {
    const bench = benchOf();
    bench.pod('spread', '1');
    bench.pod('packed', '2', { schedulerName: 'packer' });
    bench.pod('refused', '1', { schedulerName: 'refuser' });
    bench.pod('unknown', '1', { schedulerName: 'somebody-else' });
    bench.run(1);
    expect([bench.nodeOf('spread'), bench.nodeOf('packed')]).toEqual(['large', 'small']);
    const told = bench.decisions.map(({ pod, profile, result }) => `${pod} ${profile} ${result}`);
    expect(told.sort()).toEqual([
      'default/packed packer scheduled',
      'default/refused refuser unschedulable',
      'default/spread default-scheduler scheduled',
    ]);
  });

  it('see the room that pods of the others take', () => {
    const bench = benchOf();
    bench.pod('a', '4', { schedulerName: 'packer' });
    bench.pod('b', '8');
    bench.pod('c', '1', { schedulerName: 'packer' });
    bench.run(1);
    expect([bench.nodeOf('a'), bench.nodeOf('b'), bench.nodeOf('c')]).toEqual(['small', 'large', undefined]);
  });

  it('wake a pod by what its own plugins wait for', () => {
    const bench = benchOf();
    bench.pod('refused', '1', { schedulerName: 'refuser' });
    bench.pod('a', '2');
    bench.run(30);
    const attempts = (): number => bench.decisions.filter(({ pod }) => pod === 'default/refused').length;
    expect(attempts()).toBe(1);
    bench.delete('Pod', 'a');
    bench.run(60);
    expect(attempts()).toBe(1);
    bench.node('new', '1');
    bench.run(90);
    expect(attempts()).toBe(2);
  });

  it('go on alike from a saved instant', () => {
    const ends = [0, 1].map((branch) => {
      let bench = benchOf();
      for (let i = 0; i < 12; i++)
        bench.pod(`p${i}`, '1', { schedulerName: i % 2 === 0 ? 'packer' : 'default-scheduler' });
      bench.run(0.01);
      if (branch === 1) {
        const saved = bench.save();
        bench = new Bench(DEFAULT_SETTINGS, [DEFAULT_PROFILE, packing, refusing]);
        bench.restore(saved);
      }
      bench.run(20);
      return [...Array(12).keys()].map((i) => bench.nodeOf(`p${i}`));
    });
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[0]).toContain('small');
  });
});
