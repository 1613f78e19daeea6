import type { Pod } from '../../sim/api/core.ts';
import type { PodDisruptionBudget } from '../../sim/api/workloads.ts';
import { matchesSelector } from '../../sim/api/selectors.ts';
import type { PodRecord } from '../../sim/scheduler/node-table.ts';

/** A node that would take the pod if its victims went. */
export interface Candidate {
  readonly nodeName: string;
  /** Most important first. */
  readonly victims: readonly PodRecord[];
  readonly pdbViolations: number;
}

/** Later than any start: a pod that has not started counts as starting now. */
const NOT_STARTED = '9999';

/** Timestamps are of one form, so that their order is that of their texts. */
function startOf({ status }: Pod): string {
  return status.startTime ?? NOT_STARTED;
}

function priorityOf({ podClass }: PodRecord): number {
  return podClass.spec.priority;
}

/** Negative where `a` is more important: higher priority, then the earlier start. */
export function byImportance(a: PodRecord, b: PodRecord): number {
  if (priorityOf(a) !== priorityOf(b)) return priorityOf(b) - priorityOf(a);
  const [left, right] = [startOf(a.pod), startOf(b.pod)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Splits pods, most important first, into those whose eviction a budget forbids and the others. */
export function splitByBudgets(
  pods: readonly PodRecord[],
  budgetsOf: (namespace: string) => readonly PodDisruptionBudget[],
): { readonly violating: PodRecord[]; readonly others: PodRecord[] } {
  const left = new Map<PodDisruptionBudget, number>();
  const violating: PodRecord[] = [];
  const others: PodRecord[] = [];
  for (const record of pods) {
    const { name, namespace = '', labels = {} } = record.pod.metadata;
    let violates = false;
    for (const budget of Object.keys(labels).length === 0 ? [] : budgetsOf(namespace)) {
      if (!covers(budget, labels)) continue;
      const status = budget.status as DisruptionStatus | undefined;
      // Its eviction is under way and counted already.
      if (status?.disruptedPods?.[name] !== undefined) continue;
      const allowed = (left.get(budget) ?? status?.disruptionsAllowed ?? 0) - 1;
      left.set(budget, allowed);
      if (allowed < 0) violates = true;
    }
    (violates ? violating : others).push(record);
  }
  return { violating, others };
}

interface DisruptionStatus {
  readonly disruptionsAllowed?: number;
  readonly disruptedPods?: Readonly<Record<string, unknown>>;
}

/** Here a budget with an empty selector covers nothing. */
function covers({ spec }: PodDisruptionBudget, labels: Readonly<Record<string, string>>): boolean {
  const { selector } = spec;
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) return false;
  return matchesSelector(selector, labels);
}

/** Priorities may be negative; shifted, more victims always weigh more. */
const PRIORITY_SHIFT = 2 ** 31;

/** What is compared, in turn: the least stays. */
const RULES: readonly ((candidate: Candidate) => number)[] = [
  ({ pdbViolations }) => pdbViolations,
  ({ victims: [first] }) => (first === undefined ? -Infinity : priorityOf(first)),
  ({ victims }) => victims.reduce((sum, victim) => sum + priorityOf(victim) + PRIORITY_SHIFT, 0),
  ({ victims }) => victims.length,
];

/** The earliest start among the victims of the highest priority. */
function earliestStart({ victims }: Candidate): string {
  const highest = victims.reduce((most, victim) => Math.max(most, priorityOf(victim)), -Infinity);
  const starts = victims.filter((victim) => priorityOf(victim) === highest).map(({ pod }) => startOf(pod));
  return starts.reduce((least, start) => (start < least ? start : least), NOT_STARTED);
}

/** Candidates that are best by all rules: fewest PDB violations, …, and at last the latest earliest start. */
export function bestCandidates(candidates: readonly Candidate[]): readonly Candidate[] {
  let best = candidates;
  for (const rule of RULES) {
    const least = best.reduce((minimum, candidate) => Math.min(minimum, rule(candidate)), Infinity);
    best = best.filter((candidate) => rule(candidate) === least);
    if (best.length <= 1) return best;
  }
  const latest = best.map((candidate) => earliestStart(candidate)).reduce((a, b) => (a < b ? b : a));
  return best.filter((candidate) => earliestStart(candidate) === latest);
}
