/**
 * What a second core gives a sweep: 8 scoring policies x 30 seeds. Published beside each other are one core (the process
 * held to it), one thread with the rest of the machine free for its collector and compiler, and two threads; all must
 * come to the same bytes. Needs the build (`npm run build`), the data folder (ORRERY_DATA), two cores and Linux' `taskset`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { HEAP_FLAGS } from '../src/heap-flags.ts';

const POLICIES = [
  'default',
  'LeastAllocated',
  'MostAllocated',
  'NodeResourcesBalancedAllocation',
  'TaintToleration',
  'NodeAffinity',
  'PodTopologySpread',
  'ImageLocality',
];
const SEEDS = 30;
const SCENARIOS = ['openb-100', 'openb-1000'];
/** How many times as fast two threads are at least as one core. */
const BUDGET = 1.7;
const RESULTS = ['runs.csv', 'runs.parquet', 'comparison.csv'];

/** A way to run the sweep. */
interface Way {
  readonly name: string;
  readonly threads: number;
  /** Whether the process is held to one core. */
  readonly held: boolean;
}

const WAYS: readonly Way[] = [
  { name: 'one core', threads: 1, held: true },
  { name: 'one thread', threads: 1, held: false },
  { name: 'two threads', threads: 2, held: false },
];

/** Seconds of the whole process. */
function sweep(scenario: string, { threads, held }: Way, out: string): number {
  const args = [
    ...HEAP_FLAGS,
    'dist/main.js',
    'compare',
    `scenarios/${scenario}.yaml`,
    '--vary',
    `policies.scoring=${POLICIES.join(',')}`,
    '--seeds',
    String(SEEDS),
    '--threads',
    String(threads),
    '--out',
    out,
    '--quiet',
  ];
  const begun = performance.now();
  const { status, stderr } = held
    ? spawnSync('taskset', ['--cpu-list', '0', process.execPath, ...args], { encoding: 'utf8' })
    : spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a sweep of ${scenario} failed: ${stderr}`);
  return (performance.now() - begun) / 1000;
}

/** Whether the sweep did what it should. */
function measure(scenario: string, folder: string): boolean {
  const seconds = WAYS.map((way) => sweep(scenario, way, join(folder, way.name)));
  const [core = 0, thread = 0, both = 0] = seconds;
  const bytes = WAYS.map(({ name }) => Buffer.concat(RESULTS.map((file) => readFileSync(join(folder, name, file)))));
  const same = bytes.every((content) => content.equals(bytes[0] as Buffer));
  const told = WAYS.map(({ name }, i) => `${name} ${(seconds[i] as number).toFixed(1)} s`).join(', ');
  console.log(`${scenario}, ${POLICIES.length} policies x ${SEEDS} seeds: ${told}`);
  console.log(
    `  two threads are ${(core / both).toFixed(2)} times as fast as one core (budget ${BUDGET}), ` +
      `${(thread / both).toFixed(2)} times as fast as one thread; ${same ? 'the same bytes' : 'NOT the same bytes'}`,
  );
  return same && core / both >= BUDGET;
}

const data = process.env['ORRERY_DATA'] ?? '../shared';
const lacking = [
  ...(existsSync(data) ? [] : [`the data in ${data}`]),
  ...(availableParallelism() >= 2 ? [] : ['a second core']),
  ...(spawnSync('taskset', ['--version']).status === 0 ? [] : ['taskset']),
];
if (lacking.length > 0) {
  console.log(`sweep: skipped for want of ${lacking.join(', ')}`);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-bench-'));
  const met = SCENARIOS.filter((scenario) => measure(scenario, join(folder, scenario)));
  rmSync(folder, { recursive: true });
  if (met.length < SCENARIOS.length) process.exitCode = 1;
}
