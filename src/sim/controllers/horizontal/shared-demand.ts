import type { Pod } from '../../api/core.ts';
import { BehaviorAnnotation } from '../../behavior-annotations.ts';
import type { Micros } from '../../kernel/time.ts';
import { SECOND } from '../../kernel/time.ts';
import { usageBetween } from '../../usage-curve.ts';
import type { UsageCurve } from '../../usage-curve.ts';

/** What is older is never asked for: two scrapes of a slow metrics-server lie within. */
const REMEMBERED = 300 * SECOND;

/** From a time on, so many pods share the work. */
interface Step {
  readonly from: Micros;
  readonly pods: number;
}

/** How many pods of each workload have shared its demand, over the last few minutes. */
export class SharedDemand {
  readonly #groups = new Map<string, Step[]>();

  /** A pod of the workload began (+1) or ceased (-1) to take its share. */
  changed(group: string, difference: number, now: Micros): void {
    const steps = this.#groups.get(group) ?? [];
    const pods = (steps.at(-1)?.pods ?? 0) + difference;
    if (steps.at(-1)?.from === now) steps.pop();
    steps.push({ from: now, pods });
    while (steps.length > 1 && (steps[1] as Step).from < now - REMEMBERED) steps.shift();
    if (pods === 0 && steps.length === 1) this.#groups.delete(group);
    else this.#groups.set(group, steps);
  }

  /** One pod's share of a demand over a stretch of time: amount times microseconds. */
  share(group: string, demand: UsageCurve, from: Micros, to: Micros): number {
    const steps = this.#groups.get(group) ?? [];
    let sum = 0;
    for (const [i, { from: begun, pods }] of steps.entries()) {
      const low = Math.max(from, begun);
      const high = Math.min(to, steps[i + 1]?.from ?? Infinity);
      if (pods > 0 && high > low) sum += usageBetween(demand, low, high) / pods;
    }
    return sum;
  }

  save(): [string, Step[]][] {
    return [...this.#groups].map(([group, steps]) => [group, [...steps]]);
  }

  restore(saved: unknown): void {
    this.#groups.clear();
    for (const [group, steps] of saved as [string, Step[]][]) this.#groups.set(group, [...steps]);
  }
}

/** The workload whose demand a pod shares: a Deployment's pods share over all of its ReplicaSets. */
export function demandGroup(pod: Pod): string | undefined {
  if (pod.metadata.annotations?.[BehaviorAnnotation.cpuDemand] === undefined) return undefined;
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  const hash = pod.metadata.labels?.['pod-template-hash'];
  const name = owner?.name ?? pod.metadata.name;
  const suffix = `-${hash}`;
  const workload = hash !== undefined && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
  return `${pod.metadata.namespace ?? ''}/${workload}`;
}
