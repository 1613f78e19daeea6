import type { Pod } from '../../sim/api/core.ts';
import { SECOND, seconds } from '../../sim/kernel/time.ts';
import { clusterOf, percentilesOf } from './publication.ts';
import type { Percentiles } from './publication.ts';

/** The phases of the density test and of ClusterLoader2: test/e2e/density.go, pod_startup_latency.go. */
export interface Starts {
  readonly createdToScheduled: Percentiles;
  readonly scheduledToStarted: Percentiles;
  readonly startedToWatched: Percentiles;
  readonly createdToWatched: Percentiles;
}

/** One pod's times, in seconds. */
interface Times {
  created: number;
  scheduled: number;
  started: number;
  watched: number;
}

const UNKNOWN: Times = { created: Number.NaN, scheduled: Number.NaN, started: Number.NaN, watched: Number.NaN };

/** What is measured. */
interface Asked {
  /** What the measured pods' names begin with. */
  readonly prefix: string;
  /** When the run ends, in seconds. */
  readonly until: number;
  /** Whether creation and scheduling are told in whole seconds, as they are wherever objects are read as JSON. */
  readonly wholeSeconds: boolean;
  /** Settings of the scenario that are otherwise, `path=value`. */
  readonly set?: readonly string[];
}

/**
 * How its pods start in a scenario, as those tests measure it: `watched` is when a client hears that the pod runs, the rest
 * is what the pod's object and its Scheduled event say. The start of containers is always told in whole seconds; where
 * creation is, too, the whole seems half a second longer in the mean.
 */
export async function measuredStarts(
  scenario: string,
  { prefix, until, wholeSeconds, set = [] }: Asked,
): Promise<Starts> {
  const cluster = await clusterOf(scenario, set);
  const pods = new Map<string, Times>();
  const told = wholeSeconds ? Math.floor : (time: number): number => time;
  cluster.server.observe(({ kind, type, key, object, previous, time }) => {
    if (kind !== 'Pod' || !key.startsWith(`default/${prefix}`)) return;
    const [pod, before] = [object as Pod, previous as Pod | undefined];
    const now = time / SECOND;
    if (type === 'ADDED') pods.set(key, { ...UNKNOWN, created: told(now) });
    const times = pods.get(key);
    if (times === undefined) return;
    if (pod.spec.nodeName !== undefined && before?.spec.nodeName === undefined) times.scheduled = told(now);
    if (pod.status.phase !== 'Running' || before?.status.phase === 'Running') return;
    times.watched = now;
    const startedAt = pod.status.containerStatuses?.[0]?.state.running?.startedAt ?? '';
    times.started = cluster.calendar.micros(startedAt) / SECOND;
  });
  cluster.start();
  cluster.run({ until: seconds(until) });
  const late = [...pods].find(([, { watched }]) => Number.isNaN(watched));
  if (late !== undefined) throw new RangeError(`pod ${late[0]} does not run after ${until} s`);
  const lag = (from: keyof Times, to: keyof Times): Percentiles =>
    percentilesOf([...pods.values()].map((times) => times[to] - times[from]));
  return {
    createdToScheduled: lag('created', 'scheduled'),
    scheduledToStarted: lag('scheduled', 'started'),
    startedToWatched: lag('started', 'watched'),
    createdToWatched: lag('created', 'watched'),
  };
}
