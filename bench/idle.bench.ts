/**
 * A day of `scenarios/idle.yaml` (5,000 nodes, 100,000 pods, all controllers), once with nothing to do and once with a pod
 * a second that comes and goes: the whole process, and what is left of it without the filling of the cluster. Bars count
 * for the machine they are for, which a calibration loop beside each run tells. Needs the build (`npm run build`).
 */
import { processRun } from './process-run.ts';

/** Simulated time in which the cluster fills and comes to rest, as `--until` takes it. */
const FILLED = '5m';

const CHURN =
  'workloads[1]={name: churn, generator: {arrivals: {constant: {every: 1s}}, from: 5m, ' +
  'resources: {cpu: 500m, memory: 1Gi}, lifetime: {lognormal: {median: 60s, p99: 300s}}}}';

const CASES: readonly { readonly name: string; readonly args: readonly string[]; readonly ratio: number }[] = [
  { name: 'idle', args: [], ratio: 2000 },
  { name: 'idle, churn of 1 pod/s', args: ['--set', CHURN], ratio: 500 },
];

const filling = processRun('idle', ['--until', FILLED]);
console.log(`filling: ${filling.seconds.toFixed(1)} s for ${FILLED}, ${filling.megabytes.toFixed(0)} MB`);

let missed = 0;
for (const { name, args, ratio } of CASES) {
  const { seconds, calibratedSeconds, simulatedSeconds, megabytes } = processRun('idle', args);
  const calibrated = simulatedSeconds / calibratedSeconds;
  const steady = (simulatedSeconds - filling.simulatedSeconds) / (seconds - filling.seconds);
  if (calibrated < ratio) missed++;
  console.log(`${name}: ${seconds.toFixed(1)} s, ${(simulatedSeconds / seconds).toFixed(0)} x real time`);
  console.log(`  calibrated ${calibrated.toFixed(0)} x real time (bar ${ratio} x)`);
  console.log(`  without the filling ${steady.toFixed(0)} x real time; ${megabytes.toFixed(0)} MB`);
}

if (missed > 0) {
  console.log(`${missed} below its bar`);
  process.exitCode = 1;
}
