import type { KubeNode, Pod } from '../api/core.ts';
import { identityOfObject } from '../api/uid.ts';
import { Informers } from '../apiserver/informer.ts';
import type { Informer } from '../apiserver/informer.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Micros } from '../kernel/time.ts';
import { BindingCycles } from './binding-cycle.ts';
import { isAssigned } from './change-events.ts';
import { Action } from './cluster-event.ts';
import { cycleCost } from './cycle-cost.ts';
import type { Decision } from './decision.ts';
import { EventHandlers } from './event-handlers.ts';
import { Extenders } from './extenders.ts';
import type { ExtenderSet } from './extenders.ts';
import { failureRequest, nominationAfter, truncated } from './failure-condition.ts';
import type { Plugin, PluginHandle, Profile } from './framework.ts';
import { InformedObjects } from './informed-objects.ts';
import { NodeTable } from './node-table.ts';
import { PodClasses, schedulerNameOf } from './pod-class.ts';
import type { PodInfo } from './pod-class.ts';
import { QueueFlushes } from './queue-flushes.ts';
import type { QueuedPod } from './queued-pod.ts';
import { ResourceNames } from './resource-names.ts';
import { DEFAULT_SCHEDULER_NAME } from './scheduler-name.ts';
import { SchedulingCycle, SearchState } from './scheduling-cycle.ts';
import type { CycleResult } from './scheduling-cycle.ts';
import { Preemptor } from './preemptor.ts';
import { SchedulingQueue } from './scheduling-queue.ts';
import { seededTieBreaker } from './tie-breaker.ts';
import { WaitingPods } from './waiting-pods.ts';

/** A cycle under way: decided at its start, told at its end. */
interface CycleUnderWay {
  readonly key: string;
  readonly uid: string;
  readonly startedAt: Micros;
  readonly result: CycleResult;
}

interface SchedulerState {
  readonly informers: unknown;
  readonly devices: unknown;
  readonly storage: unknown;
  readonly table: unknown;
  readonly queue: unknown;
  readonly bindings: unknown;
  readonly preemptions: unknown;
  readonly extenders: unknown;
  readonly plugins: readonly unknown[];
  readonly nominations: readonly [Pod, string][];
  readonly startIndex: number;
  readonly busy: boolean;
  readonly flushes: ReturnType<QueueFlushes['save']>;
  readonly waking: EventRef;
}

/** Told of a cycle, the pod it is for and which of the pod's attempts it is, from 1. */
export type CycleObserver = (cycle: SchedulingCycle, pod: PodInfo, attempt: number) => void;

/**
 * kube-scheduler: takes pods from its queue one by one, decides, assumes the outcome and binds in the background. A cycle
 * takes simulated time; what it decides rests on what the scheduler knew at its start.
 */
export class Scheduler implements Component {
  readonly name = 'kube-scheduler';
  readonly table: NodeTable;
  /** What the cycles of all profiles have in common. */
  readonly #search = new SearchState();
  /** By scheduler name. */
  readonly #cycles = new Map<string, SchedulingCycle>();
  readonly #environment: Environment;
  readonly #informers: Informers;
  readonly #pods: Informer<Pod>;
  readonly #objects: InformedObjects;
  readonly #classes: PodClasses;
  readonly #queue: SchedulingQueue;
  readonly #client: ApiClient;
  readonly #preemptor: Preemptor;
  readonly #observers: ((decision: Decision) => void)[] = [];
  readonly #cycleObservers: CycleObserver[] = [];
  readonly #wake: HandlerId;
  readonly #cycleEnd: HandlerId;
  readonly #statusWritten: HandlerId;
  /** Pods assumed to be on a node whose binding has not been answered. */
  readonly #bindings: BindingCycles;
  readonly #extenders: Extenders | undefined;
  readonly #flushes: QueueFlushes;
  /** A cycle runs. */
  #busy = false;
  #waking: EventRef = NO_EVENT;

  constructor(environment: Environment, profiles: readonly Profile[], extenders?: ExtenderSet) {
    this.#extenders = extenders === undefined ? undefined : new Extenders(extenders);
    const { kernel, hub, clients, settings } = environment;
    this.#environment = environment;
    this.#informers = new Informers(this.name, hub);
    this.#classes = new PodClasses(new ResourceNames());
    this.table = new NodeTable(this.#classes);
    const nodes = this.#informers.informer<KubeNode>('Node');
    this.#objects = new InformedObjects(
      this.#informers,
      () => this.table.counters.reset(),
      (event) => {
        this.#queue.happened(event, this.#now);
        this.#attend();
      },
    );
    this.#pods = this.#informers.informer<Pod>('Pod');
    const ties = seededTieBreaker(kernel.random.purpose('scheduler-tie'));
    const offsets = kernel.random.purpose('scheduler-preemption');
    const waitingPods = new WaitingPods();
    const handle: PluginHandle = {
      extenders: this.#extenders,
      isPreempting: (uid) => this.#preemptor.isPreempting(uid),
      table: this.table,
      objects: this.#objects,
      draws: ({ pod }, attempt, n) => offsets.integer(identityOfObject(pod), attempt, n),
      waitingPods,
    };
    const { percentageOfNodesToScore } = settings.scheduler;
    for (const profile of profiles) {
      const cycle = new SchedulingCycle(profile, handle, ties, percentageOfNodesToScore, this.#search);
      this.#cycles.set(profile.schedulerName ?? DEFAULT_SCHEDULER_NAME, cycle);
    }
    const plugins = [...this.#cycles].map(
      ([name, cycle]) => [name, cycle.plugins.map(({ plugin }) => plugin)] as const,
    );
    this.#queue = new SchedulingQueue(settings.scheduler, new Map(plugins), this.#classes);
    this.#client = clients.client(this.name, settings.scheduler);
    this.#wake = kernel.register('scheduler/wake', () => this.#begin());
    this.#cycleEnd = kernel.register('scheduler/cycle', (_a, _b, payload) => this.#end(payload as CycleUnderWay));
    this.#statusWritten = kernel.register('scheduler/status-written', () => {
      this.#busy = false;
      this.#begin();
      this.#attend();
    });
    const parts = { kernel, client: this.#client, classes: this.#classes };
    this.#bindings = new BindingCycles(
      parts,
      ({ info }) => this.#cycleOf(info),
      waitingPods,
      {
        permitted: ({ key }) => this.#queue.remove(key),
        bound: ({ key }, nodeName, object) => {
          const message = `Successfully assigned ${key} to ${nodeName}`;
          environment.events.record(this.name, object, 'Normal', 'Scheduled', message);
        },
        failed: (pod, result) => this.#bindingFailed(pod, result),
      },
      this.#extenders,
    );
    this.#preemptor = new Preemptor(environment, this.#client, this.#search.nominations, {
      waitingPods,
      activate: (key, uid) => {
        if (this.#pods.get(key)?.metadata.uid === uid) this.#queue.activate(key);
        this.#attend();
      },
    });
    this.#flushes = new QueueFlushes(kernel, this.#queue, () => this.#attend());
    const handlers = new EventHandlers({
      table: this.table,
      classes: this.#classes,
      queue: this.#queue,
      bindings: this.#bindings,
      nominations: this.#search.nominations,
      handles: (name) => this.#cycles.has(name),
      now: () => kernel.now,
      attend: () => this.#attend(),
    });
    nodes.on((type, node, previous) => handlers.nodeChanged(type === 'deleted', node, previous));
    this.#pods.on((type, pod, previous, key) =>
      handlers.podChanged(key, type === 'deleted' ? undefined : pod, previous ?? pod),
    );
    this.#informers.whenSynced(() => this.#attend());
  }

  get queueLengths(): { readonly active: number; readonly backoff: number; readonly unschedulable: number } {
    return this.#queue.lengths;
  }

  /** Has every decision seen, at the end of its cycle. */
  observe(observer: (decision: Decision) => void): void {
    this.#observers.push(observer);
  }

  /** Has every cycle seen before it begins: to look at what it will find, and change nothing. */
  observeCycles(observer: CycleObserver): void {
    this.#cycleObservers.push(observer);
  }

  start(): void {
    this.#informers.start();
  }

  get #now(): Micros {
    return this.#environment.kernel.now;
  }

  /**
   * What would be decided about a pod now, wherever it is: for those who look when a run is over, as a pod that has a node is
   * taken off it. Undefined where no profile handles it.
   */
  reconsider(pod: Pod): { readonly cycle: SchedulingCycle; readonly info: PodInfo } | undefined {
    const cycle = this.#cycles.get(schedulerNameOf(pod));
    if (cycle === undefined) return undefined;
    const { nodeName: _node, ...spec } = pod.spec;
    const info = this.#classes.info({ ...pod, spec });
    this.table.removePod(info.key);
    this.#search.nominations.delete(info.key);
    return { cycle, info };
  }

  /** The pod is of a profile: others are not let into the queue. */
  #cycleOf({ pod }: PodInfo): SchedulingCycle {
    return this.#cycles.get(schedulerNameOf(pod)) as SchedulingCycle;
  }

  /** Sees to it that whatever is due next is scheduled. */
  #attend(): void {
    const { kernel } = this.#environment;
    if (!this.#busy && this.#queue.ready && this.#informers.synced && !kernel.isPending(this.#waking)) {
      // After all that is delivered at this instant.
      this.#waking = kernel.at(kernel.now, this.#wake, 0, 0, undefined, Priority.component);
    }
    this.#flushes.attend();
  }

  /** Pops a pod and decides about it; the outcome takes effect when the cycle's time has passed. */
  #begin(): void {
    if (this.#busy || !this.#informers.synced) return;
    for (let pod = this.#queue.pop(); pod !== undefined; pod = this.#queue.pop()) {
      if (pod.info.pod.metadata.deletionTimestamp !== undefined) {
        this.#queue.remove(pod.key);
        const message = `skip schedule deleting pod: ${pod.key}`;
        this.#environment.events.record(this.name, pod.info.pod, 'Warning', 'FailedScheduling', message);
        continue;
      }
      const cycle = this.#cycleOf(pod.info);
      for (const observer of this.#cycleObservers) observer(cycle, pod.info, pod.attempts);
      const result = cycle.run(pod.info, pod.attempts);
      const { scheduler } = this.#environment.settings;
      const extended = this.#extenders?.takeSpent() ?? 0;
      const cost = cycleCost(scheduler, pod.info.podClass, result.evaluated, this.table.size) + extended;
      const underWay: CycleUnderWay = {
        key: pod.key,
        uid: pod.info.pod.metadata.uid,
        startedAt: this.#now,
        result,
      };
      this.#busy = true;
      this.#environment.kernel.after(cost, this.#cycleEnd, 0, 0, underWay);
      return;
    }
  }

  #end({ key, uid, startedAt, result }: CycleUnderWay): void {
    this.#busy = false;
    const pod = this.#queue.inFlight(key);
    // Gone meanwhile, or replaced by another pod of that name.
    if (pod !== undefined && pod.info.pod.metadata.uid === uid) {
      const queueMicros = startedAt - pod.timestamp;
      const outcome =
        result.result === 'scheduled' ? this.#assume(pod, result, startedAt) : this.#failed(pod, result, startedAt);
      this.#announce(pod, outcome, startedAt, queueMicros);
    }
    this.#begin();
    this.#attend();
  }

  /** Answers what became of it: Reserve and Permit may still say no. */
  #assume(pod: QueuedPod, result: CycleResult, startedAt: Micros): CycleResult {
    const nodeName = result.nodeName as string;
    this.table.addPod(pod.info, nodeName);
    this.#search.nominations.delete(pod.key);
    const refusal = this.#bindings.start(pod, nodeName);
    if (refusal === undefined) return result;
    this.table.removePod(pod.key);
    const { evaluated, feasible } = result;
    return this.#failed(pod, { ...refusal, evaluated, feasible }, startedAt);
  }

  #bindingFailed(pod: QueuedPod, result: CycleResult): void {
    const booked = this.table.pod(pod.key);
    if (booked !== undefined && !isAssigned(booked.pod)) {
      this.table.removePod(pod.key);
      this.#queue.happened({ resource: 'AssignedPod', action: Action.delete, before: booked.pod }, this.#now);
      this.#failed(pod, result);
    }
    this.#attend();
  }

  /** The pod goes back to the queue, if it is still there to be scheduled; its condition says why. */
  #failed(pod: QueuedPod, result: CycleResult, startedAt?: Micros): CycleResult {
    const current = this.#pods.get(pod.key);
    if (current === undefined || current.metadata.uid !== pod.info.pod.metadata.uid || isAssigned(current)) {
      this.#queue.remove(pod.key);
      return result;
    }
    pod.info = this.#classes.info(current, pod.key);
    if (nominationAfter(result) === '') this.#search.nominations.set(pod.info, '');
    // Before the pod comes back to the queue, where PreEnqueue is asked about it.
    if (result.postFilter !== undefined) this.#preemptor.preempt(pod.info, result.postFilter, this.#pods);
    this.#queue.giveBack(
      pod,
      result.result === 'error' ? [] : result.rejectingPlugins,
      this.#now,
      result.result === 'error' ? [] : result.pendingPlugins,
    );
    const { events, calendar } = this.#environment;
    events.record(this.name, current, 'Warning', 'FailedScheduling', truncated(result.message));
    const patch = failureRequest(current, result, calendar.timestamp(this.#now));
    if (patch !== undefined) this.#writeStatus(patch, startedAt !== undefined);
    for (const request of result.postFilter?.requests ?? []) this.#client.request(request);
    return result;
  }

  /** Without SchedulerAsyncAPICalls, which came with 1.34 and was off again with 1.34.2, a cycle ends when it is written. */
  #writeStatus(patch: ApiRequest, inCycle: boolean): void {
    if (this.#environment.settings.scheduler.asyncAPICalls || !inCycle) {
      this.#client.request(patch);
      return;
    }
    this.#busy = true;
    this.#client.request(patch, this.#statusWritten);
  }

  #announce(pod: QueuedPod, result: CycleResult, startedAt: Micros, queueMicros: Micros): void {
    if (this.#observers.length === 0) return;
    const decision: Decision = {
      time: this.#now,
      pod: pod.key,
      uid: pod.info.pod.metadata.uid,
      profile: schedulerNameOf(pod.info.pod),
      attempt: pod.attempts,
      result: result.result,
      node: result.nodeName,
      score: result.score,
      evaluatedNodes: result.evaluated,
      feasibleNodes: result.feasible,
      message: result.message,
      durationMicros: this.#now - startedAt,
      queueMicros,
      rejectingPlugins: result.rejectingPlugins,
    };
    for (const observer of this.#observers) observer(decision);
  }

  /** Of all profiles, in their order. */
  #plugins(): readonly Plugin[] {
    return [...this.#cycles.values()].flatMap(({ plugins }) => plugins.map(({ plugin }) => plugin));
  }

  save(): SchedulerState {
    return {
      informers: this.#informers.save(),
      devices: this.#objects.devices.save(),
      storage: this.#objects.storage.save(),
      table: this.table.save(),
      queue: this.#queue.save(),
      bindings: this.#bindings.save(),
      preemptions: this.#preemptor.save(),
      extenders: this.#extenders?.save(),
      plugins: this.#plugins().map((plugin) => plugin.save?.()),
      nominations: this.#search.nominations.entries().map(([{ pod }, node]) => [pod, node]),
      startIndex: this.#search.startIndex,
      busy: this.#busy,
      flushes: this.#flushes.save(),
      waking: this.#waking,
    };
  }

  restore(saved: unknown): void {
    const state = saved as SchedulerState;
    this.#informers.restore(state.informers);
    this.#objects.restored();
    this.#objects.devices.restore(state.devices);
    this.#objects.storage.restore(state.storage);
    this.table.restore(state.table);
    this.#queue.restore(state.queue);
    this.#bindings.restore(state.bindings);
    this.#preemptor.restore(state.preemptions);
    this.#extenders?.restore(state.extenders);
    for (const [i, plugin] of this.#plugins().entries()) plugin.restore?.(state.plugins[i]);
    this.#search.nominations.clear();
    for (const [pod, node] of state.nominations) this.#search.nominations.set(this.#classes.info(pod), node);
    this.#search.startIndex = state.startIndex;
    this.#busy = state.busy;
    this.#flushes.restore(state.flushes);
    this.#waking = state.waking;
  }
}
