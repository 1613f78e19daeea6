import { usesClaims } from '../devices/pod-claims.ts';
import { MINUTE, SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Pod } from '../api/core.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { SchedulerSettings } from '../settings.ts';
import { Action, ANY_EVENT, isFor } from './cluster-event.ts';
import type { ClusterEvent } from './cluster-event.ts';
import type { Plugin } from './framework.ts';
import { Heap } from './heap.ts';
import { NO_PLUGINS, queuePlugins } from './queue-plugins.ts';
import type { QueuePlugins } from './queue-plugins.ts';
import { schedulerNameOf } from './pod-class.ts';
import type { PodClasses, PodInfo } from './pod-class.ts';
import { activeBefore, BACKOFF_WINDOW, backoffExpiry, queuedPodFrom, queuedPodState, windowOf } from './queued-pod.ts';
import type { QueuedPod, QueuedPodState } from './queued-pod.ts';

/** How often leftover unschedulable pods are looked for. Source: backend/queue/scheduling_queue.go. */
const LEFTOVER_PERIOD: Micros = MINUTE / 2;

/** The time limit's event: it wakes whoever it meets. */
const TIMEOUT_EVENT: ClusterEvent = { resource: '*', action: Action.all };

/** News of a pod on a node that is offered to all that wait: it takes less room. */
const ANY_POD_NEWS = Action.delete | Action.updatePodScaleDown;

/** What an event is worth to a pod: nothing, another try, another try without waiting for its back-off. */
type Worth = 'skip' | 'queue' | 'immediate';

function best(worths: readonly Worth[]): Worth {
  return worths.includes('immediate') ? 'immediate' : worths.includes('queue') ? 'queue' : 'skip';
}

interface QueueState {
  readonly sequence: number;
  readonly pods: readonly QueuedPodState[];
  readonly inFlight: readonly [string, number][];
  readonly events: readonly ClusterEvent[];
}

/**
 * The scheduling queue: pods to be tried (active), pods that wait a little before they are tried again (back-off), and
 * pods that wait for something to change in the cluster (unschedulable). Keeps no timers of its own: it says when it
 * wants to be flushed.
 */
export class SchedulingQueue implements Saveable {
  readonly #settings: SchedulerSettings;
  /** By scheduler name: plugins that may hold a pod back, and all of them by name. */
  readonly #profiles: ReadonlyMap<string, QueuePlugins>;
  readonly #classes: PodClasses;
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: Heap<QueuedPod>;
  readonly #errorBackoff: Heap<QueuedPod>;
  readonly #pods = new Map<string, QueuedPod>();
  /** Unschedulable pods of one class that the same plugins rejected: one look at an event settles all of them. */
  readonly #groups = new Map<string, Set<QueuedPod>>();
  #unschedulable = 0;
  /** Pods in flight, with the number of events seen when each was popped. */
  readonly #inFlight = new Map<string, number>();
  #events: ClusterEvent[] = [];
  #sequence = 0;

  /** `plugins` are those of each profile, by its scheduler name. */
  constructor(settings: SchedulerSettings, plugins: ReadonlyMap<string, readonly Plugin[]>, classes: PodClasses) {
    this.#settings = settings;
    this.#profiles = new Map([...plugins].map(([name, list]) => [name, queuePlugins(list)]));
    this.#classes = classes;
    this.#active = new Heap(activeBefore);
    this.#backoff = new Heap((a, b) => this.#endsBefore(a, b));
    this.#errorBackoff = new Heap((a, b) => this.#endsBefore(a, b));
  }

  get lengths(): { readonly active: number; readonly backoff: number; readonly unschedulable: number } {
    return {
      active: this.#active.size,
      backoff: this.#backoff.size + this.#errorBackoff.size,
      unschedulable: this.#unschedulable,
    };
  }

  has(key: string): boolean {
    return this.#pods.has(key);
  }

  /** Whether `pop` would give a pod: error back-off alone cannot be cut short. */
  get ready(): boolean {
    return this.#active.size > 0 || this.#backoff.size > 0;
  }

  /** A new pending pod. */
  add(info: PodInfo, now: Micros): void {
    const pod: QueuedPod = {
      slot: -1,
      info,
      key: info.key,
      sequence: this.#sequence++,
      place: 'unschedulable',
      timestamp: now,
      firstSeen: now,
      attempts: 0,
      unschedulableCount: 0,
      consecutiveErrors: 0,
      rejectedBy: [],
      pendingBy: [],
      gatedBy: '',
      group: '',
    };
    this.#pods.set(info.key, pod);
    this.#enqueue(pod, 'active');
  }

  /** A newer state of a waiting pod; `event` says what of it may matter, if anything does. */
  update(info: PodInfo, event: ClusterEvent | undefined, now: Micros): void {
    const pod = this.#pods.get(info.key);
    if (pod === undefined) {
      this.add(info, now);
      return;
    }
    const { place } = pod;
    if (place === 'inFlight') {
      pod.info = info;
      if (event !== undefined) this.#events.push(event);
      return;
    }
    this.#leave(pod);
    pod.info = info;
    const worth = place === 'unschedulable' && event !== undefined ? this.#worthTrying(pod, event) : 'skip';
    if (worth === 'skip') this.#put(pod, place);
    else this.#wake(pod, now, worth);
  }

  delete(key: string): void {
    const pod = this.#pods.get(key);
    if (pod === undefined) return;
    if (pod.place === 'inFlight') this.done(key);
    else this.#leave(pod);
    this.#pods.delete(key);
  }

  /** The next pod to try; its attempt begins. From back-off where nothing else is to be done. */
  pop(): QueuedPod | undefined {
    const pod = this.#active.pop() ?? this.#backoff.pop();
    if (pod === undefined) return undefined;
    pod.place = 'inFlight';
    pod.attempts++;
    this.#inFlight.set(pod.key, this.#events.length);
    return pod;
  }

  /**
   * The pod is to be tried at once, whatever it waits for; if it is in flight, as soon as it comes back. Source: Activate.
   */
  activate(key: string): void {
    const pod = this.#pods.get(key);
    if (pod === undefined || pod.place === 'active') return;
    if (pod.place === 'inFlight') {
      this.#events.push({ ...TIMEOUT_EVENT, after: pod.info.pod });
      return;
    }
    const { place } = pod;
    this.#leave(pod);
    // In back-off PreEnqueue has been passed.
    if (place === 'unschedulable') this.#enqueue(pod, 'active');
    else this.#put(pod, 'active');
  }

  /** The pod's cycle is over and it does not come back (or `giveBack` says that it does). */
  done(key: string): void {
    this.#inFlight.delete(key);
    if (this.#inFlight.size === 0) this.#events = [];
  }

  /** The pod has a node: it leaves the queue. */
  remove(key: string): QueuedPod | undefined {
    const pod = this.#pods.get(key);
    this.delete(key);
    return pod;
  }

  /**
   * A pod comes back from a failed attempt: rejected by plugins, or, without any, by an error. What happened in the
   * cluster meanwhile may send it straight to another try. `pendingBy` are those of the plugins that said `Pending`.
   */
  giveBack(pod: QueuedPod, rejectedBy: readonly string[], now: Micros, pendingBy: readonly string[] = []): void {
    const since = this.#inFlight.get(pod.key);
    const missed = since === undefined ? [] : this.#events.slice(since);
    this.done(pod.key);
    this.#pods.set(pod.key, pod);
    pod.rejectedBy = rejectedBy;
    pod.pendingBy = pendingBy;
    pod.timestamp = now;
    if (rejectedBy.length > 0) {
      pod.unschedulableCount++;
      pod.consecutiveErrors = 0;
    } else {
      pod.consecutiveErrors++;
    }
    const worth = rejectedBy.length === 0 ? 'queue' : best(missed.map((event) => this.#worthTrying(pod, event)));
    if (worth === 'skip') this.#put(pod, 'unschedulable');
    else this.#wake(pod, now, worth);
  }

  /**
   * Something happened in the cluster: pods it may help come back; of those that wait, only such of at most that priority.
   */
  happened(event: ClusterEvent, now: Micros, atMostPriority = Infinity): void {
    if (this.#inFlight.size > 0) this.#events.push(event);
    if (this.#unschedulable === 0) return;
    const woken: [QueuedPod, Worth][] = [];
    for (const pods of this.#groups.values()) {
      const [first] = pods as unknown as [QueuedPod];
      if (first.info.podClass.spec.priority > atMostPriority || !this.#isOffered(first, event)) continue;
      const worth = this.#worthTrying(first, event);
      if (worth !== 'skip') for (const pod of pods) woken.push([pod, worth]);
    }
    this.#wakeAll(woken, now);
  }

  /** Pods that come to a node, or change their labels there, are no news for most that wait. */
  #isOffered(pod: QueuedPod, { resource, action, after }: ClusterEvent): boolean {
    if (resource !== 'AssignedPod' || (action & ANY_POD_NEWS) !== 0) return true;
    return this.#pluginsOf(pod).concerned.some(
      (plugin) => plugin.concerns?.(pod.info, after as Pod, pod.rejectedBy.includes(plugin.name)) === true,
    );
  }

  /** When back-offs should be looked at next: a whole second at which one is over. */
  get nextBackoffFlush(): Micros | undefined {
    const one = this.#backoff.peek();
    const other = this.#errorBackoff.peek();
    if (one === undefined && other === undefined) return undefined;
    const endOf = (pod: QueuedPod | undefined): Micros =>
      pod === undefined ? Infinity : (backoffExpiry(pod, this.#settings) ?? 0) + BACKOFF_WINDOW;
    return Math.min(endOf(one), endOf(other));
  }

  /** Moves pods whose back-off is over to the active queue. */
  flushBackoff(now: Micros): void {
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let pod = heap.peek(); pod !== undefined && !this.#isBackingOff(pod, now); pod = heap.peek()) {
        heap.pop();
        this.#put(pod, 'active');
      }
    }
  }

  /** When pods that were left over should be looked for next, on the grid of the period. */
  get nextLeftoverFlush(): Micros | undefined {
    let oldest = Infinity;
    for (const pods of this.#groups.values()) {
      // A group's pods are all gated by one plugin, or by none.
      const [first] = pods;
      if (first?.gatedBy !== '') continue;
      for (const { timestamp } of pods) if (timestamp < oldest) oldest = timestamp;
    }
    if (oldest === Infinity) return undefined;
    return (Math.floor((oldest + this.#maxStay) / LEFTOVER_PERIOD) + 1) * LEFTOVER_PERIOD;
  }

  /** Moves pods that nothing woke for too long. */
  flushLeftover(now: Micros): void {
    const woken: [QueuedPod, Worth][] = [];
    for (const pods of this.#groups.values()) {
      for (const pod of pods) {
        const over = pod.gatedBy === '' && now - pod.timestamp > this.#maxStay;
        if (over) woken.push([pod, 'queue']);
      }
    }
    this.#wakeAll(woken, now);
  }

  #wakeAll(pods: readonly [QueuedPod, Worth][], now: Micros): void {
    for (const [pod, worth] of pods) {
      this.#leave(pod);
      this.#wake(pod, now, worth);
    }
  }

  get #maxStay(): Micros {
    return Math.round(this.#settings.podMaxInUnschedulablePodsSeconds * SECOND);
  }

  #endsBefore(a: QueuedPod, b: QueuedPod): boolean {
    const left = backoffExpiry(a, this.#settings) ?? 0;
    const right = backoffExpiry(b, this.#settings) ?? 0;
    return left === right ? activeBefore(a, b) : left < right;
  }

  #isBackingOff(pod: QueuedPod, now: Micros): boolean {
    const expiry = backoffExpiry(pod, this.#settings);
    return expiry !== undefined && expiry >= windowOf(now);
  }

  /** Asks the plugins that turned the pod away whether an event may change their mind. Source: isPodWorthRequeuing. */
  #worthTrying(pod: QueuedPod, event: ClusterEvent): Worth {
    if (event.resource === '*') {
      return event.after === undefined || event.after.metadata.uid === pod.info.pod.metadata.uid ? 'queue' : 'skip';
    }
    const rejecting = pod.gatedBy === '' ? pod.rejectedBy : [pod.gatedBy];
    const { byName } = this.#pluginsOf(pod);
    let worth: Worth = 'skip';
    for (const name of rejecting) {
      const { events = ANY_EVENT } = byName.get(name) ?? {};
      const helps = events.some(
        (registration) => isFor(registration, event) && registration.hint?.(pod.info, event) !== false,
      );
      if (!helps) continue;
      if (pod.pendingBy.includes(name)) return 'immediate';
      worth = 'queue';
      if (pod.pendingBy.length === 0) return worth;
    }
    return worth;
  }

  #wake(pod: QueuedPod, now: Micros, worth: Worth): void {
    if (worth === 'immediate' || !this.#isBackingOff(pod, now)) this.#enqueue(pod, 'active');
    else this.#enqueue(pod, pod.consecutiveErrors > 0 ? 'errorBackoff' : 'backoff');
  }

  /** Puts a pod where it is to go, unless a PreEnqueue plugin holds it back. */
  #enqueue(pod: QueuedPod, place: 'active' | 'backoff' | 'errorBackoff'): void {
    pod.gatedBy = '';
    for (const plugin of this.#pluginsOf(pod).gates) {
      if (plugin.preEnqueue?.(pod.info) === undefined) continue;
      pod.gatedBy = plugin.name;
      this.#put(pod, 'unschedulable');
      return;
    }
    this.#put(pod, place);
  }

  #pluginsOf({ info }: QueuedPod): QueuePlugins {
    return this.#profiles.get(schedulerNameOf(info.pod)) ?? NO_PLUGINS;
  }

  #put(pod: QueuedPod, place: QueuedPod['place']): void {
    pod.place = place;
    if (place === 'active') this.#active.push(pod);
    else if (place === 'backoff') this.#backoff.push(pod);
    else if (place === 'errorBackoff') this.#errorBackoff.push(pod);
    else this.#group(pod);
  }

  #group(pod: QueuedPod): void {
    const scheduler = this.#profiles.size > 1 ? schedulerNameOf(pod.info.pod) : '';
    // Whether an event helps a pod with claims hangs on the claims, which are its own.
    const own = usesClaims(pod.info.pod) ? pod.key : '';
    pod.group = `${scheduler} ${own} ${pod.info.podClass.id} ${pod.info.pinnedNode ?? ''} ${pod.gatedBy} ${pod.rejectedBy.join(' ')} ${pod.pendingBy.join(' ')}`;
    const pods = this.#groups.get(pod.group);
    if (pods === undefined) this.#groups.set(pod.group, new Set([pod]));
    else pods.add(pod);
    this.#unschedulable++;
  }

  #leave(pod: QueuedPod): void {
    if (pod.place === 'active') this.#active.remove(pod);
    else if (pod.place === 'backoff') this.#backoff.remove(pod);
    else if (pod.place === 'errorBackoff') this.#errorBackoff.remove(pod);
    else if (pod.place === 'unschedulable') {
      const pods = this.#groups.get(pod.group);
      if (pods?.delete(pod) !== true) return;
      this.#unschedulable--;
      if (pods.size === 0) this.#groups.delete(pod.group);
    }
  }

  /** A pod in flight. */
  inFlight(key: string): QueuedPod | undefined {
    return this.#inFlight.has(key) ? this.#pods.get(key) : undefined;
  }

  save(): QueueState {
    return {
      sequence: this.#sequence,
      pods: [...this.#pods.values()].map((pod) => queuedPodState(pod)),
      inFlight: [...this.#inFlight],
      events: [...this.#events],
    };
  }

  restore(saved: unknown): void {
    const state = saved as QueueState;
    this.#sequence = state.sequence;
    this.#active.clear();
    this.#backoff.clear();
    this.#errorBackoff.clear();
    this.#pods.clear();
    this.#groups.clear();
    this.#unschedulable = 0;
    for (const podState of state.pods) {
      const pod = queuedPodFrom(podState, this.#classes);
      this.#pods.set(pod.key, pod);
      if (pod.place !== 'inFlight') this.#put(pod, pod.place);
    }
    this.#inFlight.clear();
    for (const [key, since] of state.inFlight) this.#inFlight.set(key, since);
    this.#events = [...state.events];
  }
}
