import { head, witnessed } from './timeline.ts';
import type { Expectation, Figures, Timeline } from './timeline.ts';

/** A container takes this long to start; instants are those at which its kubelet begins with it. */
const START = 0.3;
const LATENCY = `{ medianMilliseconds: ${1000 * START}, p99Milliseconds: ${1000 * START} }`;

const scenario = `${head('crash-loop', '30m', `imagesPresent: all, containerStartLatency: ${LATENCY}`)}
cluster:
  nodeGroups: [{ name: n, count: 1, capacity: { cpu: 4, memory: 8Gi } }]
workloads:
  - name: crash
    at: 60s
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: { name: crash, annotations: { orrery.dev/duration: 0s, orrery.dev/exit-code: '1' } }
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

export const crashLoop: Timeline = {
  id: 'crash-loop',
  title: 'A container that exits at once is restarted with growing back-off',
  expected: RESTARTS.map(([five, mean, ninetyFive, low, high], i): Expectation => {
    const tolerance = 0.4 + 0.01 * mean;
    return {
      name: `restart ${i + 1}`,
      range: [low, high],
      mean: [mean, tolerance],
      spread: [five, ninetyFive, 2 * tolerance],
    };
  }),
  run: async (seed): Promise<Figures> => {
    const starts: number[] = [];
    await witnessed(scenario, seed, 0, {
      event: ({ reason }, at) => {
        if (reason === 'Started') starts.push(at);
      },
    });
    const [first = Number.NaN, ...restarts] = starts;
    return Object.fromEntries(
      restarts.slice(0, RESTARTS.length).map((at, i) => [`restart ${i + 1}`, at - first - START]),
    );
  },
};
