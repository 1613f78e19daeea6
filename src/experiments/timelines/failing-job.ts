import type { Job } from '../../sim/api/workloads.ts';
import { FirstTimes, head, witnessed } from './timeline.ts';
import type { Expectation, Figures, Timeline } from './timeline.ts';

/** Seconds from a container's start to its failure: with its start about the sheet's 2 s from its creation. */
const RUNS = 1.5;

const scenario = (restartPolicy: 'Never' | 'OnFailure', runs: number): string => `${head('failing-job', '20m')}
cluster:
  nodeGroups: [{ name: n, count: 2, capacity: { cpu: 4, memory: 8Gi } }]
workloads:
  - name: job
    at: 60s
    inline: |
      apiVersion: batch/v1
      kind: Job
      metadata: { name: job }
      spec:
        backoffLimit: 6
        template:
          metadata: { annotations: { orrery.dev/duration: ${runs}s, orrery.dev/exit-code: '1' } }
          spec: { restartPolicy: ${restartPolicy}, containers: [{ name: c, image: job }] }
`;

/** Waits between a failure and the next pod. Source: job/backoff_utils.go, 10 s doubled each time, at most 10 min. */
const WAITS = [10, 20, 40, 80, 160, 320];

/** When the pods after the first are created, where each fails 2 s after its creation. */
const CREATIONS = [12, 34, 76, 158, 320, 642];

export const failingJob: Timeline = {
  id: 'failing-job',
  title: 'A Job whose pods fail, with a backoffLimit of 6',
  expected: [
    ...WAITS.map((wait, i): Expectation => ({ name: `wait ${i + 1}`, range: [wait - 1, wait + 1.5] })),
    ...CREATIONS.map((at, i): Expectation => ({ name: `pod ${i + 2} created`, range: [at - 6, at + 9] })),
    { name: 'pods', range: [7, 7] },
    { name: 'failed after the last', range: [0, 2.5] },
    { name: 'failed, after the first', range: [638, 660] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = new FirstTimes();
    const created: number[] = [];
    const failed: number[] = [];
    await witnessed(scenario('Never', RUNS), seed, 60, {
      write: ({ kind, type, object }, at) => {
        if (kind === 'Pod' && type === 'ADDED') created.push(at);
        if (kind !== 'Job') return;
        const failure = (object as Job).status.conditions?.some((it) => it.type === 'Failed' && it.status === 'True');
        if (failure === true) times.note('failed', at);
      },
      event: ({ reason }, at) => {
        if (reason === 'Started') failed.push(at + RUNS);
      },
    });
    const waits = WAITS.map((_, i) => [`wait ${i + 1}`, (created[i + 1] ?? Number.NaN) - (failed[i] ?? Number.NaN)]);
    const since = (at: number | undefined): number => (at ?? Number.NaN) - (created[0] ?? Number.NaN);
    return {
      ...(Object.fromEntries(waits) as Figures),
      ...(Object.fromEntries(CREATIONS.map((_, i) => [`pod ${i + 2} created`, since(created[i + 1])])) as Figures),
      pods: created.length,
      'failed after the last': times.get('failed') - (failed.at(-1) ?? Number.NaN),
      'failed, after the first': since(times.get('failed')),
    };
  },
};

/** One pod whose container is restarted: it is restarts that count. Source: pastBackoffLimitOnFailure. */
export const restartingJob: Timeline = {
  id: 'failing-job-on-failure',
  title: 'The same with restartPolicy OnFailure',
  expected: [
    { name: 'pods', range: [1, 1] },
    { name: 'restarts', range: [6, 6] },
    // As the sixth restart of a container that exits at once (see crash-loop), and its way to the Job's controller.
    { name: 'failed, after 1st start', range: [316, 375], mean: [344, 4] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = new FirstTimes();
    const starts: number[] = [];
    let pods = 0;
    await witnessed(scenario('OnFailure', 0), seed, 60, {
      write: ({ kind, type, object }, at) => {
        if (kind === 'Pod' && type === 'ADDED') pods++;
        if (kind !== 'Job') return;
        const failing = (object as Job).status.conditions?.some(
          (it) => it.type === 'FailureTarget' && it.status === 'True',
        );
        if (failing === true) times.note('failed', at);
      },
      event: ({ reason }, at) => {
        if (reason === 'Started') starts.push(at);
      },
    });
    const [first = Number.NaN] = starts;
    const restarts = starts.filter((at) => at <= times.get('failed')).length - 1;
    return { pods, restarts, 'failed, after 1st start': times.get('failed') - first };
  },
};
