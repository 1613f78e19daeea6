import { expect, it } from 'vitest';
import { SECOND } from '../../kernel/time.ts';
import { FailureBackOff } from './failure-back-off.ts';

/** What the back-off answers at times in seconds, in seconds. */
function answers(times: readonly number[]): readonly number[] {
  const backOff = new FailureBackOff();
  return times.map((time) => backOff.use('node', time * SECOND) / SECOND);
}

it('lets a failed pod go at once, then after 1, 2, 4 … 900 s, and says the whole wait to whoever comes too early', () => {
  // Uses at 0, 1, 3 and 7 s; who comes between them is to come again after 1, 2 and 4 s from then.
  expect(answers([0, 0.5, 1, 2.9, 3, 4, 7])).toEqual([0, 1, 0, 2, 0, 4, 0]);
  const doubling = Array.from({ length: 14 }, (_, uses) => 2 ** uses - 1);
  expect(new Set(answers(doubling.slice(0, 11)))).toEqual(new Set([0]));
  // After the eleventh use it would be 1,024 s: 900 at most.
  expect(answers([...doubling.slice(0, 11), 1023 + 899, 1023 + 900]).slice(-2)).toEqual([900, 0]);
});

it('has forgotten a failure that lies more than half an hour back', () => {
  expect(answers([0, 1, 3, 3 + 1801, 3 + 1801 + 0.5])).toEqual([0, 0, 0, 0, 1]);
});
