import { spawnSync } from 'node:child_process';
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { codeVersion } from '../../code-version.ts';
import { studentQuantile } from '../statistics/student.ts';
import { countInstructions } from './instructions.ts';
import type { MeasuredRatio } from './measure.ts';
import { processOf } from './process-of.ts';

/** A case's cost over several processes. */
export interface BenchFigure {
  readonly name: string;
  /** Logarithms of the ratios to the calibration, one a process. */
  readonly logarithms: readonly number[];
  readonly milliseconds: number;
  /** Of a call; absent where the machine does not count them. */
  readonly instructions?: number;
}

/** What is written to a baseline's file. */
export interface BenchFile {
  readonly code_version: string;
  readonly node_version: string;
  readonly figures: readonly BenchFigure[];
}

export interface BenchOptions {
  readonly names: readonly string[];
  /** Processes are added until every interval is narrower than this share to either side. */
  readonly tolerance: number;
  /** Processes at least, at most. */
  readonly processes?: readonly [number, number];
  readonly slowed?: Readonly<Record<string, number>>;
  readonly onProcess?: (done: number) => void;
}

const PROCESSES = [4, 10] as const;

/**
 * Measures cases in one process after the other. Two processes of one program differ by more than the rounds of one do
 * (what is compiled when, what lies where), so that the processes are what an interval is taken over.
 */
export function runBenches(options: BenchOptions): BenchFile {
  const { names, tolerance, slowed = {}, processes: [least, most] = PROCESSES } = options;
  const measured = new Map(names.map((name) => [name, [] as MeasuredRatio[]]));
  for (let done = 0; done < most; done++) {
    if (done >= least && [...measured.values()].every((ratios) => halfWidth(ratios) < tolerance)) break;
    for (const ratio of measureOnce(names, slowed)) measured.get(ratio.name)?.push(ratio);
    options.onProcess?.(done + 1);
  }
  const instructions = countInstructions(names);
  return {
    code_version: codeVersion(),
    node_version: process.version,
    figures: [...measured].map(([name, ratios]) => ({
      name,
      logarithms: ratios.map(({ ratio }) => Number(Math.log(ratio).toFixed(5))),
      milliseconds: Number(mean(ratios.map(({ milliseconds }) => milliseconds)).toFixed(2)),
      ...(instructions === undefined ? {} : { instructions: instructions.get(name) as number }),
    })),
  };
}

function halfWidth(ratios: readonly MeasuredRatio[]): number {
  const logarithms = ratios.map(({ ratio }) => Math.log(ratio));
  return (studentQuantile(0.95, ratios.length - 1) * sampleStandardDeviation(logarithms)) / Math.sqrt(ratios.length);
}

function measureOnce(names: readonly string[], slowed: Readonly<Record<string, number>>): readonly MeasuredRatio[] {
  const [command = '', ...args] = processOf('bench-process', [names, slowed]);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a process of the bench failed:\n${stderr}`);
  return JSON.parse(stdout) as readonly MeasuredRatio[];
}
