import { expect } from 'vitest';
import { InputError } from '../../src/workloads/input-error.ts';

/** How an input is to be refused: line:column, `path: message`, what was found, how what is allowed begins, the nearest name. */
export type Refusal = readonly [at: string, says: string, found: string, allowed: string, nearest?: string];

/** Runs what has to be refused with one InputError that says so. */
export function expectRefusal(run: () => unknown, [at, says, found, allowed, nearest]: Refusal): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(InputError);
  const { problem, exitCode, message } = thrown as InputError;
  expect(exitCode).toBe(2);
  const path = problem.path === undefined || problem.path === '' ? '' : `${problem.path}: `;
  expect(`${path}${problem.message}`).toBe(says);
  expect(problem.line === undefined ? '' : `${problem.line}:${problem.column}`).toBe(at);
  expect(problem.found ?? '').toBe(found);
  expect((problem.allowed ?? '').slice(0, allowed.length)).toBe(allowed);
  expect(allowed === '').toBe(problem.allowed === undefined);
  expect(problem.nearest).toBe(nearest);
  if (at !== '') expect(message.startsWith(`${problem.file}:${at}: `)).toBe(true);
}
