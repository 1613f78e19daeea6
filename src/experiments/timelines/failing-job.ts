import type { Job } from '../../sim/api/workloads.ts';
import { FirstTimes, head, witnessed } from './timeline.ts';
import type { Expectation, Figures, Timeline } from './timeline.ts';

/** Seconds from a container's start to its failure. */
const RUNS = 1;

const scenario = `${head('failing-job', '20m')}
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
          metadata: { annotations: { orrery.dev/duration: ${RUNS}s, orrery.dev/exit-code: '1' } }
          spec: { restartPolicy: Never, containers: [{ name: c, image: job }] }
`;

/** Waits between a failure and the next pod. Source: job/backoff_utils.go, 10 s doubled each time, at most 10 min. */
const WAITS = [10, 20, 40, 80, 160, 320];

export const failingJob: Timeline = {
  id: 'failing-job',
  title: 'A Job whose pods fail, with a backoffLimit of 6',
  expected: [
    ...WAITS.map((wait, i): Expectation => ({ name: `wait ${i + 1}`, range: [wait - 1, wait + 1.5] })),
    { name: 'pods', range: [7, 7] },
    { name: 'failed after the last', range: [0, 2.5] },
    { name: 'failed, after the first', range: [638, 660] },
  ],
  run: async (seed): Promise<Figures> => {
    const times = new FirstTimes();
    const created: number[] = [];
    const failed: number[] = [];
    await witnessed(scenario, seed, 60, {
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
    return {
      ...(Object.fromEntries(waits) as Figures),
      pods: created.length,
      'failed after the last': times.get('failed') - (failed.at(-1) ?? Number.NaN),
      'failed, after the first': times.get('failed') - (created[0] ?? Number.NaN),
    };
  },
};
