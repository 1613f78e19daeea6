import { Bench } from 'tinybench';
import type { BenchCase } from './cases.ts';

/** A case's cost in units of the calibration's, as one process saw it. */
export interface MeasuredRatio {
  readonly name: string;
  /** Median over rounds. */
  readonly ratio: number;
  /** Processor time of one call, in milliseconds: for people, not for verdicts. */
  readonly milliseconds: number;
}

/** Rounds in each of which every case and the calibration are measured, one after the other. */
const ROUNDS = 5;

/** Least processor time for each of them in a round, in milliseconds. */
const ROUND_TIME = 40;

/**
 * Measures cases against the calibration in this process. The two are interleaved, round by round, and what counts is the
 * processor time that the process got: so neither a fast nor a busy machine makes a difference, only the code.
 *
 * @param slowed cases that are made slower, by a factor: how the bench itself is tested.
 */
export async function measure(
  cases: readonly BenchCase[],
  slowed: Readonly<Record<string, number>> = {},
): Promise<readonly MeasuredRatio[]> {
  const prepared = new Map<string, () => void>();
  for (const { name, prepare } of cases) prepared.set(name, slower(await prepare(), slowed[name] ?? 1));
  // Code that is not compiled yet is no measure.
  for (let i = 0; i < 3; i++) for (const work of prepared.values()) work();
  for (let i = 0; i < 30; i++) calibrate();
  const times = new Map<string, { readonly ratio: number[]; readonly milliseconds: number[] }>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, work] of prepared) {
      const before = timeOf(calibrate);
      const own = timeOf(work);
      const after = timeOf(calibrate);
      const of = times.get(name) ?? { ratio: [], milliseconds: [] };
      times.set(name, of);
      of.ratio.push((2 * own) / (before + after));
      of.milliseconds.push(own);
    }
  }
  return [...times].map(([name, { ratio, milliseconds }]) => ({
    name,
    ratio: median(ratio),
    milliseconds: median(milliseconds),
  }));
}

/** Milliseconds of processor time for a call, the median over a round. */
function timeOf(work: () => void): number {
  const bench = new Bench({ time: ROUND_TIME, iterations: 1, warmup: false, now: processorTime });
  bench.add('work', work);
  bench.runSync();
  const [result] = bench.tasks.map((task) => task.result);
  if (result?.state !== 'completed') throw new Error(`a bench is ${result?.state ?? 'gone'}`);
  return result.latency.p50;
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The same work, and then nothing for as long as makes up the factor. */
function slower(work: () => void, factor: number): () => void {
  if (factor <= 1) return work;
  return () => {
    const begun = processorTime();
    work();
    const until = begun + (processorTime() - begun) * factor;
    while (processorTime() < until);
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

const column = Float64Array.from({ length: 20_000 }, (_, i) => 1 + ((i * 7919) % 1000));

/** What all costs are compared with: columns, small objects and a map, as a simulation has them; some 5 ms. */
function calibrate(): void {
  let best = 0;
  for (let pass = 0; pass < 12; pass++) {
    for (let i = 0; i < column.length; i++) {
      const score = Math.floor((((column[(i * 3001) % column.length] as number) - pass) * 100) / (column[i] as number));
      if (score > best) best = score;
    }
  }
  const records = new Map<string, { readonly row: number; readonly next: object }>();
  for (let i = 0; i < 8_000; i++) records.set(`pod-${i & 2047}`, { row: i, next: { best } });
  if (records.size !== 2048) throw new Error('the calibration is broken');
}
