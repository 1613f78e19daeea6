import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { HEAP_FLAGS } from '../src/heap-flags.ts';
import { machineSpeed } from './calibration.ts';

/** What a whole run took. */
export interface ProcessRun {
  /** Of the whole process: start, YAML and results included. */
  readonly seconds: number;
  /** The same on the machine that bars are for, by the calibration before and after it. */
  readonly calibratedSeconds: number;
  readonly simulatedSeconds: number;
  /** At its peak. */
  readonly megabytes: number;
}

/**
 * Runs a scenario as a user does: in a process of its own, started as the first line of the executable starts it. Needs
 * the build (`npm run build`).
 */
export function processRun(scenario: string, args: readonly string[] = []): ProcessRun {
  const out = mkdtempSync(join(tmpdir(), 'orrery-bench-'));
  const before = machineSpeed();
  const begun = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [...HEAP_FLAGS, 'dist/main.js', 'run', `scenarios/${scenario}.yaml`, '--out', out, '--quiet', ...args],
    { encoding: 'utf8' },
  );
  const seconds = (performance.now() - begun) / 1000;
  // A machine that is faster makes no bar harder.
  const calibratedSeconds = seconds * Math.min(1, (before + machineSpeed()) / 2);
  if (status !== 0) throw new Error(`orrery run ${scenario} failed: ${stderr}`);
  const read = (name: string): Record<string, number> =>
    JSON.parse(readFileSync(join(out, name), 'utf8')) as Record<string, number>;
  const megabytes = (read('performance.json')['memory_peak_bytes'] ?? 0) / 2 ** 20;
  const simulatedSeconds = read('summary.json')['simulated_seconds'] ?? 0;
  rmSync(out, { recursive: true });
  return { seconds, calibratedSeconds, simulatedSeconds, megabytes };
}
