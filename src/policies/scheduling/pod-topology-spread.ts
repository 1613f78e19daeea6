import { MAX_NODE_SCORE } from '../../sim/scheduler/framework.ts';
import type { Cycle, Plugin, PluginHandle } from '../../sim/scheduler/framework.ts';
import { dividedBy } from '../../sim/scheduler/integer-division.ts';
import type { DomainSums } from '../../sim/scheduler/domain-sums.ts';
import { NO_VALUE } from '../../sim/scheduler/label-columns.ts';
import type { LabelColumn } from '../../sim/scheduler/label-columns.ts';
import type { PodClass, PodInfo } from '../../sim/scheduler/pod-class.ts';
import { PASSES, SKIP, unresolvable, unschedulable } from '../../sim/scheduler/status.ts';
import type { Status } from '../../sim/scheduler/status.ts';
import { constraintsOf, HOSTNAME, isSystemDefaulted } from './spread-constraints.ts';
import type { PodTopologySpreadArgs, SpreadConstraint } from './spread-constraints.ts';
import { SpreadCounts } from './spread-counts.ts';
import { spreadEvents } from './spread-events.ts';

const NAME = 'PodTopologySpread';
const TOO_SKEWED = unschedulable("node(s) didn't match pod topology spread constraints");
const NO_LABEL = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");

interface Constraints {
  readonly version: number;
  readonly hard: readonly SpreadConstraint[];
  readonly soft: readonly SpreadConstraint[];
}

/** A hard constraint in one cycle. */
interface HardState {
  readonly column: LabelColumn;
  readonly sums: DomainSums;
  /** Pods that may be in a domain already for the new one to come: maxSkew + minimum - (1 if it counts itself). */
  readonly most: number;
}

/** A soft constraint in one cycle. */
interface SoftState {
  readonly column: LabelColumn;
  /** Pods by domain. */
  readonly sums: DomainSums | undefined;
  /** Pods by row, for hostnames: they are counted where they are. */
  readonly onNode: Int32Array | undefined;
  readonly weight: number;
  readonly tolerated: number;
}

/** What PreScore leaves for Score. */
interface SoftCycle {
  readonly states: readonly SoftState[];
  /** Labels without which a node is not scored; empty where all feasible nodes have them. */
  readonly required: readonly LabelColumn[];
}

/** Spreads pods over topology domains: hard constraints filter, soft ones score. */
export function podTopologySpread(args: PodTopologySpreadArgs, { table, objects }: PluginHandle): Plugin {
  const memory = new WeakMap<PodClass, Constraints>();
  const counts = new SpreadCounts(table);
  const domains = new DistinctValues();

  const constraints = ({ podClass }: PodInfo): Constraints => {
    const own = (podClass.spec.spec.topologySpreadConstraints ?? []).length > 0;
    const version = own ? 0 : objects.workloadVersion;
    let known = memory.get(podClass);
    if (known?.version !== version) {
      const hard = constraintsOf(args, objects, podClass, 'DoNotSchedule');
      const soft = constraintsOf(args, objects, podClass, 'ScheduleAnyway');
      known = { version, hard, soft };
      memory.set(podClass, known);
    }
    return known;
  };

  const hardStates = (pod: PodInfo, hard: readonly SpreadConstraint[]): HardState[] => {
    const keys = hard.map(({ topologyKey }) => topologyKey);
    return hard.map((constraint) => {
      const sums = counts.sums(pod, constraint, keys);
      // Of fewer domains than wanted those that are missing count as empty.
      const minimum = sums.domains < constraint.minDomains ? 0 : sums.minimum();
      const self = constraint.selects(pod.podClass.labels) ? 1 : 0;
      return { column: sums.column, sums, most: constraint.maxSkew + minimum - self };
    });
  };

  const verdict = (states: readonly HardState[], row: number): Status | undefined => {
    for (const { column, sums, most } of states) {
      const value = column.values[row] as number;
      if (value === NO_VALUE) return NO_LABEL;
      if ((sums.sums[value] as number) > most) return TOO_SKEWED;
    }
    return undefined;
  };

  const scoreAt = ({ states, required }: SoftCycle, row: number): number => {
    for (const { values } of required) if (values[row] === NO_VALUE) return 0;
    let score = 0;
    for (const state of states) score += partOf(state, row);
    return Math.round(score);
  };

  return {
    name: NAME,
    repeatable: true,
    events: spreadEvents((pod) => constraints(pod).hard),
    concerns: ({ podClass }, { metadata }, rejected) => rejected && metadata.namespace === podClass.namespace,
    preFilter({ state }, pod) {
      const { hard } = constraints(pod);
      if (hard.length === 0) return SKIP;
      state.set(NAME, hardStates(pod, hard));
      return undefined;
    },
    filter(_cycle, pod, { row }) {
      // Counted anew: pods may have been put on nodes for a trial since PreFilter.
      return verdict(hardStates(pod, constraints(pod).hard), row);
    },
    filterRows({ state, statuses }, _pod, rows, count, verdicts) {
      const states = state.get(NAME) as HardState[];
      for (let i = 0; i < count; i++) {
        if (verdicts[i] !== PASSES) continue;
        const status = verdict(states, rows[i] as number);
        if (status !== undefined) verdicts[i] = statuses.id(NAME, status);
      }
    },
    preScore({ state }, pod, rows, count) {
      const { soft } = constraints(pod);
      if (soft.length === 0) return SKIP;
      const own = (pod.podClass.spec.spec.topologySpreadConstraints ?? []).length > 0;
      // System defaults take nodes without a zone as they are.
      const requiresAll = own || !isSystemDefaulted(args);
      const keys = requiresAll ? soft.map(({ topologyKey }) => topologyKey) : [];
      const columns = keys.map((key) => table.labels.column(key));
      const required = columns.filter(({ known, values }) => known < table.size && lacks(values, rows, count));
      const states = soft.map((constraint): SoftState => {
        const column = table.labels.column(constraint.topologyKey);
        const perNode = constraint.topologyKey === HOSTNAME;
        const most = column.known < table.size ? Infinity : column.texts.length;
        const size = domains.count(column, required, rows, count, perNode, most);
        return {
          column,
          sums: perNode ? undefined : counts.sums(pod, constraint, keys),
          onNode: perNode ? counts.counter(pod, constraint).column(table.generation.length) : undefined,
          weight: Math.log(size + 2),
          tolerated: constraint.maxSkew - 1,
        };
      });
      const cycle: SoftCycle = { states, required };
      state.set(NAME, cycle);
      return undefined;
    },
    skipsScore(_cycle, pod) {
      return constraints(pod).soft.length === 0;
    },
    score({ state }, _pod, { row }) {
      return scoreAt(state.get(NAME) as SoftCycle, row);
    },
    scoreRows({ state }, _pod, rows, count, scores) {
      const cycle = state.get(NAME) as SoftCycle;
      if (cycle.required.length > 0) {
        for (let i = 0; i < count; i++) scores[i] = scoreAt(cycle, rows[i] as number);
        return;
      }
      scores.fill(0, 0, count);
      for (const soft of cycle.states) addParts(soft, rows, count, scores);
      for (let i = 0; i < count; i++) scores[i] = Math.round(scores[i] as number);
    },
    normalizeScore({ state }: Cycle, _pod, scores, count, rows) {
      normalizeSpread(scores, count, rows, (state.get(NAME) as SoftCycle).required);
    },
  };
}

/** What one constraint adds to a node's raw score. */
function partOf({ column, sums, onNode, weight, tolerated }: SoftState, row: number): number {
  const value = column.values[row] as number;
  if (value === NO_VALUE) return 0;
  const pods = (onNode === undefined ? (sums as DomainSums).sums[value] : onNode[row]) as number;
  return pods * weight + tolerated;
}

/** The same for many rows at once. */
function addParts(
  { column: { values }, sums, onNode, weight, tolerated }: SoftState,
  rows: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  if (onNode !== undefined) {
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (values[row] !== NO_VALUE) scores[i]! += (onNode[row] as number) * weight + tolerated;
    }
    return;
  }
  const counted = (sums as DomainSums).sums;
  for (let i = 0; i < count; i++) {
    const value = values[rows[i] as number] as number;
    if (value !== NO_VALUE) scores[i]! += (counted[value] as number) * weight + tolerated;
  }
}

/** Whether any of the rows has no value. */
function lacks(values: Int32Array, rows: Int32Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (values[rows[i] as number] === NO_VALUE) return true;
  return false;
}

/** Whether a row lacks one of the labels. */
function lacksOne(columns: readonly LabelColumn[], row: number): boolean {
  for (const { values } of columns) if (values[row] === NO_VALUE) return true;
  return false;
}

/** The fewer pods the better, relative to the most; nodes that lack a label get nothing. */
function normalizeSpread(
  scores: Float64Array,
  count: number,
  rows: Int32Array,
  required: readonly LabelColumn[],
): void {
  const all = required.length === 0;
  let minimum = Infinity;
  let maximum = 0;
  for (let i = 0; i < count; i++) {
    if (!all && lacksOne(required, rows[i] as number)) continue;
    const score = scores[i] as number;
    if (score < minimum) minimum = score;
    if (score > maximum) maximum = score;
  }
  if (all && maximum > 0) {
    const sum = maximum + minimum;
    for (let i = 0; i < count; i++) scores[i] = dividedBy(MAX_NODE_SCORE * (sum - (scores[i] as number)), maximum);
    return;
  }
  for (let i = 0; i < count; i++) {
    if (lacksOne(required, rows[i] as number)) scores[i] = 0;
    else if (maximum === 0) scores[i] = MAX_NODE_SCORE;
    else scores[i] = dividedBy(MAX_NODE_SCORE * (maximum + minimum - (scores[i] as number)), maximum);
  }
}

/** Counts the different values of a label over some rows. */
class DistinctValues {
  #seen = new Uint32Array(64);
  #round = 0;

  /** `perNode`: each row is a domain of its own. Rows without the label are one domain together. There are `most` at most. */
  count(
    column: LabelColumn,
    required: readonly LabelColumn[],
    rows: Int32Array,
    count: number,
    perNode: boolean,
    most: number,
  ): number {
    if (this.#seen.length < column.texts.length) this.#seen = new Uint32Array(2 * column.texts.length);
    if (perNode && required.length === 0) return count;
    this.#round++;
    let distinct = 0;
    let missing = false;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (lacksOne(required, row)) continue;
      const value = column.values[row] as number;
      if (perNode) distinct++;
      else if (value === NO_VALUE) missing = true;
      else if (this.#seen[value] !== this.#round) {
        this.#seen[value] = this.#round;
        if (++distinct === most) break;
      }
    }
    return missing ? distinct + 1 : distinct;
  }
}
