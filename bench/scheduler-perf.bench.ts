/**
 * Upstream's own scheduler benchmark, by `orrery bench scheduler-perf`: every workload labelled `performance` of the five
 * folders that v1.34 can run, through the whole path from the creation of a pod to its binding. Where upstream asks for so
 * many pods a second, thirty times as many are asked for here, in processor time on one core. A workload may be slower
 * after others in the same process than alone, by 7 to 16 % where it was measured: one that falls short is measured again in
 * a process of its own, and where it falls short there, too, the exit code is 1. Needs the data folder (ORRERY_DATA). A word
 * on the command line picks workloads.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runSchedulerPerf } from '../src/experiments/scheduler-perf/scheduler-perf.ts';
import type { PerfResult } from '../src/experiments/scheduler-perf/scheduler-perf.ts';
import { machineSpeed } from './calibration.ts';

const FOLDERS = ['misc', 'affinity', 'topology_spreading', 'event_handling', 'volumes'] as const;

/** Times upstream's thresholds. */
const BAR = 30;

/** Columns of a workload's name; a longer one has a line of its own. */
const NAME = 74;

/** Runs of each workload, of which the best counts: the first ones compile the code. Short ones need more for that. */
const RUNS = { least: 5, most: 15 };

const data = join(process.env['ORRERY_DATA'] ?? '../shared', 'scheduler-perf');
const [match, mode] = process.argv.slice(2);
/** Whether this process is that of a workload which fell short in another. */
const again = mode === 'again';
/** How fast the machine was at its fastest beside the workload, in multiples of the reference. */
let speed = 0;
const barOf = (threshold = 0): number => BAR * threshold * Math.min(1, speed);

function enough({ items, threshold }: PerfResult, runs: number): boolean {
  speed = Math.max(speed, machineSpeed());
  return runs >= RUNS.most || (runs >= RUNS.least && items.every(({ own }) => own >= barOf(threshold)));
}

/** Whether a workload does what is asked in a process of its own. */
function enoughAlone(name: string): boolean {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), name, 'again'];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0;
}

let ran = 0;
let short = 0;

if (!existsSync(data)) console.log(`skipped: upstream's files are not in ${data}`);
else if (!again) console.log(`${'pods/s'.padEnd(NAME)} asked simulated      own  times  of bar`);

for (const folder of existsSync(data) ? FOLDERS : []) {
  const file = join(data, folder, 'performance-config.yaml');
  const selection = { label: 'performance', ...(match === undefined ? {} : { match }) };
  speed = machineSpeed();
  for (const { name, threshold, items, refusals } of runSchedulerPerf(file, selection, enough)) {
    if (again && name !== match) continue; // its name only begins like that of the one which is asked for
    const bar = threshold === undefined ? undefined : barOf(threshold);
    const isShort = bar !== undefined && items.some(({ own }) => own < bar);
    speed = machineSpeed();
    ran++;
    for (const { simulated, own } of items) {
      const cells = [
        String(threshold ?? '').padStart(5),
        simulated.average.toFixed(0).padStart(9),
        own.toFixed(0).padStart(8),
      ];
      if (threshold !== undefined && bar !== undefined) {
        cells.push((own / threshold).toFixed(1).padStart(6), (own / bar).toFixed(2).padStart(7));
        if (own < bar) cells.push(again ? 'MISSED' : 'alone:');
      }
      if (name.length > NAME) console.log(name);
      console.log((name.length > NAME ? '' : name).padEnd(NAME), ...cells);
    }
    if (isShort && (again || !enoughAlone(name))) short++;
    if (refusals.length > 0) console.log(`  the server refused: ${refusals[0]}`);
  }
}

if (ran > 0 && !again) console.log(`\n${ran} workloads, ${short} below ${BAR} times their threshold`);
if (short > 0) process.exitCode = 1;
