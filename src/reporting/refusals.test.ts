import { describe, expect, it } from 'vitest';
import type { Decision } from '../sim/scheduler/decision.ts';
import { reasonCounts, Refusals } from './refusals.ts';

const decision = (attempt: number, message: string): Decision =>
  ({ uid: 'u', time: attempt * 1e6, attempt, message, rejectingPlugins: ['NodeResourcesFit'] }) as unknown as Decision;

describe('what the scheduler said of a pod', () => {
  it('is kept with the times that it was said in a row', () => {
    const refusals = new Refusals();
    for (const [i, message] of ['a', 'a', 'b', 'a'].entries()) refusals.note(decision(i + 1, message));
    expect(refusals.of('u').map(({ message, attempt, times }) => [message, attempt, times])).toEqual([
      ['a', 1, 2],
      ['b', 3, 1],
      ['a', 4, 1],
    ]);
    refusals.forget('u');
    expect(refusals.of('u')).toEqual([]);
  });

  it('tells how many nodes each reason turned away', () => {
    const message =
      '0/51 nodes are available: 15 node(s) had untolerated taint {pool: batch}, 36 Insufficient cpu. preemption: 0/51 nodes are available: 3 x.';
    expect(reasonCounts(message)).toEqual([
      [36, 'Insufficient cpu'],
      [15, 'node(s) had untolerated taint {pool: batch}'],
    ]);
    expect(reasonCounts('running PreBind plugin "VolumeBinding": no')).toEqual([]);
  });
});
