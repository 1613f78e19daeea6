import { quantityMilli } from '../sim/api/quantity.ts';
import type { InstanceGroupSpec, ProviderSpec } from '../sim/cloud/provider-spec.ts';
import type { RandomSource } from '../sim/kernel/random.ts';
import { seconds } from '../sim/kernel/time.ts';
import { sampler } from './generator/sampler.ts';
import type { Sampler } from './generator/sampler.ts';
import { unknownName } from './nearest.ts';
import { groupDevices } from './nodes/group-devices.ts';
import { nodeMaker } from './nodes/group-nodes.ts';
import { sizedGroup } from './nodes/sized-group.ts';
import { referencedCsv } from './referenced-file.ts';
import type { Scenario } from './scenario.ts';
import type { Distribution } from './schema/distribution.ts';

/** Spot prices are about a third of the others where nothing else is said; they differ by type and time. An assumption. */
const SPOT_SHARE = 1 / 3;

/** The cloud provider of a scenario and the node groups that it runs. */
export interface LoadedProvider {
  readonly spec: ProviderSpec;
  readonly groups: readonly InstanceGroupSpec[];
}

/** Reads `cluster.provider`; undefined where there is none. Throws InputError. */
export function loadProvider(scenario: Scenario, random: RandomSource): LoadedProvider | undefined {
  const { provider } = scenario.cluster;
  if (provider === undefined) return undefined;
  const groups = groupsOf(scenario);
  checkStockOuts(scenario, groups);
  checkQuota(scenario, groups);
  const draws = (given: Distribution, purpose: string): Sampler =>
    sampler(given, random.purpose(purpose), (file, name) => {
      const table = referencedCsv(scenario.source, ['cluster', 'provider'], file);
      const column = table.column(name);
      return table.rows.map((row) => table.duration(row, column));
    });
  const boot = draws(provider.boot, 'cloud-boot');
  const { interruption, notice, shutdownAtNotice } = provider.spot;
  const lives = interruption && draws(interruption, 'cloud-spot');
  const { randomStockOuts: out } = provider;
  const { interval, ...thresholds } = provider.loadBalancer.healthCheck;
  const spec: ProviderSpec = {
    types: provider.instanceTypes.map(({ name, cpu, price, spotPrice }) => ({
      name,
      vcpus: quantityMilli(cpu) / 1000,
      price,
      spotPrice: spotPrice ?? price * SPOT_SHARE,
    })),
    bootSeconds: (identity) => boot(identity, 0),
    quota: provider.quota,
    stockOuts: provider.stockOuts.map(({ at, for: lasts, ...where }) => ({
      ...where,
      at: seconds(at),
      forMicros: seconds(lasts),
    })),
    randomStockOuts: out && {
      between: draws(out.between, 'cloud-stock-out-between'),
      lasts: draws(out.lasts, 'cloud-stock-out-lasts'),
    },
    spot: {
      ...(lives === undefined ? {} : { livesSeconds: (identity: number) => lives(identity, 0) }),
      noticeSeconds: notice,
      shutsDownAtNotice: shutdownAtNotice,
    },
    api: provider.api,
    routeLatency: provider.routes?.latency,
    loadBalancer: {
      latency: provider.loadBalancer.latency,
      healthCheck: { ...thresholds, interval: seconds(interval) },
    },
  };
  return { spec, groups };
}

function groupsOf(scenario: Scenario): readonly InstanceGroupSpec[] {
  const { maxPods } = scenario.components.kubelet;
  return scenario.cluster.nodeGroups.flatMap((group, index): InstanceGroupSpec[] => {
    const sized = sizedGroup(scenario, group, index);
    if (!sized.rented) return [];
    const { name, spot, zones, count, autoscaling, region = '', instanceType = '' } = sized;
    return [
      {
        name,
        type: instanceType,
        spot,
        zones: zones.length === 0 ? [''] : zones,
        region,
        initial: count,
        autoscaling,
        devices: groupDevices(sized.devices),
        node: nodeMaker(sized, maxPods),
      },
    ];
  });
}

/** What is there from the start lies within the quota. */
function checkQuota({ cluster, source }: Scenario, groups: readonly InstanceGroupSpec[]): void {
  const { quota = {}, instanceTypes = [] } = cluster.provider ?? {};
  const vcpusOf = new Map(instanceTypes.map(({ name, cpu }) => [name, quantityMilli(cpu) / 1000]));
  const used = {
    instances: groups.reduce((sum, { initial }) => sum + initial, 0),
    vcpus: groups.reduce((sum, { initial, type }) => sum + initial * (vcpusOf.get(type) ?? 0), 0),
  };
  for (const what of ['instances', 'vcpus'] as const) {
    const limit = quota[what];
    if (limit === undefined || used[what] <= limit) continue;
    throw source.error(['cluster', 'provider', 'quota', what], {
      message: 'the cluster begins beyond its quota',
      found: String(limit),
      allowed: `at least ${used[what]}, which its node groups have`,
    });
  }
}

/** The instance types and zones that stock-outs name must be there. */
function checkStockOuts({ cluster, source }: Scenario, groups: readonly InstanceGroupSpec[]): void {
  const zones = [...new Set(groups.flatMap((group) => group.zones))].filter((zone) => zone !== '');
  const types = cluster.provider?.instanceTypes.map(({ name }) => name) ?? [];
  for (const [index, { type, zone }] of (cluster.provider?.stockOuts ?? []).entries()) {
    const path = ['cluster', 'provider', 'stockOuts', index];
    if (type !== undefined && !types.includes(type)) {
      throw source.error([...path, 'type'], unknownName('instance type', type, types));
    }
    if (zone !== undefined && !zones.includes(zone)) {
      throw source.error([...path, 'zone'], unknownName('zone', zone, zones));
    }
  }
}
