/**
 * What the event clock costs: one event scheduled and dispatched through the kernel, against one push and one pop of the
 * bare `fastpriorityqueue`, in the hold model (each event that is handled schedules one). And the memory of ten million
 * pending events. Ends with exit code 1 when a budget is missed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import FastPriorityQueue from 'fastpriorityqueue';
import { Bench } from 'tinybench';

import { Kernel } from '../src/sim/kernel/kernel.ts';
import { RandomSource } from '../src/sim/kernel/random.ts';
import { MINUTE, SECOND } from '../src/sim/kernel/time.ts';
import type { Micros } from '../src/sim/kernel/time.ts';

/** How the delays of events are spread, and the cost allowed in multiples of the bare queue's. */
const SPREADS = [
  { name: 'jittered times', grid: 1, budget: 0.8 },
  { name: '10 s grid', grid: 10 * SECOND, budget: 0.4 },
] as const;

const PENDING = [1e3, 1e5, 1e6] as const;
const MEAN_DELAY: Micros = 10 * MINUTE;

/** Rounds in which the two are measured in turn; the medians over rounds are compared. */
const ROUNDS = 11;
/** Milliseconds each is measured for in a round. */
const ROUND_TIME = 100;
/** Events per measured call: long enough to time, short enough for many samples. */
const BATCH = 2_000;

const MEMORY_EVENTS = 10_000_000;
const MEMORY_BUDGET_MB = 2_048;

/** One line of the comparison; times in nanoseconds an event. */
export interface KernelCost {
  readonly spread: string;
  readonly pending: number;
  readonly kernel: number;
  readonly bareQueue: number;
  readonly ratio: number;
  readonly budget: number;
}

/** Measures every spread at every number of pending events. */
export function measureKernelCosts(): KernelCost[] {
  return PENDING.flatMap((pending) =>
    SPREADS.map(({ name, grid, budget }) => {
      const cost = compare(pending, delayTable(grid));
      return { spread: name, pending, ...cost, budget };
    }),
  );
}

function compare(pending: number, delays: Float64Array): Pick<KernelCost, 'kernel' | 'bareQueue' | 'ratio'> {
  const contenders = { kernel: kernelHold(pending, delays), bareQueue: bareQueueHold(pending, delays) };
  for (const hold of Object.values(contenders)) hold(Math.max(2 * pending, 300_000));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const bench = new Bench({ time: ROUND_TIME, iterations: 8, warmup: false });
    for (const [name, hold] of Object.entries(contenders)) bench.add(name, () => hold(BATCH));
    bench.runSync();
    const [kernel, bareQueue] = bench.tasks.map(({ name, result }) => {
      if (result.state !== 'completed') throw new Error(`the bench of ${name} is ${result.state}`);
      return (result.latency.p50 * 1e6) / BATCH;
    }) as [number, number];
    return { kernel, bareQueue, ratio: kernel / bareQueue };
  });
  return {
    kernel: median(rounds.map((round) => round.kernel)),
    bareQueue: median(rounds.map((round) => round.bareQueue)),
    ratio: median(rounds.map((round) => round.ratio)),
  };
}

/** Handles events of a kernel that keeps `pending` of them. */
function kernelHold(pending: number, delays: Float64Array): (events: number) => void {
  const kernel = new Kernel({ seed: 'bench' });
  let drawn = 0;
  const tick = kernel.register('tick', (a, b) => {
    kernel.after(delays[drawn++ & 0xffff] as number, tick, a, b);
  });
  for (let i = 0; i < pending; i++) kernel.after(delays[drawn++ & 0xffff] as number, tick, i, 0);
  return (events) => {
    kernel.run({ maxEvents: events });
  };
}

function bareQueueHold(pending: number, delays: Float64Array): (events: number) => void {
  const queue = new FastPriorityQueue<{ time: Micros; seq: number }>(
    (one, other) => one.time < other.time || (one.time === other.time && one.seq < other.seq),
  );
  let seq = 0;
  for (; seq < pending; seq++) queue.add({ time: delays[seq & 0xffff] as number, seq });
  return (events) => {
    for (let i = 0; i < events; i++) {
      const { time } = queue.poll() as { time: Micros };
      queue.add({ time: time + (delays[seq & 0xffff] as number), seq: seq++ });
    }
  };
}

/** 65,536 exponential delays, rounded up to the grid. */
function delayTable(grid: Micros): Float64Array {
  const draws = new RandomSource('bench').purpose('delays');
  return Float64Array.from(
    { length: 0x1_0000 },
    (_, i) => Math.ceil(draws.exponential(0, i, MEAN_DELAY) / grid) * grid,
  );
}

/** Runs in a process of its own: fills a kernel and says what the process takes, in MB. */
function fillMemory(): { resident: number; peak: number } {
  const delays = delayTable(1);
  const kernel = new Kernel({ seed: 'bench' });
  const tick = kernel.register('tick', () => {});
  for (let i = 0; i < MEMORY_EVENTS; i++) kernel.at((delays[i & 0xffff] as number) + i, tick, i);
  globalThis.gc?.();
  return { resident: process.memoryUsage.rss() / 2 ** 20, peak: process.resourceUsage().maxRSS / 2 ** 10 };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] as number;
}

function main(): void {
  console.log('Schedule + dispatch of one event through the kernel : one push + pop of the bare fastpriorityqueue\n');
  console.log('pending   times            kernel ns   queue ns   ratio   budget');
  let missed = false;
  for (const { spread, pending, kernel, bareQueue, ratio, budget } of measureKernelCosts()) {
    const line = [
      String(pending).padEnd(9),
      spread.padEnd(16),
      kernel.toFixed(0).padStart(9),
      bareQueue.toFixed(0).padStart(10),
      ratio.toFixed(2).padStart(7),
      budget.toFixed(2).padStart(8),
    ];
    missed ||= ratio > budget;
    console.log(line.join(' '), ratio > budget ? ' MISSED' : '');
  }
  const child = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), 'memory']);
  const { resident, peak } = JSON.parse(child.stdout.toString()) as ReturnType<typeof fillMemory>;
  const tooMuch = peak > MEMORY_BUDGET_MB;
  console.log(
    `\n${MEMORY_EVENTS / 1e6} million pending events: ${resident.toFixed(0)} MB resident, ${peak.toFixed(0)} MB at the peak ` +
      `(budget ${MEMORY_BUDGET_MB} MB)${tooMuch ? ' MISSED' : ''}`,
  );
  if (missed || tooMuch) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'memory') console.log(JSON.stringify(fillMemory()));
  else main();
}
