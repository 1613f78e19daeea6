import type { ChosenPolicies } from './policies/registry.ts';
import type { ApiLoadSpec } from './sim/api-load.ts';
import type { ClusterOptions } from './sim/cluster.ts';
import type { TimedFault } from './sim/faults/timed-fault.ts';
import type { QueueKind } from './sim/kernel/event-queue.ts';
import { RandomSource } from './sim/kernel/random.ts';
import { seconds } from './sim/kernel/time.ts';
import { loadArrivals } from './workloads/load-arrivals.ts';
import { loadProvider } from './workloads/load-provider.ts';
import { loadOutages } from './workloads/load-outages.ts';
import { loadNodes } from './workloads/load-nodes.ts';
import { loadStaticPods } from './workloads/nodes/load-static-pods.ts';
import { loadStages } from './workloads/stages/load-stages.ts';
import { loadTraffic } from './workloads/load-traffic.ts';
import type { ApiLoadDocument, FaultSpec } from './workloads/scenario-schema.ts';
import type { Scenario } from './workloads/scenario.ts';

/** Ways to run one cluster that make no difference to what happens in it. */
export interface ClusterVariant {
  readonly queue?: QueueKind;
  readonly heartbeats?: 'lazy' | 'plain';
}

/** A cluster's parts, read from a scenario. */
export function clusterOptions(
  scenario: Scenario,
  { heartbeats = scenario.components.kubelet.heartbeats, queue }: ClusterVariant,
  { profiles, extenders, schedulerSettings, warnings, reconcile, failureModels, failureResponse }: ChosenPolicies,
  onWarning?: (text: string) => void,
): ClusterOptions {
  const { seed, startTime, components } = scenario;
  const nodes = loadNodes(scenario);
  const random = new RandomSource(seed);
  const provider = loadProvider(scenario, random);
  const arrivals = loadArrivals(scenario, random);
  const stages = loadStages(scenario);
  const told = [scenario.source.warnings, warnings, nodes.warnings, stages?.warnings ?? [], arrivals.warnings];
  for (const warning of told.flat()) onWarning?.(warning);
  return {
    seed,
    startTime,
    settings: {
      ...components,
      scheduler: { ...components.scheduler, ...schedulerSettings },
      kubelet: { ...components.kubelet, heartbeats },
    },
    machines: nodes.entries.map(({ node, group, zone = '', cloud, devices, rented }) => ({
      node,
      group,
      zone,
      cloud,
      devices,
      ...(rented === true ? { instance: true } : {}),
    })),
    provider,
    staticPods: loadStaticPods(scenario),
    stages: stages?.stages,
    arrivals: arrivals.sources,
    profiles,
    reconcile,
    extenders,
    traffic: loadTraffic(scenario, nodes.entries, arrivals.workloads),
    apiLoad: scenario.apiLoad.map((load) => apiLoad(load, scenario.duration)),
    faults: [...scenario.faults.map(timedFault), ...loadOutages(scenario, nodes.entries)],
    controlPlaneZone: scenario.cluster.controlPlaneZone,
    failureModels,
    failureResponse,
    ...(queue === undefined ? {} : { queue }),
  };
}

/** A load of the scenario in the clock's unit. */
function apiLoad({ at, for: lasts, kind = 'ConfigMap', ...rest }: ApiLoadDocument, duration: number): ApiLoadSpec {
  return { ...rest, kind, at: seconds(at), forMicros: seconds(lasts ?? duration) };
}

/** A fault of the scenario in the clock's unit. */
function timedFault({ at, for: lasts, warning, every, rate, pods, ...rest }: FaultSpec): TimedFault {
  return {
    ...defined(rest),
    ...(warning === undefined ? {} : { warningMicros: seconds(warning) }),
    ...(every === undefined ? {} : { everyMicros: seconds(every) }),
    ...(rate === undefined ? {} : { perSecond: rate }),
    at: seconds(at),
    ...(lasts === undefined ? {} : { forMicros: seconds(lasts) }),
    ...(pods === undefined ? {} : { pods: defined(pods) }),
  };
}

/** Without the fields that are there but undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
