import type { Pod } from '../sim/api/core.ts';
import type { Deployment, StatefulSet } from '../sim/api/workloads.ts';
import type { Change } from '../sim/etcd/store.ts';
import type { FaultKind, FaultNotice } from '../sim/faults/timed-fault.ts';
import type { Micros } from '../sim/kernel/time.ts';
import { MINUTE } from '../sim/kernel/time.ts';

/** What of the machines it takes to tell whether a pod was given up in vain. */
export interface MachineTruth {
  /** Whether any container of a pod runs, whoever knows of it. */
  runs(node: string, uid: string): boolean;
  /** Whether a node's kubelet hears what is asked of it. */
  hears(node: string): boolean;
  /** Has it said when a pod's containers have begun or ended. */
  observeRuns(observer: (node: string, uid: string) => void): void;
}

/** The objective that the error budget is counted against, as in the report: three nines. */
const OBJECTIVE = 0.999;

/** An eviction was of use as well where the machine was lost within this time: it only came early. */
const FORESIGHT: Micros = 10 * MINUTE;

/** Faults by which a machine's containers are lost. */
const LOSSES: readonly FaultKind[] = [
  'node-crash',
  'node-shutdown',
  'node-reboot',
  'zone-outage',
  'instance-gone',
  'spot-reclaim',
];

/** Reasons of DisruptionTarget by which somebody gives a pod up for its node's sake. */
const GIVEN_UP: readonly string[] = ['DeletionByTaintManager', 'EvictionByEvictionAPI', 'DeletionByPodGC'];

/** A workload against what it is to have. */
interface Workload {
  wanted: number;
  available: number;
  /** It has been whole before: what is missing while it is rolled out for the first time is nobody's fault. */
  whole: boolean;
  since: Micros;
  /** Integrals over time, replicas times microseconds. */
  wantedSum: number;
  missingSum: number;
}

/**
 * How well failures were answered: what workloads were without, how long it took until they were whole, which evictions
 * were of use, and which pods ran although they had been given up (and replaced).
 */
export class ResponseLedger {
  readonly #machines: MachineTruth;
  readonly #workloads = new Map<string, Workload>();
  /** Needless evictions that a loss may yet justify, by node: times. */
  readonly #doubtful = new Map<string, Micros[]>();
  readonly #evicted = new Set<string>();
  /** Pods that run on although they were given up: since when. */
  readonly #double = new Map<string, Micros>();
  readonly #episodes: Micros[] = [];
  #evictions = 0;
  #needless = 0;
  #doubles = 0;
  #doubleMicros = 0;
  #broken = 0;
  #brokenSince: Micros = 0;
  #time: Micros = 0;

  constructor(machines: MachineTruth) {
    this.#machines = machines;
    machines.observeRuns((node, uid) => {
      if (this.#double.has(uid) && !machines.runs(node, uid)) this.#stopped(uid);
    });
  }

  changed({ kind, type, object, time }: Change): void {
    this.#time = time;
    if (kind === 'Pod') this.#pod(object as Pod, type === 'DELETED');
    else if (kind === 'Deployment' || kind === 'StatefulSet')
      this.#workload(object as Deployment | StatefulSet, type === 'DELETED');
  }

  /** A fault has begun: evictions from its nodes a short time ago only came early. */
  faulted({ kind, nodes, phase, time }: FaultNotice): void {
    if (phase !== 'begin' || !(LOSSES as readonly string[]).includes(kind)) return;
    for (const node of nodes) {
      const times = this.#doubtful.get(node);
      if (times === undefined) continue;
      this.#needless -= times.filter((at) => time - at <= FORESIGHT).length;
      this.#doubtful.delete(node);
    }
  }

  #pod({ metadata, spec, status }: Pod, removed: boolean): void {
    const { uid, deletionTimestamp } = metadata;
    const { nodeName } = spec;
    if (nodeName === undefined) return;
    if (!removed && deletionTimestamp === undefined) return;
    const reason = status.conditions?.find((one) => one.type === 'DisruptionTarget' && one.status === 'True')?.reason;
    const runs = this.#machines.runs(nodeName, uid);
    if (reason !== undefined && GIVEN_UP.includes(reason)) {
      if (!this.#evicted.has(uid)) this.#evict(uid, nodeName, runs);
      // A kubelet that hears of it stops the pod within its grace period.
      if (runs && (removed || !this.#machines.hears(nodeName)) && !this.#double.has(uid)) {
        this.#double.set(uid, this.#time);
        this.#doubles++;
      }
    }
    if (removed) this.#evicted.delete(uid);
  }

  #evict(uid: string, node: string, runs: boolean): void {
    this.#evicted.add(uid);
    this.#evictions++;
    if (!runs) return;
    this.#needless++;
    const times = this.#doubtful.get(node);
    if (times === undefined) this.#doubtful.set(node, [this.#time]);
    else times.push(this.#time);
  }

  #stopped(uid: string): void {
    this.#doubleMicros += this.#time - (this.#double.get(uid) as Micros);
    this.#double.delete(uid);
  }

  #workload({ kind, metadata, spec, status }: Deployment | StatefulSet, removed: boolean): void {
    const key = `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
    let workload = this.#workloads.get(key);
    if (workload === undefined) {
      workload = { wanted: 0, available: 0, whole: false, since: this.#time, wantedSum: 0, missingSum: 0 };
      this.#workloads.set(key, workload);
    }
    const before = missing(workload);
    this.#count(workload, this.#time);
    workload.wanted = removed ? 0 : (spec.replicas ?? 1);
    workload.available = status?.availableReplicas ?? 0;
    workload.whole ||= workload.wanted > 0 && workload.available >= workload.wanted;
    this.#turn(before, missing(workload));
  }

  #count(workload: Workload, now: Micros): void {
    if (workload.whole) {
      workload.wantedSum += workload.wanted * (now - workload.since);
      workload.missingSum += missing(workload) * (now - workload.since);
    }
    workload.since = now;
  }

  /** How many workloads are broken changes: an episode begins with the first and ends with the last. */
  #turn(before: number, after: number): void {
    if (before > 0 === after > 0) return;
    this.#broken += after > 0 ? 1 : -1;
    if (after > 0 && this.#broken === 1) this.#brokenSince = this.#time;
    else if (this.#broken === 0) this.#episodes.push(this.#time - this.#brokenSince);
  }

  /** The figures for the summary, as of a time. */
  figures(now: Micros): Readonly<Record<string, number | null>> {
    let wanted = 0;
    let lacking = 0;
    for (const workload of this.#workloads.values()) {
      const { whole, wantedSum, missingSum, since } = workload;
      if (!whole) continue;
      wanted += wantedSum + workload.wanted * (now - since);
      lacking += missingSum + missing(workload) * (now - since);
    }
    const availability = wanted === 0 ? null : 1 - lacking / wanted;
    const episodes = [...this.#episodes, ...(this.#broken > 0 ? [now - this.#brokenSince] : [])];
    let double = this.#doubleMicros;
    for (const since of this.#double.values()) double += now - since;
    return {
      workloads_available_ratio: availability,
      error_budget_burnt_ratio: availability === null ? null : (1 - availability) / (1 - OBJECTIVE),
      replicas_missing_seconds: lacking / 1e6,
      degradations: episodes.length,
      recovery_mean_seconds: episodes.length === 0 ? null : sum(episodes) / episodes.length / 1e6,
      recovery_max_seconds: episodes.length === 0 ? null : Math.max(...episodes) / 1e6,
      evictions: this.#evictions,
      evictions_useful: this.#evictions - this.#needless,
      evictions_needless: this.#needless,
      pods_double_running: this.#doubles,
      pods_double_running_seconds: double / 1e6,
    };
  }
}

function missing({ whole, wanted, available }: Workload): number {
  return whole ? Math.max(0, wanted - available) : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
