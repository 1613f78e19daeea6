import type { Lease } from '../api/core.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import { identityOf } from '../kernel/random.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';

/** What of the leases their readers need. */
export interface NodeLeases {
  /** Time of the last renewal committed at or before `now`; undefined where there was none yet. */
  lastRenewal(nodeName: string, now: Micros): Micros | undefined;
  /** Whether renewals go on: then there is nothing to look out for until they end. */
  isRenewing(nodeName: string): boolean;
  /** Has it said when a kubelet renews no more; in constructors only. */
  onEnd(listener: (nodeName: string) => void): void;
}

/** A renewal comes after (1 + 4 % · U) periods. Source: component-helpers apimachinery/lease/controller.go. */
const JITTER = 0.04;

/** A renewal that fails is tried again at once, so often, before the next period. Source: controller.go (maxUpdateRetries). */
const ATTEMPTS = 5;

/** Renewals that waited come through one after another, not at one instant. An assumption. */
const CATCH_UP: Micros = SECOND / 10;

interface Renewals {
  readonly index: number;
  readonly name: string;
  readonly identity: number;
  /** The latest renewal known of; -1 before the first. */
  last: Micros;
  /** When the next one is due, if nothing keeps the kubelet from it. */
  next: Micros;
  /** Renewals so far, for the draws. */
  count: number;
  /** Times the kubelet began to renew: what was planned in an earlier life is void. */
  life: number;
  /** Whether the kubelet renews at all. */
  going: boolean;
}

interface LeasesState {
  readonly nodes: readonly Renewals[];
  readonly blocked: Micros;
  readonly attempt: Micros;
  readonly reasons: readonly string[];
}

/**
 * The leases by which kubelets say that they are alive. Renewals of a healthy kubelet follow from the seed, so they are
 * computed when somebody asks ('lazy'); 'plain' runs each as an event of its own and gives the same times.
 */
export class KubeletLeases implements NodeLeases, Saveable {
  readonly #kernel: Kernel;
  readonly #calendar: Calendar;
  readonly #settings: KubeletSettings;
  readonly #period: Micros;
  readonly #draws: Purpose;
  readonly #renew: HandlerId;
  #nodes = new Map<string, Renewals>();
  #byOrder: Renewals[] = [];
  readonly #onEnd: ((nodeName: string) => void)[] = [];
  /** Since when no renewal gets through; Infinity: all do. */
  #blocked: Micros = Infinity;
  #attempt: Micros = 0;
  #reasons: string[] = [];

  constructor(kernel: Kernel, calendar: Calendar, server: ApiServer, settings: KubeletSettings) {
    this.#kernel = kernel;
    this.#calendar = calendar;
    this.#settings = settings;
    this.#period = Math.round(settings.nodeLeaseDurationSeconds * settings.nodeLeaseRenewIntervalFraction * SECOND);
    this.#draws = kernel.random.purpose('lease-renewal');
    this.#renew = kernel.register('kubelet/lease', (index, life) => this.#renewNow(index, life));
    server.virtual('Lease', {
      get: (key) => this.#leaseOf(key.replace(/^kube-node-lease\//, '')),
      list: () => [...this.#nodes.keys()].flatMap((name) => this.#leaseOf(name) ?? []),
    });
  }

  /** The kubelet begins to renew, the first time after `delay`. */
  begin(nodeName: string, delay: Micros): void {
    let node = this.#nodes.get(nodeName);
    if (node === undefined) {
      const identity = identityOf(nodeName);
      const index = this.#byOrder.length;
      node = { index, name: nodeName, identity, last: -1, next: 0, count: 0, life: 0, going: false };
      this.#nodes.set(nodeName, node);
      this.#byOrder.push(node);
    }
    this.#advance(node, this.#kernel.now);
    node.going = true;
    node.next = this.#kernel.now + delay;
    node.life++;
    this.#plan(node);
  }

  /** Part of a period that a kubelet that ran before the clock began is into it. */
  phaseOf(nodeName: string): Micros {
    return this.#draws.integer(identityOf(nodeName), 0, this.#period);
  }

  /** The kubelet can renew no more. */
  end(nodeName: string): void {
    const node = this.#nodes.get(nodeName);
    if (node === undefined) return;
    this.#advance(node, this.#kernel.now);
    if (!node.going) return;
    node.going = false;
    for (const listener of this.#onEnd) listener(nodeName);
  }

  isRenewing(nodeName: string): boolean {
    return this.#blocked === Infinity && this.#nodes.get(nodeName)?.going === true;
  }

  /** No kubelet's renewal gets through from now on, for one more reason; each try waits for `attempt`. */
  block(reason: string, attempt: Micros): void {
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason);
    if (this.#blocked < Infinity) return;
    this.#attempt = attempt;
    for (const node of this.#byOrder) this.#advance(node, this.#kernel.now);
    this.#blocked = this.#kernel.now;
    for (const { name, going } of this.#byOrder) if (going) for (const listener of this.#onEnd) listener(name);
  }

  /**
   * A reason is gone, and with the last renewals get through again. A kubelet whose renewal came due meanwhile has tried again and again; it is through at
   * once, unless it waits for its next period just then.
   */
  unblock(reason: string): void {
    this.#reasons = this.#reasons.filter((one) => one !== reason);
    if (this.#reasons.length > 0 || this.#blocked === Infinity) return;
    const attempt = this.#attempt;
    const begun = this.#blocked;
    const { now } = this.#kernel;
    this.#blocked = Infinity;
    for (const node of this.#byOrder) {
      if (!node.going || node.next < begun || node.next >= now) continue;
      const cycle = ATTEMPTS * attempt + Math.round(this.#period * (1 + JITTER / 2));
      const into = (now - node.next) % cycle;
      const waits = into < ATTEMPTS * attempt ? 0 : cycle - into;
      node.next = now + waits + this.#draws.integer(node.identity, node.count, CATCH_UP);
      node.life++;
      this.#plan(node);
    }
  }

  onEnd(listener: (nodeName: string) => void): void {
    this.#onEnd.push(listener);
  }

  lastRenewal(nodeName: string, now: Micros): Micros | undefined {
    const node = this.#nodes.get(nodeName);
    if (node === undefined) return undefined;
    this.#advance(node, now);
    return node.last < 0 ? undefined : node.last;
  }

  /** Carries out all renewals up to a time. */
  #advance(node: Renewals, now: Micros): void {
    const until = Math.min(now, this.#blocked);
    while (node.going && node.next <= until) {
      node.last = node.next;
      const period = this.#period * (1 + JITTER * this.#draws.uniform(node.identity, ++node.count));
      node.next += Math.round(period);
    }
  }

  #plan(node: Renewals): void {
    if (this.#settings.heartbeats !== 'plain') return;
    this.#kernel.at(node.next, this.#renew, node.index, node.life, undefined, Priority.store);
  }

  #renewNow(index: number, life: number): void {
    const node = this.#byOrder[index] as Renewals;
    if (!node.going || node.life !== life || this.#blocked < Infinity) return;
    this.#advance(node, this.#kernel.now);
    this.#plan(node);
  }

  #leaseOf(nodeName: string): Lease | undefined {
    const last = this.lastRenewal(nodeName, this.#kernel.now);
    if (last === undefined) return undefined;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: nodeName,
        namespace: 'kube-node-lease',
        uid: `${identityOf(nodeName).toString(16).padStart(8, '0')}-0000-4000-a000-000000000000`,
        resourceVersion: String((this.#nodes.get(nodeName) as Renewals).count),
        creationTimestamp: this.#calendar.timestamp(0),
      },
      spec: {
        holderIdentity: nodeName,
        leaseDurationSeconds: this.#settings.nodeLeaseDurationSeconds,
        renewTime: this.#calendar.microTimestamp(last),
      },
    };
  }

  save(): LeasesState {
    return {
      nodes: this.#byOrder.map((node) => ({ ...node })),
      blocked: this.#blocked,
      attempt: this.#attempt,
      reasons: [...this.#reasons],
    };
  }

  restore(saved: unknown): void {
    const { nodes, blocked, attempt, reasons } = saved as LeasesState;
    this.#reasons = [...reasons];
    this.#attempt = attempt;
    this.#blocked = blocked;
    this.#byOrder = nodes.map((node) => ({ ...node }));
    this.#nodes = new Map(this.#byOrder.map((node) => [node.name, node]));
  }
}
