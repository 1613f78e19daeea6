import type { Deployment } from '../../sim/api/workloads.ts';
import { head, witnessed } from './timeline.ts';
import type { Expectation, Figures, Timeline } from './timeline.ts';

/** When the work grows fourfold, and when it shrinks to what it was: no two seeds meet the loops in one phase. */
const stepOf = (seed: number): number => 600 + ((seed * 4.01) % 15);
const LASTS = 600;

/** What differs from the plain course. */
interface Variant {
  /** metrics-server's --metric-resolution. */
  readonly resolutionSeconds?: number;
  /** The autoscaler's `behavior`, in YAML. */
  readonly behavior?: string;
}

const scenario = (step: number, { resolutionSeconds = 15, behavior }: Variant): string => `${head(
  'autoscaling',
  '40m',
  { metricsServer: `metricResolutionSeconds: ${resolutionSeconds}` },
)}
cluster:
  nodeGroups: [{ name: n, count: 10, capacity: { cpu: 8, memory: 16Gi } }]
workloads:
  - name: web
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 4
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web }, annotations: { orrery.dev/cpu-demand: '0s=2, ${step}s=8, ${step + LASTS}s=2' } }
          spec: { containers: [{ name: c, image: web, resources: { requests: { cpu: 1 } } }] }
      ---
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: { name: web }
      spec:
        scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
        minReplicas: 1
        maxReplicas: 20
        metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]
        ${behavior === undefined ? '' : `behavior: ${behavior}`}
`;

/** From the step on to the end of the second minute after it, where nobody asks the kubelets more often than that. */
const FIRST_RESCALE: Expectation = {
  name: 'first rescale',
  // Earlier than the sheet's 15 s, at which the step is fully visible: a part of it is enough.
  range: [1, 60],
  mean: [20, 3],
};

const EXPECTED: readonly Expectation[] = [
  { name: 'changes before the step', range: [0, 0] },
  FIRST_RESCALE,
  { name: 'first size (pods)', range: [5, 8] },
  { name: 'first to second rescale', range: [14, 16] },
  { name: 'most (pods)', range: [15, 18] },
  { name: 'first to last rescale up', range: [14, 76] },
  { name: 'first step back', range: [285, 375] },
  { name: 'back to 4 pods', range: [300, 375], mean: [325, 10] },
];

/**
 * Four replicas at their target of 50 %, then four times the work, which all ready pods share. The sheet's 4 → 8 → 16 is
 * the course where the second look still sees the old pods at 200 %; where it sees them part of the load gone already,
 * sizes between follow, and it ends within a tenth of 16. Source: podautoscaler/horizontal.go, replica_calculator.go.
 */
export const autoscaling: Timeline = {
  id: 'autoscaling',
  title: 'A HorizontalPodAutoscaler meets four times the work, and then what it was',
  expected: EXPECTED,
  run: (seed) => course(seed, {}),
};

/** A `behavior` that says nothing stands for the defaults of autoscaling/v2, which come to the same here. */
export const autoscalingByBehavior: Timeline = {
  id: 'autoscaling-behavior',
  title: 'The same with the default behavior written out',
  expected: EXPECTED,
  run: (seed) => course(seed, { behavior: '{ scaleUp: {}, scaleDown: {} }' }),
};

/** A scrape a minute, the flag's own default. */
export const autoscalingSlowMetrics: Timeline = {
  id: 'autoscaling-60s-metrics',
  title: 'The same with metrics once a minute',
  expected: [
    { name: 'changes before the step', range: [0, 0] },
    { ...FIRST_RESCALE, range: [1, 150], mean: [45, 15] },
    { name: 'first size (pods)', range: [5, 8] },
  ],
  run: (seed) => course(seed, { resolutionSeconds: 60 }),
};

async function course(seed: number, variant: Variant): Promise<Figures> {
  const step = stepOf(seed);
  const sizes: [at: number, replicas: number][] = [];
  await witnessed(scenario(step, variant), seed, step, {
    write: ({ kind, object }, at) => {
      if (kind !== 'Deployment') return;
      const replicas = (object as Deployment).spec.replicas ?? 0;
      if (sizes.at(-1)?.[1] !== replicas) sizes.push([at, replicas]);
    },
  });
  const [, ...changes] = sizes;
  const before = changes.filter(([at]) => at < 0).length;
  const ups = changes.filter(([at, replicas], i) => at >= 0 && at < LASTS && replicas > (changes[i - 1]?.[1] ?? 4));
  const down = changes.findIndex(([at, replicas]) => at > LASTS && replicas === 4);
  const at = (index: number): number => ups.at(index)?.[0] ?? Number.NaN;
  return {
    'changes before the step': before,
    'first rescale': at(0),
    'first size (pods)': ups[0]?.[1] ?? Number.NaN,
    'first to second rescale': at(1) - at(0),
    'most (pods)': Math.max(...sizes.map(([, replicas]) => replicas)),
    'first to last rescale up': at(-1) - at(0),
    'first step back': (changes.find(([time]) => time > LASTS)?.[0] ?? Number.NaN) - LASTS,
    'back to 4 pods': (changes[down]?.[0] ?? Number.NaN) - LASTS,
  };
}
