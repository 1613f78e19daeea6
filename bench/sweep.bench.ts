/**
 * What a second core gives a sweep: 8 scoring policies x 30 seeds. Published beside each other are one core (the process
 * held to it), one thread with the rest of the machine free for its collector and compiler, and two threads; all must
 * come to the same bytes. A shared machine's cores differ from minute to minute, so short sweeps take turns several times
 * and the cores do so, too; what counts is the median of the rounds' ratios. Needs the build (`npm run build`), the data
 * folder (ORRERY_DATA), two cores and Linux' `taskset`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { median } from 'simple-statistics';
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
/** By scenario, in how many rounds it is measured. */
const ROUNDS = { 'openb-100': 5, 'openb-1000': 1 };
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

/** Seconds of the whole process, which is held to this core where the way is. */
function sweep(scenario: string, { threads, held }: Way, core: number, out: string): number {
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
    ? spawnSync('taskset', ['--cpu-list', String(core), process.execPath, ...args], { encoding: 'utf8' })
    : spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a sweep of ${scenario} failed: ${stderr}`);
  return (performance.now() - begun) / 1000;
}

/** Whether the sweep did what it should. */
function measure(scenario: string, rounds: number, folder: string): boolean {
  const seconds = Array.from({ length: rounds }, (_, round) =>
    WAYS.map((way) => sweep(scenario, way, round % 2, join(folder, way.name))),
  );
  const bytes = WAYS.map(({ name }) => Buffer.concat(RESULTS.map((file) => readFileSync(join(folder, name, file)))));
  const same = bytes.every((content) => content.equals(bytes[0] as Buffer));
  const [fromOneCore, fromOneThread] = [0, 1].map((way) =>
    median(seconds.map((round) => (round[way] as number) / (round.at(-1) as number))),
  ) as [number, number];
  console.log(`${scenario}, ${POLICIES.length} policies x ${SEEDS} seeds:`);
  for (const [i, { name }] of WAYS.entries()) {
    console.log(`  ${name} ${seconds.map((round) => round[i]?.toFixed(1)).join(' / ')} s`);
  }
  console.log(
    `  two threads are ${fromOneCore.toFixed(2)} times as fast as one core (budget ${BUDGET}), ` +
      `${fromOneThread.toFixed(2)} times as fast as one thread; ${same ? 'the same bytes' : 'NOT the same bytes'}`,
  );
  return same && fromOneCore >= BUDGET;
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
  const met = Object.entries(ROUNDS).map(([scenario, rounds]) => measure(scenario, rounds, join(folder, scenario)));
  rmSync(folder, { recursive: true });
  if (!met.every(Boolean)) process.exitCode = 1;
}
