import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from './reporting/write-whole.ts';

/** How fast a run was: real time, and what it was spent on. The one result that differs from run to run. */
export interface RunPerformance {
  /** Reading the scenario's files and building the cluster. */
  readonly load_seconds: number;
  readonly simulation_seconds: number;
  /** Writing the results. */
  readonly report_seconds: number;
  readonly simulation_events_per_second: number;
  /** Simulated time over real time, of the simulation alone. */
  readonly speed_ratio: number;
  /** Of the process, at its peak. */
  readonly memory_peak_bytes: number;
  /** What was asked for, so that it can be run again. */
  readonly request?: RequestedRun;
  readonly node_version: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory_bytes: number };
}

/** A run as the user asked for it. */
export interface RequestedRun {
  /** The scenario's file, absolute. */
  readonly file: string;
  /** `path=value` texts. */
  readonly settings: readonly string[];
  readonly seed: string;
  readonly until_seconds?: number;
  readonly allow_unknown: boolean;
  readonly code_version: string;
}

/** Instants of a run in milliseconds of real time, as performance.now() gives them, and what it came to. */
export interface RunTimes {
  readonly begun: number;
  readonly loaded: number;
  readonly simulated: number;
  readonly reported: number;
  readonly events: number;
  readonly simulatedMicros: number;
}

/** The name of the file that it is written to. */
export const PERFORMANCE_FILE = 'performance.json';

export function runPerformance(times: RunTimes): RunPerformance {
  const { begun, loaded, simulated, reported, events, simulatedMicros } = times;
  const seconds = Math.max(simulated - loaded, 0.001) / 1000;
  return {
    load_seconds: rounded((loaded - begun) / 1000),
    simulation_seconds: rounded(seconds),
    report_seconds: rounded((reported - simulated) / 1000),
    simulation_events_per_second: Math.round(events / seconds),
    speed_ratio: rounded(simulatedMicros / 1e6 / seconds),
    // Kibibytes, on every platform.
    memory_peak_bytes: process.resourceUsage().maxRSS * 1024,
    node_version: process.version,
    machine: { cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), memory_bytes: totalmem() },
  };
}

export function writePerformance(folder: string, performance: RunPerformance): void {
  writeWhole(join(folder, PERFORMANCE_FILE), `${JSON.stringify(performance, undefined, 2)}\n`);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
