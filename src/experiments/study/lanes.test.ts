import { setTimeout as after } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inLanes } from './lanes.ts';

interface Job {
  readonly kind: number;
  readonly round: number;
}

const jobsOf = (kinds: number, rounds: number): readonly Job[] =>
  Array.from({ length: kinds * rounds }, (_, i) => ({ kind: i % kinds, round: Math.floor(i / kinds) }));
const kindOf = ({ kind }: Job): number => kind;

describe('jobs in lanes', () => {
  it('are all done once, answered in order, never more than so many at once', async () => {
    const cases = fc.record({
      kinds: fc.integer({ min: 1, max: 9 }),
      rounds: fc.integer({ min: 0, max: 6 }),
      lanes: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(Infinity)),
      turns: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ kinds, rounds, lanes, turns }) => {
        const jobs = jobsOf(kinds, rounds);
        const begun: Job[] = [];
        let busy = 0;
        let most = 0;
        const answers = await inLanes(jobs, { lanes, kinds, kindOf }, async (job) => {
          most = Math.max(most, ++busy);
          begun.push(job);
          for (let turn = turns[begun.length % turns.length] ?? 0; turn > 0; turn--) await Promise.resolve();
          busy--;
          return job;
        });
        expect(answers).toEqual(jobs);
        expect(new Set(begun).size).toBe(jobs.length);
        expect(begun).toHaveLength(jobs.length);
        expect(most).toBe(Math.min(lanes, jobs.length));
        // Nobody runs away: whatever is left out is at most two rounds behind what was begun.
        const left = new Set(jobs);
        for (const job of begun) {
          left.delete(job);
          for (const { round } of left) expect(job.round - round).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keep to their kinds where these take as long as each other', async () => {
    const kinds: Set<number>[] = [];
    const free = [0, 1];
    await inLanes(jobsOf(8, 6), { lanes: 2, kinds: 8, kindOf }, async ({ kind }) => {
      const lane = free.shift() as number;
      (kinds[lane] ??= new Set()).add(kind);
      await after(2);
      free.push(lane);
    });
    expect(kinds.map((own) => [...own].sort((a, b) => a - b))).toEqual([
      [0, 2, 4, 6],
      [1, 3, 5, 7],
    ]);
  });

  it('take what is next rather than wait for their own', async () => {
    const order: number[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await inLanes(jobsOf(2, 3), { lanes: 2, kinds: 2, kindOf }, async ({ kind, round }) => {
      order.push(kind);
      if (kind === 0 && round === 0) await held;
      if (order.length === 6) release();
    });
    expect(order).toEqual([0, 1, 1, 1, 0, 0]);
  });

  it('end with the first error', async () => {
    const failing = inLanes(jobsOf(2, 2), { lanes: 2, kinds: 2, kindOf }, async ({ kind }) => {
      if (kind === 1) throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
  });
});
