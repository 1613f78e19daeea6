import type { Pod } from '../../sim/api/core.ts';
import type { StringMap } from '../../sim/api/meta.ts';
import { matchesPairs } from '../../sim/api/selectors.ts';
import type { Change } from '../../sim/etcd/store.ts';
import type { Micros } from '../../sim/kernel/time.ts';

/** Which pods are meant: of these namespaces (none for all) with these labels. */
export interface PodChoice {
  readonly namespaces: readonly string[];
  readonly labels: StringMap;
}

/** How far a pod is: tried at least once, or on a node. */
export type Stage = 'Attempted' | 'Scheduled';

interface Known {
  readonly pod: Pod;
  attempted: boolean;
  scheduled: boolean;
}

interface Waiting {
  readonly choice: PodChoice;
  readonly stage: Stage;
  readonly pending: Set<string>;
}

/** When pods came to their nodes, while it collected. */
export class Collector {
  readonly name: string;
  readonly choice: PodChoice;
  readonly from: Micros;
  /** Simulated times, in order. */
  readonly bound: Micros[] = [];
  to: Micros = 0;
  /** Processor time that the process took meanwhile: what a core that does nothing else would take. */
  ownSeconds = 0;
  readonly #begun = process.cpuUsage();

  constructor(name: string, choice: PodChoice, from: Micros) {
    this.name = name;
    this.choice = choice;
    this.from = from;
  }

  end(now: Micros): void {
    this.to = now;
    const { user, system } = process.cpuUsage(this.#begun);
    this.ownSeconds = (user + system) / 1e6;
  }
}

/** Where every pod stands, told to those who wait and to those who collect. */
export class PodWatch {
  readonly #pods = new Map<string, Known>();
  readonly #waiting = new Set<Waiting>();
  readonly #collectors = new Set<Collector>();

  changed({ kind, type, key, object, time }: Change): void {
    if (kind !== 'Pod') return;
    const pod = object as Pod;
    if (type === 'DELETED') {
      this.#pods.delete(key);
      for (const { pending } of this.#waiting) pending.delete(key);
      return;
    }
    let known = this.#pods.get(key);
    if (known === undefined) {
      // The server itself marks a gated pod as looked at.
      known = { pod, attempted: (pod.spec.schedulingGates ?? []).length > 0, scheduled: false };
      this.#pods.set(key, known);
      for (const waiting of this.#waiting) if (isMissing(known, waiting)) waiting.pending.add(key);
    }
    const { nodeName } = pod.spec;
    const scheduled = nodeName !== undefined && nodeName !== '';
    if (scheduled && !known.scheduled) {
      known.scheduled = true;
      known.attempted = true;
      for (const collector of this.#collectors) if (matches(pod, collector.choice)) collector.bound.push(time);
      for (const { pending } of this.#waiting) pending.delete(key);
    } else if (!known.attempted && isRefused(pod)) {
      known.attempted = true;
      for (const { pending, stage } of this.#waiting) if (stage === 'Attempted') pending.delete(key);
    }
  }

  /** Answers whether all pods of a choice, later ones included, have come to a stage. */
  wait(choice: PodChoice, stage: Stage): { readonly done: () => boolean; readonly missing: () => number; end(): void } {
    const waiting: Waiting = { choice, stage, pending: new Set() };
    for (const [key, known] of this.#pods) if (isMissing(known, waiting)) waiting.pending.add(key);
    this.#waiting.add(waiting);
    return {
      done: () => waiting.pending.size === 0,
      missing: () => waiting.pending.size,
      end: () => this.#waiting.delete(waiting),
    };
  }

  collect(collector: Collector): void {
    this.#collectors.add(collector);
  }

  stop(collector: Collector): void {
    this.#collectors.delete(collector);
  }

  /** Keys of pods, in order of creation. */
  matching(choice: PodChoice): string[] {
    const keys: string[] = [];
    for (const [key, { pod }] of this.#pods) if (matches(pod, choice)) keys.push(key);
    return keys;
  }
}

function matches(pod: Pod, { namespaces, labels }: PodChoice): boolean {
  const { namespace = '' } = pod.metadata;
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false;
  return matchesPairs(labels, pod.metadata.labels);
}

function isMissing(known: Known, { choice, stage }: Waiting): boolean {
  return !(stage === 'Scheduled' ? known.scheduled : known.attempted) && matches(known.pod, choice);
}

function isRefused({ status }: Pod): boolean {
  return status.conditions?.some((it) => it.type === 'PodScheduled' && it.status === 'False') === true;
}
