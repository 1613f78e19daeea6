/**
 * Whole runs, as a user starts them: a process of its own that reads YAML and writes every result. Needs the build
 * (`npm run build`) and, for openb-1000, the data folder (ORRERY_DATA). Bars count for the machine they are for, which a
 * calibration loop beside each run tells. Each run is repeated, and the best of them counts, because what disturbs a run
 * only ever makes it longer.
 */
import { existsSync } from 'node:fs';
import { processRun } from './process-run.ts';

interface Case {
  readonly scenario: string;
  readonly repeats: number;
  readonly needsData: boolean;
  /** Longest time of the whole process, in seconds. */
  readonly seconds?: number;
  /** Least simulated time over real time of the whole process. */
  readonly ratio?: number;
  /** Most memory, in MB. */
  readonly megabytes: number;
}

const CASES: readonly Case[] = [
  { scenario: 'openb-1000', repeats: 3, needsData: true, seconds: 4, megabytes: 1024 },
  { scenario: 'large', repeats: 3, needsData: false, ratio: 300, megabytes: 4096 },
];

/** Published for the input of openb-1000, on another machine; seconds. */
const OTHERS = { kcs: 16, 'open-simulator': 142, KWOK: 320, SimKube: 601 };

const data = process.env['ORRERY_DATA'] ?? '../shared';
let missed = 0;

for (const { scenario, repeats, needsData, seconds, ratio, megabytes } of CASES) {
  if (needsData && !existsSync(data)) {
    console.log(`${scenario}: skipped, its data is not in ${data}`);
    continue;
  }
  let best = Infinity;
  let calibrated = Infinity;
  let memory = 0;
  let simulated = 0;
  for (let i = 0; i < repeats; i++) {
    const run = processRun(scenario);
    best = Math.min(best, run.seconds);
    calibrated = Math.min(calibrated, run.calibratedSeconds);
    memory = Math.max(memory, run.megabytes);
    simulated = run.simulatedSeconds;
  }
  const budget = seconds ?? simulated / (ratio ?? 0);
  if (calibrated > budget || memory > megabytes) missed++;
  const told = ratio === undefined ? `${budget} s` : `${ratio} x real time`;
  console.log(`${scenario}: ${best.toFixed(2)} s, ${(simulated / best).toFixed(0)} x real time`);
  console.log(
    `  calibrated ${calibrated.toFixed(2)} s, ${(simulated / calibrated).toFixed(0)} x real time (budget ${told})`,
  );
  console.log(`  ${memory.toFixed(0)} MB (budget ${megabytes} MB)`);
  if (scenario !== 'openb-1000') continue;
  const others = Object.entries(OTHERS).map(([name, took]) => `${name} ${(took / best).toFixed(0)}`);
  console.log(`  published times of others over this one: ${others.join(', ')}`);
}

if (missed > 0) {
  console.log(`${missed} over budget`);
  process.exitCode = 1;
}
