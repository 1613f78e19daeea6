import type { AutoscalerCounts } from '../sim/autoscaler/cluster-autoscaler.ts';
import type { CloudCounts } from '../sim/cloud/provider.ts';
import type { GroupBill } from '../sim/cloud/bill.ts';
import type { Instance, InstanceGroupSpec } from '../sim/cloud/provider-spec.ts';
import type { Micros } from '../sim/kernel/time.ts';
import { CsvTable, rounded } from './csv-table.ts';
import type { Cell } from './csv-table.ts';
import type { OutputFile } from './output-folder.ts';
import type { NodeLife } from './node-ledger.ts';

const HOUR: Micros = 3_600_000_000;

/** What is looked at of a cloud provider. */
export interface CloudSource {
  readonly groups: { readonly specs: readonly InstanceGroupSpec[]; target(group: string): number };
  readonly bills: ReadonlyMap<string, GroupBill>;
  readonly counts: CloudCounts;
  instance(name: string): Instance | undefined;
}

/** What is looked at of a cluster autoscaler. */
export interface AutoscalerSource {
  readonly counts: AutoscalerCounts;
}

function autoscalerMetrics(counts: AutoscalerCounts): Readonly<Record<string, number>> {
  const { scaleUps, nodesAdded, nodesRemoved, failedScaleUps } = counts;
  return {
    autoscaler_scale_ups: scaleUps,
    autoscaler_nodes_added: nodesAdded,
    autoscaler_nodes_removed: nodesRemoved,
    autoscaler_scale_ups_failed: failedScaleUps,
  };
}

/** A node group's bill, as summary.json has it. */
export interface NodeGroupCost {
  readonly name: string;
  readonly instance_type: string;
  readonly capacity_type: 'on-demand' | 'spot';
  readonly instances: number;
  readonly instances_peak: number;
  readonly instance_hours: number;
  readonly cost: number;
}

/** What a node's row says of its instance. */
export const INSTANCE_COLUMNS = ['node_group', 'capacity_type', 'price_per_hour', 'cost'];

/** The provider's instances and what they cost, sampled with all else. */
export class CloudLedger {
  readonly #source: CloudSource;
  /** Undefined where no node group is autoscaled. */
  readonly autoscaler: AutoscalerSource | undefined;
  /** How many each node group had, sample by sample. */
  readonly instances = new Map<string, number[]>();
  readonly #rows: Cell[][] = [];
  readonly #peaks = new Map<string, number>();

  constructor(source: CloudSource, autoscaler: AutoscalerSource | undefined) {
    this.#source = source;
    this.autoscaler = autoscaler;
    for (const { name } of source.groups.specs) this.instances.set(name, []);
  }

  /** Takes a sample, for cloud.csv and the peaks. */
  take(timeSeconds: number): void {
    const { bills, groups } = this.#source;
    const row: Cell[] = [timeSeconds];
    for (const { name } of groups.specs) {
      const { instances, perHour, cost } = bills.get(name) as GroupBill;
      this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, instances));
      this.instances.get(name)?.push(instances);
      row.push(instances, groups.target(name), rounded(perHour), rounded(cost));
    }
    this.#rows.push(row);
  }

  get counts(): CloudCounts {
    return this.#source.counts;
  }

  get groups(): readonly NodeGroupCost[] {
    const { bills, groups } = this.#source;
    return groups.specs.map(({ name, type, spot }) => {
      const { instances, instanceHours, cost } = bills.get(name) as GroupBill;
      return {
        name,
        instance_type: type,
        capacity_type: spot ? 'spot' : 'on-demand',
        instances,
        instances_peak: Math.max(instances, this.#peaks.get(name) ?? 0),
        instance_hours: rounded(instanceHours),
        cost: rounded(cost),
      };
    });
  }

  /** Headline figures. */
  metrics(now: Micros): Readonly<Record<string, number>> {
    const { groups } = this;
    const { launches, refusals, throttled } = this.#source.counts;
    const cost = groups.reduce((sum, group) => sum + group.cost, 0);
    return {
      cloud_cost: rounded(cost),
      cloud_cost_per_hour_mean: now === 0 ? 0 : rounded((cost * HOUR) / now),
      cloud_instance_hours: rounded(groups.reduce((sum, group) => sum + group.instance_hours, 0)),
      cloud_launches: launches,
      cloud_launches_without_capacity: refusals.InsufficientInstanceCapacity,
      cloud_launches_over_quota: refusals.QuotaExceeded,
      cloud_calls_throttled: throttled,
      ...(this.autoscaler === undefined ? {} : autoscalerMetrics(this.autoscaler.counts)),
    };
  }

  /** The cells of `INSTANCE_COLUMNS` for a node. */
  cells({ name }: NodeLife, now: Micros): readonly Cell[] {
    const instance = this.#source.instance(name);
    if (instance === undefined) return INSTANCE_COLUMNS.map(() => undefined);
    const { group, spot, pricePerHour, launched, ended = now } = instance;
    const cost = rounded((pricePerHour * (ended - launched)) / HOUR);
    return [group, spot ? 'spot' : 'on-demand', pricePerHour, cost];
  }

  /** cloud.csv: a row for each of timeseries.csv; per node group its instances, how many it is to have, and what they cost. */
  write(file: OutputFile): void {
    const columns = this.#source.groups.specs.flatMap(({ name }) =>
      ['instances', 'target', 'cost_per_hour', 'cost_total'].map((what) => `${name}_${what}`),
    );
    const table = new CsvTable(file, ['time_seconds', ...columns]);
    for (const row of this.#rows) table.row(row);
    table.end();
  }
}
