import { spawnSync } from 'node:child_process';
import { processOf } from './process-of.ts';

/** Calls by which a case is compiled and its heap has grown, and calls that are counted. */
const WARM = 10;
const COUNTED = 10;

/**
 * Instructions that a call of each case takes, in user space, as Linux' `perf` counts them: a busy machine does not change
 * them, though when V8 compiles what does a little. Undefined where there is no such command, or its machine does not count.
 */
export function countInstructions(names: readonly string[]): ReadonlyMap<string, number> | undefined {
  if (perf([process.execPath, '--version']) === undefined) return undefined;
  const counts = new Map<string, number>();
  for (const name of names) {
    const [before, after] = [WARM, WARM + COUNTED].map((calls) => perf(processOf('count-process', [name, calls])));
    if (before === undefined || after === undefined) return undefined;
    counts.set(name, Math.round((after - before) / COUNTED));
  }
  return counts;
}

/** Instructions of a process and its threads; undefined where they cannot be counted. */
function perf(command: readonly string[]): number | undefined {
  // Its table goes to the standard error, a line an event: value, unit, event, …
  const { status, stderr } = spawnSync('perf', ['stat', '-x,', '-e', 'instructions:u', '--', ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) return undefined;
  const [value] = (stderr.split('\n').find((line) => line.includes('instructions')) ?? '').split(',');
  return value === undefined || !/^\d+$/.test(value) ? undefined : Number(value);
}
