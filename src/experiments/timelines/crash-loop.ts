import { head, witnessed } from './timeline.ts';
import type { Expectation, Figures, Timeline } from './timeline.ts';

/** A container takes this long to start; instants are those at which its kubelet begins with it. */
const START = 0.3;
const LATENCY = `{ medianMilliseconds: ${1000 * START}, p99Milliseconds: ${1000 * START} }`;

const scenario = (
  runs: number,
): string => `${head('crash-loop', '30m', { kubelet: `containerStartLatency: ${LATENCY}` })}
cluster:
  nodeGroups: [{ name: n, count: 1, capacity: { cpu: 4, memory: 8Gi } }]
workloads:
  - name: crash
    at: 60s
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: { name: crash, annotations: { orrery.dev/duration: ${runs}s, orrery.dev/exit-code: '1' } }
      spec: { containers: [{ name: c, image: crash }] }
`;

/** Restarts after the first start: 5 %, mean, 95 % and the hard range. Source: pkg/kubelet, back-off of containers. */
const RESTARTS: readonly (readonly [five: number, mean: number, ninetyFive: number, low: number, high: number])[] = [
  [0.1, 0.5, 1, 0, 1],
  [11.9, 14.3, 16.7, 10.3, 18],
  [36.8, 41.1, 45.4, 33, 49.5],
  [79.7, 88.4, 96.8, 73, 104],
  [164, 176, 187, 154, 197],
  [330, 343, 356, 316, 372],
  [635, 650, 664, 617, 684],
  [941, 957, 972, 918, 995],
];

/** Means where each run takes 5 s; each restart is later by all runs before it. */
const MEANS_AFTER_5_S = [5.5, 24.3, 56.1, 108.4, 200.7, 372.7, 684.6, 996.5];

async function restarts(runs: number, seed: number): Promise<Figures> {
  const starts: number[] = [];
  await witnessed(scenario(runs), seed, 0, {
    event: ({ reason }, at) => {
      if (reason === 'Started') starts.push(at);
    },
  });
  const [first = Number.NaN, ...later] = starts;
  return Object.fromEntries(later.slice(0, RESTARTS.length).map((at, i) => [`restart ${i + 1}`, at - first - START]));
}

function tolerance(mean: number): number {
  return 0.4 + 0.01 * mean;
}

export const crashLoop: Timeline = {
  id: 'crash-loop',
  title: 'A container that exits at once is restarted with growing back-off',
  expected: RESTARTS.map(([five, mean, ninetyFive, low, high], i): Expectation => ({
    name: `restart ${i + 1}`,
    range: [low, high],
    mean: [mean, tolerance(mean)],
    spread: [five, ninetyFive, 2 * tolerance(mean)],
  })),
  run: (seed) => restarts(0, seed),
};

export const crashLoopAfter5s: Timeline = {
  id: 'crash-loop-5s',
  title: 'The same where the container exits after 5 s',
  expected: RESTARTS.map(([, , , low, high], i): Expectation => {
    const mean = MEANS_AFTER_5_S[i] as number;
    const ran = 5 * (i + 1);
    // The sheet has a hard range for 0 s only; a run of 5 s ends anywhere between two lists of the containers.
    return { name: `restart ${i + 1}`, range: [low + ran, high + ran + 1], mean: [mean, tolerance(mean)] };
  }),
  run: (seed) => restarts(5, seed),
};
