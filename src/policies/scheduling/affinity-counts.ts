import { DomainSums } from '../../sim/scheduler/domain-sums.ts';
import type { ClusterObjects } from '../../sim/scheduler/framework.ts';
import type { NodeTable } from '../../sim/scheduler/node-table.ts';
import type { PodClass, WeightedTerm } from '../../sim/scheduler/pod-class.ts';
import { affinityTerm } from './affinity-terms.ts';
import type { AffinityTerm } from './affinity-terms.ts';

/** Pods by domain, and what each counts. */
export interface WeightedSums {
  readonly sums: DomainSums;
  readonly weight: number;
}

/** What one class of incoming pods looks for. Sums are refreshed when they are asked for. */
export interface IncomingTerms {
  /** Required affinity: pods that match all terms, once for each topology. */
  readonly affinity: readonly DomainSums[];
  readonly matchesOwnAffinity: boolean;
  readonly antiAffinity: readonly DomainSums[];
  readonly preferred: readonly WeightedSums[];
}

/** Pods on nodes that have one and the same term: what it means to an incoming pod depends on whether it matches. */
interface TermGroup {
  readonly kind: 'requiredAnti' | 'required' | 'preferred';
  readonly term: AffinityTerm;
  readonly sums: DomainSums;
  readonly weight: number;
}

/** What existing pods' terms mean to one class of incoming pods. */
interface ExistingTerms {
  /** Groups looked at so far. */
  seen: number;
  readonly antiAffinity: DomainSums[];
  readonly scores: WeightedSums[];
}

/** Counts of pods that match terms, and of pods that have them; all by topology domain, kept current by the table. */
export class AffinityCounts {
  readonly #table: NodeTable;
  readonly #objects: ClusterObjects;
  readonly #hardPodAffinityWeight: number;
  #incoming = new WeakMap<PodClass, IncomingTerms>();
  #existing = new WeakMap<PodClass, ExistingTerms>();
  readonly #keys = new WeakMap<PodClass, ReadonlyMap<string, number>>();
  readonly #groups: TermGroup[] = [];
  readonly #groupKeys = new Set<string>();
  #classesSeen = 0;
  #resets = -1;

  constructor(table: NodeTable, objects: ClusterObjects, hardPodAffinityWeight: number) {
    this.#table = table;
    this.#objects = objects;
    this.#hardPodAffinityWeight = hardPodAffinityWeight;
  }

  incoming(podClass: PodClass): IncomingTerms {
    this.#followResets();
    let terms = this.#incoming.get(podClass);
    if (terms === undefined) {
      terms = this.#compile(podClass);
      this.#incoming.set(podClass, terms);
    }
    return terms;
  }

  /** Required anti-affinity of pods on nodes that keeps this class away. */
  existingAntiAffinity(podClass: PodClass): readonly DomainSums[] {
    return this.#existingTerms(podClass).antiAffinity;
  }

  /** Preferred terms of pods on nodes, and required affinity at its weight, that match this class. */
  existingScores(podClass: PodClass): readonly WeightedSums[] {
    return this.#existingTerms(podClass).scores;
  }

  #followResets(): void {
    const { resets } = this.#table.counters;
    if (this.#resets === resets) return;
    this.#resets = resets;
    this.#incoming = new WeakMap();
    this.#existing = new WeakMap();
    this.#groups.length = 0;
    this.#groupKeys.clear();
    this.#classesSeen = 0;
  }

  #compile(podClass: PodClass): IncomingTerms {
    const { required, requiredAnti, preferred, preferredAnti } = podClass.spec.affinity;
    const compiled = (term: (typeof required)[number]): AffinityTerm =>
      affinityTerm(term, podClass.namespace, this.#objects, true);
    const affinity = required.map(compiled);
    const allKey = affinity.map(({ selectionKey }) => selectionKey).join(' ');
    const weighted = (terms: readonly WeightedTerm[], sign: 1 | -1): WeightedSums[] =>
      terms.map(({ weight, podAffinityTerm }) => ({
        sums: this.#matching(compiled(podAffinityTerm)),
        weight: sign * weight,
      }));
    return {
      affinity: affinity.map(({ topologyKey }) =>
        this.#sums(`all ${allKey}`, topologyKey, (pod) => affinity.every((term) => term.matches(pod))),
      ),
      matchesOwnAffinity: affinity.every((term) => term.matches(podClass)),
      antiAffinity: requiredAnti.map((term) => this.#matching(compiled(term))),
      preferred: [...weighted(preferred, 1), ...weighted(preferredAnti, -1)],
    };
  }

  #matching(term: AffinityTerm): DomainSums {
    return this.#sums(`match ${term.selectionKey}`, term.topologyKey, term.matches);
  }

  /** Counters are shared among equal questions; pods that are being deleted count. */
  #sums(key: string, topologyKey: string, counts: (pod: PodClass) => boolean): DomainSums {
    return new DomainSums(this.#table, this.#table.counters.counter(`affinity ${key}`, counts, 'all'), topologyKey);
  }

  #existingTerms(podClass: PodClass): ExistingTerms {
    this.#followResets();
    this.#findGroups();
    let terms = this.#existing.get(podClass);
    if (terms === undefined) {
      terms = { seen: 0, antiAffinity: [], scores: [] };
      this.#existing.set(podClass, terms);
    }
    for (; terms.seen < this.#groups.length; terms.seen++) {
      const { kind, term, sums, weight } = this.#groups[terms.seen] as TermGroup;
      if (!term.matches(podClass)) continue;
      if (kind === 'requiredAnti') terms.antiAffinity.push(sums);
      else terms.scores.push({ sums, weight });
    }
    return terms;
  }

  /** Makes groups of the terms of classes of which pods have come to nodes. */
  #findGroups(): void {
    const { affinityClasses } = this.#table.counters;
    for (; this.#classesSeen < affinityClasses.length; this.#classesSeen++) {
      const podClass = affinityClasses[this.#classesSeen] as PodClass;
      const { required, requiredAnti, preferred, preferredAnti } = podClass.spec.affinity;
      for (const term of requiredAnti) this.#addGroup('requiredAnti', term, podClass, 1);
      if (this.#hardPodAffinityWeight > 0) {
        for (const term of required) this.#addGroup('required', term, podClass, this.#hardPodAffinityWeight);
      }
      for (const { weight, podAffinityTerm } of preferred) {
        this.#addGroup('preferred', podAffinityTerm, podClass, weight);
      }
      for (const { weight, podAffinityTerm } of preferredAnti) {
        this.#addGroup('preferred', podAffinityTerm, podClass, -weight);
      }
    }
  }

  #addGroup(kind: TermGroup['kind'], podTerm: WeightedTerm['podAffinityTerm'], owner: PodClass, weight: number): void {
    const term = affinityTerm(podTerm, owner.namespace, this.#objects);
    const identity = identityOfTerm(kind, term, weight);
    // A pod that has the same term twice counts twice: the second is a group of its own.
    const repeats = this.#termKeys(owner).get(identity) ?? 1;
    for (let times = 0; times < repeats; times++) {
      const key = `${identity} ${times}`;
      if (this.#groupKeys.has(key)) continue;
      this.#groupKeys.add(key);
      const has = (pod: PodClass): boolean => (this.#termKeys(pod).get(identity) ?? 0) > times;
      this.#groups.push({ kind, term, sums: this.#sums(`has ${key}`, term.topologyKey, has), weight });
    }
  }

  /** The identities of all terms that a class has, with how often it has each. Fixed by the class's own content. */
  #termKeys(podClass: PodClass): ReadonlyMap<string, number> {
    const { required, requiredAnti, preferred, preferredAnti } = podClass.spec.affinity;
    if (required.length + requiredAnti.length + preferred.length + preferredAnti.length === 0) return NO_KEYS;
    const known = this.#keys.get(podClass);
    if (known !== undefined) return known;
    const keys = new Map<string, number>();
    const add = (kind: TermGroup['kind'], podTerm: WeightedTerm['podAffinityTerm'], weight: number): void => {
      const identity = identityOfTerm(kind, affinityTerm(podTerm, podClass.namespace, this.#objects), weight);
      keys.set(identity, (keys.get(identity) ?? 0) + 1);
    };
    for (const term of requiredAnti) add('requiredAnti', term, 1);
    for (const term of required) add('required', term, this.#hardPodAffinityWeight);
    for (const { weight, podAffinityTerm } of preferred) add('preferred', podAffinityTerm, weight);
    for (const { weight, podAffinityTerm } of preferredAnti) add('preferred', podAffinityTerm, -weight);
    this.#keys.set(podClass, keys);
    return keys;
  }
}

const NO_KEYS: ReadonlyMap<string, number> = new Map();

function identityOfTerm(kind: TermGroup['kind'], { topologyKey, selectionKey }: AffinityTerm, weight: number): string {
  return `${kind} ${weight} ${topologyKey} ${selectionKey}`;
}
