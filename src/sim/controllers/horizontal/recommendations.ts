import type { HorizontalPodAutoscaler, ScalingPolicy, ScalingRules } from '../../api/workloads.ts';
import { seconds } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';

/** What was proposed, or changed, when. */
interface Dated {
  readonly time: Micros;
  readonly replicas: number;
}

/** What an autoscaler remembers from one look to the next; plain data. */
export interface Memory {
  readonly recommendations: readonly Dated[];
  readonly ups: readonly Dated[];
  readonly downs: readonly Dated[];
}

export const NO_MEMORY: Memory = { recommendations: [], ups: [], downs: [] };

/** A number of replicas that memory and rules allow. */
export interface Allowed {
  readonly replicas: number;
  /** Why it is not what was proposed; undefined where it is. */
  readonly limited: string | undefined;
}

type Behavior = NonNullable<HorizontalPodAutoscaler['spec']['behavior']>;

/** Source: pkg/apis/autoscaling/v2/defaults.go. */
const UP: Required<ScalingRules> = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const DOWN: Required<ScalingRules> = {
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

/** Longest window and period that a behaviour may ask for. Source: validation of autoscaling/v2. */
const LONGEST = seconds(3600);

/** Remembers a proposal and a change, and forgets what no rule asks for. */
export function remembered(memory: Memory, now: Micros, proposed: number, changed: number): Memory {
  const fresh = (list: readonly Dated[]): Dated[] => list.filter(({ time }) => time >= now - LONGEST);
  const ups = fresh(memory.ups);
  const downs = fresh(memory.downs);
  if (changed > 0) ups.push({ time: now, replicas: changed });
  if (changed < 0) downs.push({ time: now, replicas: -changed });
  return { recommendations: [...fresh(memory.recommendations), { time: now, replicas: proposed }], ups, downs };
}

/**
 * Without a `behavior`: down to the highest proposal of the window, up at most to twice what there is.
 * Source: pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicas.
 */
export function allowedByDefault(
  memory: Memory,
  now: Micros,
  current: number,
  proposed: number,
  limits: { readonly minimum: number; readonly maximum: number; readonly windowSeconds: number },
): Allowed {
  const cutoff = now - seconds(limits.windowSeconds);
  const recent = memory.recommendations.filter(({ time }) => time >= cutoff).map(({ replicas }) => replicas);
  const stable = Math.max(proposed, ...recent);
  // Source: calculateScaleUpLimit.
  const highest = Math.min(limits.maximum, Math.max(2 * current, 4));
  if (stable < limits.minimum) return { replicas: limits.minimum, limited: 'TooFewReplicas' };
  if (stable <= highest) return { replicas: stable, limited: undefined };
  return { replicas: highest, limited: highest < limits.maximum ? 'ScaleUpLimit' : 'TooManyReplicas' };
}

/** With a `behavior`. Source: the same, normalizeDesiredReplicasWithBehaviors. */
export function allowedByBehavior(
  memory: Memory,
  now: Micros,
  current: number,
  proposed: number,
  limits: { readonly minimum: number; readonly maximum: number; readonly behavior: Behavior },
): Allowed {
  const up = { ...UP, ...limits.behavior.scaleUp };
  const down = { ...DOWN, ...limits.behavior.scaleDown };
  const stable = stabilized(memory, now, current, proposed, up, down);
  if (stable > current) {
    const reach = up.selectPolicy === 'Disabled' ? current : Math.max(current, upLimit(memory, now, current, up));
    const highest = Math.min(limits.maximum, reach);
    if (stable <= highest) return { replicas: stable, limited: undefined };
    return { replicas: highest, limited: highest < limits.maximum ? 'ScaleUpLimit' : 'TooManyReplicas' };
  }
  if (stable < current) {
    const reach = down.selectPolicy === 'Disabled' ? current : Math.min(current, downLimit(memory, now, current, down));
    const lowest = Math.max(limits.minimum, reach);
    if (stable >= lowest) return { replicas: stable, limited: undefined };
    return { replicas: lowest, limited: lowest > limits.minimum ? 'ScaleDownLimit' : 'TooFewReplicas' };
  }
  return { replicas: stable, limited: undefined };
}

/** Between the lowest proposal of the upward window and the highest of the downward one. */
function stabilized(
  { recommendations }: Memory,
  now: Micros,
  current: number,
  proposed: number,
  up: Required<ScalingRules>,
  down: Required<ScalingRules>,
): number {
  const since = (window: number): readonly number[] =>
    recommendations.filter(({ time }) => time > now - seconds(window)).map(({ replicas }) => replicas);
  const lowest = Math.min(proposed, ...since(up.stabilizationWindowSeconds));
  const highest = Math.max(proposed, ...since(down.stabilizationWindowSeconds));
  return Math.min(Math.max(current, lowest), highest);
}

function changedSince(changes: readonly Dated[], now: Micros, periodSeconds: number): number {
  let sum = 0;
  for (const { time, replicas } of changes) if (time > now - seconds(periodSeconds)) sum += replicas;
  return sum;
}

/** How many there were when the policy's period began. */
function atPeriodStart({ ups, downs }: Memory, now: Micros, current: number, { periodSeconds }: ScalingPolicy): number {
  return current - changedSince(ups, now, periodSeconds) + changedSince(downs, now, periodSeconds);
}

function upLimit(memory: Memory, now: Micros, current: number, rules: Required<ScalingRules>): number {
  const proposals = rules.policies.map((policy) => {
    const start = atPeriodStart(memory, now, current, policy);
    return policy.type === 'Pods' ? start + policy.value : Math.ceil(start * (1 + policy.value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

function downLimit(memory: Memory, now: Micros, current: number, rules: Required<ScalingRules>): number {
  const proposals = rules.policies.map((policy) => {
    const start = atPeriodStart(memory, now, current, policy);
    return policy.type === 'Pods' ? start - policy.value : Math.trunc(start * (1 - policy.value / 100));
  });
  // The largest change is the lowest number.
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}
