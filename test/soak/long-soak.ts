/** The long form of the soak: see `npm run soak`. One line a seed; exit 1 where one does not hold. */
import { soak } from './soak.ts';

const given = new Map(process.argv.slice(2).map((text) => text.split('=') as [string, string]));

function setting(name: string, fallback: number): number {
  const value = Number(given.get(name) ?? fallback);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`${name}: not a whole number above zero: ${given.get(name) ?? ''}`);
}

const known = ['seeds', 'first', 'hours', 'nodes', 'pods', 'deployments'];
const unknown = [...given.keys()].find((name) => !known.includes(name));
if (unknown !== undefined) throw new RangeError(`unknown setting ${unknown}; known are ${known.join(', ')}`);

const hours = setting('hours', 24);
const size = {
  nodes: setting('nodes', 1000),
  pods: setting('pods', 20_000),
  deployments: setting('deployments', 200),
  hours,
};
const first = setting('first', 1);
for (let seed = first; seed < first + setting('seeds', 20); seed++) {
  try {
    console.log(await told(seed));
  } catch (error) {
    // A seed that breaks an invariant does not keep the others from being run.
    process.exitCode = 1;
    console.log(`seed ${seed}: BROKEN: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Runs a seed, and says in a line how it went. */
async function told(seed: number): Promise<string> {
  const begun = process.cpuUsage();
  let peak = 0;
  let settled = 0;
  const result = await soak({ ...size, seed }, (hour) => {
    globalThis.gc?.();
    const { heapUsed } = process.memoryUsage();
    peak = Math.max(peak, heapUsed);
    // By then the cluster has filled, and history is compacted every five minutes.
    if (hour === 1) settled = heapUsed;
  });
  const { user, system } = process.cpuUsage(begun);
  const seconds = (user + system) / 1e6;
  const speed = (hours * 3600) / seconds;
  const good = result.wrong.length === 0;
  if (!good) process.exitCode = 1;
  return [
    `seed ${seed}: ${good ? `in order ${result.recovered} s after the last fault` : `NOT in order: ${result.wrong.slice(0, 5).join('; ')}`}`,
    `${result.faults} faults of ${result.kinds.length} kinds`,
    `${(result.events / 1e6).toFixed(1)} million events, ${result.checked} writes checked`,
    `${seconds.toFixed(0)} s CPU: ${speed.toFixed(0)} × real time`,
    `heap ${(settled / 1e6).toFixed(0)} MB after an hour, ${(peak / 1e6).toFixed(0)} MB at most`,
  ].join(', ');
}
