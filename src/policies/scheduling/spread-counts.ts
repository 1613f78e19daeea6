import type { KubeNode } from '../../sim/api/core.ts';
import { DomainSums } from '../../sim/scheduler/domain-sums.ts';
import type { RowPredicate } from '../../sim/scheduler/domain-sums.ts';
import { NO_VALUE } from '../../sim/scheduler/label-columns.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import { matchesRequired } from '../../sim/scheduler/node-selection.ts';
import type { PodClass, PodInfo } from '../../sim/scheduler/pod-class.ts';
import type { PodCounter } from '../../sim/scheduler/pod-counters.ts';
import { untoleratedTaint } from '../../sim/scheduler/tolerations.ts';
import type { SpreadConstraint } from './spread-constraints.ts';

/** More of them than this are forgotten: they are made again when they are needed. */
const MEMORY_LIMIT = 10_000;

/** Pods that constraints select, by topology domain: shared among pods that count alike. */
export class SpreadCounts {
  readonly #table: NodeTable;
  readonly #sums = new Map<string, DomainSums>();
  /** The same by the constraint that asked last: constraints are resolved once for each class of pods. */
  #bySpread = new WeakMap<SpreadConstraint, { readonly sums: DomainSums; readonly pinnedNode: string }>();
  #counters = new WeakMap<SpreadConstraint, PodCounter>();
  #resets = -1;

  constructor(table: NodeTable) {
    this.#table = table;
  }

  /** Pods of the namespace that the constraint selects, by row. */
  counter({ podClass }: PodInfo, constraint: SpreadConstraint): PodCounter {
    this.#refresh();
    const known = this.#counters.get(constraint);
    if (known !== undefined) return known;
    const counter = this.#counter(podClass, constraint);
    this.#counters.set(constraint, counter);
    return counter;
  }

  #counter({ namespace }: PodClass, constraint: SpreadConstraint): PodCounter {
    const key = `spread ${namespace} ${constraint.selectorKey}`;
    const { selects } = constraint;
    const counts = (other: PodClass): boolean => other.namespace === namespace && selects(other.labels);
    return this.#table.counters.counter(key, counts, constraint.countsNone ? 'none' : 'living');
  }

  /**
   * Those pods by domain, on nodes that have all of `keys` as labels and that the constraint's policies let count.
   */
  sums(pod: PodInfo, constraint: SpreadConstraint, keys: readonly string[]): DomainSums {
    this.#refresh();
    const { podClass, pinnedNode = '' } = pod;
    const known = this.#bySpread.get(constraint);
    if (known?.pinnedNode === pinnedNode) return known.sums.refresh();
    const { spec } = podClass.spec;
    const byAffinity = constraint.honorsAffinity && (spec.nodeSelector ?? spec.affinity?.nodeAffinity) !== undefined;
    const nodes = byAffinity || constraint.honorsTaints ? `${podClass.spec.id} ${pinnedNode}` : '';
    const policies = `${byAffinity} ${constraint.honorsTaints}`;
    const selection = `${podClass.namespace} ${constraint.selectorKey}`;
    const key = [constraint.topologyKey, keys.join(' '), nodes, policies, selection].join('\n');
    let sums = this.#sums.get(key);
    if (sums === undefined) {
      const eligible = this.#eligible(pod, keys, byAffinity, constraint.honorsTaints);
      sums = new DomainSums(this.#table, this.counter(pod, constraint), constraint.topologyKey, eligible);
      this.#sums.set(key, sums);
    }
    this.#bySpread.set(constraint, { sums, pinnedNode });
    return sums.refresh();
  }

  /** Forgets what was counted by labels of namespaces that have changed, and all when it is too much. */
  #refresh(): void {
    const { resets } = this.#table.counters;
    if (this.#resets === resets && this.#sums.size <= MEMORY_LIMIT) return;
    this.#resets = resets;
    this.#sums.clear();
    this.#bySpread = new WeakMap();
    this.#counters = new WeakMap();
  }

  #eligible(
    { podClass, pinnedNode }: PodInfo,
    keys: readonly string[],
    byAffinity: boolean,
    byTaints: boolean,
  ): RowPredicate {
    const table = this.#table;
    const columns = keys.map((key) => table.labels.column(key));
    const { spec } = podClass.spec;
    return (row) => {
      for (const { values } of columns) if (values[row] === NO_VALUE) return false;
      const node = table.nodes[row] as KubeNode;
      if (byAffinity) {
        if (!matchesRequired(spec, node)) return false;
        if (pinnedNode !== undefined && pinnedNode !== node.metadata.name) return false;
      }
      return !byTaints || untoleratedTaint(spec.tolerations ?? [], node.spec.taints ?? []) === undefined;
    };
  }
}
