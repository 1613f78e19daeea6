import type { TopologySpreadConstraint } from '../../sim/api/core.ts';
import type { LabelSelector, StringMap } from '../../sim/api/meta.ts';
import { matchesSelector } from '../../sim/api/selectors.ts';
import { canonicalText } from '../../sim/scheduler/canonical.ts';
import { defaultSelector } from '../../sim/scheduler/default-selector.ts';
import type { ClusterObjects } from '../../sim/scheduler/framework.ts';
import type { PodClass } from '../../sim/scheduler/pod-class.ts';

export const HOSTNAME = 'kubernetes.io/hostname';

/** A default constraint has no selector of its own: the pod's Services and owner give it. */
export type DefaultConstraint = Omit<TopologySpreadConstraint, 'labelSelector' | 'matchLabelKeys'>;

/** PodTopologySpreadArgs. */
export interface PodTopologySpreadArgs {
  /** `System` unless said otherwise. */
  readonly defaultingType?: 'System' | 'List';
  readonly defaultConstraints?: readonly DefaultConstraint[];
}

/** Source: plugins/podtopologyspread/plugin.go. */
const SYSTEM_DEFAULTS: readonly DefaultConstraint[] = [
  { topologyKey: HOSTNAME, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

/** A constraint with its selector resolved for one class of pods. */
export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
  /** Whether labels of a pod of the same namespace are selected. */
  readonly selects: (labels: StringMap) => boolean;
  /** A selector without any requirement: selects the pod itself, yet counts no others. */
  readonly countsNone: boolean;
  /** Tells the selector from all others. */
  readonly selectorKey: string;
}

function resolved(constraint: DefaultConstraint, selector: LabelSelector | undefined): SpreadConstraint {
  return {
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    honorsAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
    selects: (labels) => matchesSelector(selector, labels),
    countsNone: selector === undefined || isEmpty(selector),
    selectorKey: canonicalText(selector ?? null),
  };
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return matchExpressions.length === 0 && Object.keys(matchLabels).length === 0;
}

/** The selector with the pod's own values of `matchLabelKeys` added. */
function withLabelKeys(
  { labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint,
  labels: StringMap,
): LabelSelector | undefined {
  const added = matchLabelKeys.flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator: 'In' as const, values: [value] }];
  });
  if (added.length === 0) return labelSelector;
  return { ...labelSelector, matchExpressions: [...(labelSelector?.matchExpressions ?? []), ...added] };
}

/** The constraints of a class: its own, or the defaults where it has none. */
export function constraintsOf(
  args: PodTopologySpreadArgs,
  objects: ClusterObjects,
  pod: PodClass,
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway',
): readonly SpreadConstraint[] {
  const own = pod.spec.spec.topologySpreadConstraints ?? [];
  if (own.length > 0) {
    return own
      .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
      .map((constraint) => resolved(constraint, withLabelKeys(constraint, pod.labels)));
  }
  const defaults = isSystemDefaulted(args) ? SYSTEM_DEFAULTS : (args.defaultConstraints ?? []);
  const relevant = defaults.filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable);
  if (relevant.length === 0) return [];
  const selector = defaultSelector(objects, pod);
  return selector === undefined ? [] : relevant.map((constraint) => resolved(constraint, selector));
}

export function isSystemDefaulted({ defaultingType = 'System' }: PodTopologySpreadArgs): boolean {
  return defaultingType === 'System';
}
