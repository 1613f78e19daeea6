/** A small cluster with a Service that gets requests, and what becomes of them. */
import { TrafficLedger } from '../../src/reporting/traffic-ledger.ts';
import { TrafficConservation } from '../../src/sim/checks/traffic-conservation.ts';
import type { Cluster } from '../../src/sim/cluster.ts';
import { MINUTE, seconds } from '../../src/sim/kernel/time.ts';
import type { FailureCause } from '../../src/sim/traffic/totals.ts';
import type { Traffic } from '../../src/sim/traffic/traffic.ts';
import { clusterMaker } from './scenario-cluster.ts';

/** What differs from test to test. */
export interface Setting {
  readonly traffic: string;
  readonly container?: string;
  readonly annotations?: string;
  readonly more?: string;
  readonly replicas?: number;
  readonly service?: string;
  readonly workloads?: string;
}

const web = ({ container = '', annotations = '', replicas = 4 }: Setting, image: string): string => `
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: ${replicas}
        selector: { matchLabels: { app: web } }
        strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
        template:
          metadata: { labels: { app: web }, annotations: { ${annotations} } }
          spec:
            containers: [{ name: c, image: '${image}', readinessProbe: { httpGet: { path: /, port: 80 }, periodSeconds: 2 } ${container} }]`;

/** The scenario of a setting: web, of four pods, replaced after ten minutes. */
export const scenario = (setting: Setting): string => `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: traffic }
duration: 30m
components: { kubelet: { imagesPresent: all } }
cluster: { nodeGroups: [{ name: n, count: 6, zones: [a, b, c], capacity: { cpu: 4, memory: 8Gi } }] }
workloads:
  - name: web
    inline: |${web(setting, 'web:1')}
      ---
      apiVersion: v1
      kind: Service
      metadata: { name: web }
      spec: { selector: { app: web }, ports: [{ port: 80 }] ${setting.service ?? ''} }
  - name: again
    at: 10m
    inline: |${web(setting, 'web:2')}
${setting.workloads ?? ''}
traffic: ${setting.traffic}
${setting.more ?? ''}
`;

/** Fields of a traffic from all nodes. */
export const OPEN = 'name: t, service: web, from: { nodes: {} }, at: 1m, serviceTime: 20ms, timeout: 2s';
export const FLUID = `[{ ${OPEN}, requestsPerSecond: 200 }]`;
export const SAMPLED = `[{ ${OPEN}, requestsPerSecond: 20, mode: sampled }]`;

/** A run and what was recorded of its requests. */
export interface Run {
  readonly cluster: Cluster;
  readonly traffic: Traffic;
  readonly ledger: TrafficLedger;
  readonly conservation: TrafficConservation;
}

/** Runs a setting for twenty minutes, requests being counted all the time. */
export async function run(setting: Setting, until = 20 * MINUTE): Promise<Run> {
  const cluster = (await clusterMaker(scenario(setting)))();
  const { traffic, kernel } = cluster;
  if (traffic === undefined) throw new Error('there is no traffic');
  const conservation = new TrafficConservation(traffic, () => kernel.now);
  const ledger = new TrafficLedger(traffic, () => kernel.now, 0);
  cluster.start();
  cluster.run({ until });
  ledger.settle(kernel.now);
  return { cluster, traffic, ledger, conservation };
}

/** Seconds in which requests failed, of those causes, after a time. */
export function failingSeconds({ ledger }: Run, after: number, causes: readonly FailureCause[]): readonly number[] {
  return ledger.stretches.flatMap(({ from, counts }) =>
    from >= seconds(after) && causes.some((cause) => counts.failed[cause] > 0) ? [from / 1e6] : [],
  );
}
