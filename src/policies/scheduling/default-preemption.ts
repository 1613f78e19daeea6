import type { Pod } from '../../sim/api/core.ts';
import { Action } from '../../sim/scheduler/cluster-event.ts';
import { nodesText } from '../../sim/scheduler/fit-error.ts';
import type { Cycle, Diagnosis, Plugin, PluginHandle } from '../../sim/scheduler/framework.ts';
import { ExtenderError } from '../../sim/scheduler/extenders.ts';
import type { Extenders } from '../../sim/scheduler/extenders.ts';
import type { NodeTable, PodRecord } from '../../sim/scheduler/node-table.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';
import { unresolvable } from '../../sim/scheduler/status.ts';
import type { PluginStatus } from '../../sim/scheduler/status.ts';
import { bestCandidates, byImportance, candidateOf, splitByBudgets } from './preemption-choice.ts';
import type { Candidate } from './preemption-choice.ts';

const NAME = 'DefaultPreemption';

/** DefaultPreemptionArgs. */
export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage?: number;
  readonly minCandidateNodesAbsolute?: number;
}

const NO_VICTIMS: PluginStatus = {
  plugin: NAME,
  code: 'UnschedulableAndUnresolvable',
  reasons: ['No preemption victims found for incoming pod'],
};
const PREEMPTING = unresolvable('waiting for the preemption for this pod to be finished');
const NOT_HELPFUL = ['Preemption is not helpful for scheduling'];

/** Where among the potential nodes the search begins: drawn, from 0 to n - 1. */
export type OffsetDraw = (pod: PodInfo, attempt: number, nodes: number) => number;

/** What preempting came to, in full. */
export interface PreemptionOutcome {
  readonly candidates: readonly Candidate[];
  readonly best: readonly Candidate[];
  /** By node name: why the others that were tried do not do. */
  readonly refusals: ReadonlyMap<string, PluginStatus>;
}

function isTerminatingByPreemption({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return (status.conditions ?? []).some(
    ({ type, status: value, reason }) =>
      type === 'DisruptionTarget' && value === 'True' && reason === 'PreemptionByScheduler',
  );
}

/** Makes room for a pod by removing pods of lower priority from the node where that hurts least. */
export function defaultPreemption(
  args: DefaultPreemptionArgs,
  { table, draws, isPreempting, extenders }: PluginHandle,
): Plugin {
  const { minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 } = args;
  const tried = new TriedRows();

  const ineligible = ({ pod, podClass }: PodInfo, { verdicts }: Diagnosis, cycle: Cycle): string | undefined => {
    if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
    const row = table.rowOf(pod.status.nominatedNodeName ?? '');
    if (row === undefined) return undefined;
    const verdict = verdicts.get(row);
    if (verdict === undefined || cycle.statuses.get(verdict).code === 'UnschedulableAndUnresolvable') return undefined;
    const waits = (table.podsOn[row] as PodRecord[]).some(
      (other) => other.podClass.spec.priority < podClass.spec.priority && isTerminatingByPreemption(other.pod),
    );
    return waits ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
  };

  return {
    name: NAME,
    scope: 'row',
    repeatable: true,
    events: [{ resource: 'AssignedPod', action: Action.delete }],
    preEnqueue({ pod }) {
      return isPreempting?.(pod.metadata.uid) === true ? PREEMPTING : undefined;
    },
    postFilter(cycle, pod, diagnosis, attempt) {
      const reason = ineligible(pod, diagnosis, cycle);
      if (reason !== undefined) return { message: `preemption: ${reason}` };
      const rows = resolvable(table.order, diagnosis, cycle);
      const offset = rows.length === 0 ? 0 : draws(pod, attempt, rows.length);
      const share = Math.floor((rows.length * minCandidateNodesPercentage) / 100);
      const wanted = Math.min(rows.length, Math.max(share, minCandidateNodesAbsolute));
      const { best, candidates, refusals } = preempt(cycle, pod, rows, offset, wanted, tried.of(pod.podClass, cycle));
      let chosen: Candidate | undefined;
      try {
        const asks = extenders !== undefined && candidates.length > 0;
        [chosen] = asks ? extended(extenders, pod, candidates, table) : best;
      } catch (error) {
        if (error instanceof ExtenderError) return { message: `preemption: ${error.message}`, failed: true };
        throw error;
      }
      if (chosen !== undefined) {
        return { message: '', nominatedNode: chosen.nodeName, victims: chosen.victims.map(({ key }) => key) };
      }
      const absent = { reasons: NOT_HELPFUL, count: table.size - refusals.size };
      const told = [...refusals.values()].map((status) => [status, 1] as const);
      return { message: `preemption: ${nodesText(table.size, told, absent)}`, nominatedNode: '' };
    },
  };
}

/** The best of the candidates that extenders leave, with the victims they leave. Source: callExtenders. */
function extended(
  extenders: Extenders,
  pod: PodInfo,
  candidates: readonly Candidate[],
  table: NodeTable,
): readonly Candidate[] {
  const asked = candidates.map(({ nodeName, victims, pdbViolations }) => {
    return [nodeName, { pods: victims.map((victim) => victim.pod), pdbViolations }] as const;
  });
  const left = extenders.preempt(pod, new Map(asked));
  const kept = [...left].map(([nodeName, { pods, pdbViolations }]) => {
    const victims = pods.map(({ metadata }) => table.pod(`${metadata.namespace ?? ''}/${metadata.name}`) as PodRecord);
    return candidateOf(nodeName, victims, pdbViolations);
  });
  return bestCandidates(kept);
}

/** The rows, in order, whose refusal fewer pods could undo. */
function resolvable(order: Int32Array, { verdicts }: Diagnosis, { statuses }: Cycle): Int32Array {
  const rows = new Int32Array(order.length);
  let count = 0;
  // Neighbours mostly have one verdict.
  let latest: number | undefined;
  let helps = false;
  for (let i = 0; i < order.length; i++) {
    const verdict = verdicts.get(order[i] as number);
    if (verdict !== latest) {
      latest = verdict;
      helps = verdict !== undefined && statuses.get(verdict).code === 'Unschedulable';
    }
    if (helps) rows[count++] = order[i] as number;
  }
  return rows.subarray(0, count);
}

/** Tries nodes from an offset on until there are enough candidates, one of them without a PDB violation. */
export function preempt(
  cycle: Cycle,
  pod: PodInfo,
  rows: ArrayLike<number>,
  offset: number,
  wanted: number,
  memory?: RowMemory,
): PreemptionOutcome {
  const peaceful: Candidate[] = [];
  const violating: Candidate[] = [];
  const refusals = new Map<string, PluginStatus>();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[(offset + i) % rows.length] as number;
    const known = memory?.get(row);
    const tried = known ?? victimsOn(cycle, pod, row);
    if (known === undefined) memory?.set(row, tried);
    if ('code' in tried) refusals.set(cycle.table.names[row] as string, tried);
    else (tried.pdbViolations === 0 ? peaceful : violating).push(tried);
    if (peaceful.length > 0 && peaceful.length + violating.length >= wanted) break;
  }
  const candidates = [...peaceful, ...violating];
  return { candidates, best: bestCandidates(candidates), refusals };
}

/** The least that has to go from a row for the pod to fit: all lower pods but those that can come back. */
function victimsOn(cycle: Cycle, pod: PodInfo, row: number): Candidate | PluginStatus {
  const { table, objects } = cycle;
  const nodeName = table.names[row] as string;
  const { priority } = pod.podClass.spec;
  const lower = (table.podsOn[row] as PodRecord[]).filter(({ podClass }) => podClass.spec.priority < priority);
  if (lower.length === 0) return NO_VICTIMS;
  return table.trial(row, () => {
    const before = [...(table.podsOn[row] as PodRecord[])];
    for (const { key } of lower) table.removePod(key);
    const refusal = cycle.fits(pod, row);
    const victims: PodRecord[] = [];
    let pdbViolations = 0;
    if (refusal === undefined) {
      const { violating, others } = splitByBudgets(lower.toSorted(byImportance), (namespace) =>
        objects.disruptionBudgets(namespace),
      );
      const comesBack = (record: PodRecord): boolean => {
        table.addPod(record, nodeName);
        if (cycle.fits(pod, row) === undefined) return true;
        table.removePod(record.key);
        victims.push(record);
        return false;
      };
      for (const record of violating) if (!comesBack(record)) pdbViolations++;
      for (const record of others) comesBack(record);
      if (violating.length > 0 && others.length > 0) victims.sort(byImportance);
    }
    for (const record of refusal === undefined ? victims : lower) table.addPod(record, nodeName);
    table.reorderPods(row, before);
    return refusal ?? candidateOf(nodeName, victims, pdbViolations);
  });
}

/** What trying rows came to for one class of pods, while nothing of a row has changed. */
export class RowMemory {
  readonly budgetVersion: number;
  readonly #table: Cycle['table'];
  /** By row: its generation and its pods' starts at the time, and the outcome. */
  #generations = new Uint32Array(0);
  #starts = new Uint32Array(0);
  readonly #outcomes: (Candidate | PluginStatus | undefined)[] = [];
  #nominated: Uint8Array | undefined;

  constructor({ table, objects }: Cycle) {
    this.#table = table;
    this.budgetVersion = objects.budgetVersion;
  }

  /** Before a cycle's first row. */
  begin(cycle: Cycle): void {
    this.#nominated = cycle.nominatedRows();
    const capacity = this.#table.generation.length;
    if (capacity === this.#generations.length) return;
    this.#generations = new Uint32Array(capacity);
    this.#starts = new Uint32Array(capacity);
  }

  get(row: number): Candidate | PluginStatus | undefined {
    const { generation, startStamp } = this.#table;
    if (this.#generations[row] !== generation[row] || this.#starts[row] !== startStamp[row]) return undefined;
    return this.#nominated === undefined || this.#nominated[row] === 1 ? undefined : this.#outcomes[row];
  }

  set(row: number, outcome: Candidate | PluginStatus): void {
    if (this.#nominated === undefined || this.#nominated[row] === 1) return;
    this.#generations[row] = this.#table.generation[row] as number;
    this.#starts[row] = this.#table.startStamp[row] as number;
    this.#outcomes[row] = outcome;
  }
}

/** Memories by class. */
class TriedRows {
  readonly #byClass = new WeakMap<object, RowMemory>();

  of(podClass: PodInfo['podClass'], cycle: Cycle): RowMemory {
    let memory = this.#byClass.get(podClass);
    if (memory === undefined || memory.budgetVersion !== cycle.objects.budgetVersion) {
      memory = new RowMemory(cycle);
      this.#byClass.set(podClass, memory);
    }
    memory.begin(cycle);
    return memory;
  }
}
