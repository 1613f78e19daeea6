import type { PodClass, PodInfo } from './pod-class.ts';

/** Which pods a counter counts: decided by their class alone. */
export type PodPredicate = (podClass: PodClass) => boolean;

/**
 * Which of those pods count where they are: all of them, those that are not being deleted, or none. What comes and goes
 * in a trial counts always: the original adds and removes single pods without a look at the rest.
 * Source: plugins/podtopologyspread/filtering.go, `calPreFilterState` and `updateWithPod`.
 */
export type Counted = 'all' | 'living' | 'none';

/** Changes a counter remembers, as pairs of row and difference; who lags further behind starts anew. */
const LOG_LIMIT = 4096;

/** How many pods of some sort each row has, kept current by every pod that comes and goes. */
export class PodCounter {
  readonly counts: PodPredicate;
  readonly counted: Counted;
  /** By row; rows without any are absent. */
  readonly byRow = new Map<number, number>();
  total = 0;
  /** Changes since `logStart`. */
  readonly log: number[] = [];
  logStart = 0;
  #dense: Int32Array | undefined;

  constructor(predicate: PodPredicate, counted: Counted) {
    this.counts = predicate;
    this.counted = counted;
  }

  /** Where the log ends. */
  get position(): number {
    return this.logStart + this.log.length;
  }

  /** The counts as a column. */
  column(capacity: number): Int32Array {
    if (this.#dense === undefined || this.#dense.length < capacity) {
      this.#dense = new Int32Array(capacity);
      for (const [row, count] of this.byRow) this.#dense[row] = count;
    }
    return this.#dense;
  }

  add(row: number, difference: number): void {
    const count = (this.byRow.get(row) ?? 0) + difference;
    if (count === 0) this.byRow.delete(row);
    else this.byRow.set(row, count);
    if (this.#dense !== undefined && row < this.#dense.length) this.#dense[row] = count;
    this.total += difference;
    if (this.log.length >= 2 * LOG_LIMIT) this.logStart += this.log.splice(0, LOG_LIMIT).length;
    this.log.push(row, difference);
  }
}

/** The counters of a node table: one a distinct question, made when it is first asked. */
export class PodCounters {
  /** Classes with affinity terms of which a pod was ever on a node, in that order. */
  readonly affinityClasses: PodClass[] = [];
  /** Counts resets: counters of before one are dead. */
  resets = 0;
  capacity = 0;
  /** Pods come and go for a trial. */
  inTrial = false;
  readonly #podsOn: readonly (readonly PodInfo[])[];
  readonly #counters = new Map<string, PodCounter>();
  /** Classes of which there are pods on nodes. */
  readonly #byClass = new Map<PodClass, { readonly counters: PodCounter[]; pods: number }>();
  readonly #knownAffinity = new WeakSet<PodClass>();

  constructor(podsOn: readonly (readonly PodInfo[])[]) {
    this.#podsOn = podsOn;
  }

  grow(capacity: number): void {
    this.capacity = capacity;
  }

  /** The counter for a question; `key` has to tell it from all others. */
  counter(key: string, predicate: PodPredicate, which: Counted): PodCounter {
    let counter = this.#counters.get(key);
    if (counter !== undefined) return counter;
    counter = new PodCounter(predicate, which);
    this.#counters.set(key, counter);
    const counted = new Set<PodClass>();
    for (const [podClass, { counters }] of this.#byClass) {
      if (!predicate(podClass)) continue;
      counters.push(counter);
      counted.add(podClass);
    }
    if (counted.size > 0 && which !== 'none') this.#fill(counter, counted);
    return counter;
  }

  #fill(counter: PodCounter, counted: ReadonlySet<PodClass>): void {
    for (const [row, pods] of this.#podsOn.entries()) {
      let count = 0;
      for (const { pod, podClass } of pods) {
        if (!counted.has(podClass)) continue;
        if (counter.counted === 'all' || pod.metadata.deletionTimestamp === undefined) count++;
      }
      if (count > 0) counter.add(row, count);
    }
  }

  /** A pod came to a row (+1) or left it (-1). */
  changed(podClass: PodClass, row: number, sign: 1 | -1, terminating: boolean): void {
    let entry = this.#byClass.get(podClass);
    if (entry === undefined) {
      const counters = [...this.#counters.values()].filter((counter) => counter.counts(podClass));
      entry = { counters, pods: 0 };
      this.#byClass.set(podClass, entry);
      this.#noteAffinity(podClass);
    }
    entry.pods += sign;
    if (entry.pods === 0) this.#byClass.delete(podClass);
    for (const counter of entry.counters) {
      const counts = counter.counted === 'all' || (counter.counted === 'living' && !terminating);
      if (counts || this.inTrial) counter.add(row, sign);
    }
  }

  #noteAffinity(podClass: PodClass): void {
    const { required, requiredAnti, preferred, preferredAnti } = podClass.spec.affinity;
    if (required.length + requiredAnti.length + preferred.length + preferredAnti.length === 0) return;
    if (this.#knownAffinity.has(podClass)) return;
    this.#knownAffinity.add(podClass);
    this.affinityClasses.push(podClass);
  }

  /** Forgets all counters: what they count by has changed (namespaces' labels). */
  reset(): void {
    this.resets++;
    this.#counters.clear();
    for (const { counters } of this.#byClass.values()) counters.length = 0;
  }
}
