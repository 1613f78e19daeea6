import { ClockObservers } from './clock-observers.ts';
import type { ClockObserver } from './clock-observers.ts';
import { EventSlab } from './event-slab.ts';
import type { EventRef, SlabState } from './event-slab.ts';
import type { EventQueue, QueueKind, QueueState } from './event-queue.ts';
import { FastPriorityEventQueue } from './fast-priority-queue.ts';
import { InstantQueue } from './instant-queue.ts';
import { KernelError } from './kernel-error.ts';
import { PRIORITIES, Priority } from './priority.ts';
import { RandomSource } from './random.ts';
import type { Saveable } from './saveable.ts';
import { StormGuard } from './storm-guard.ts';
import { MAX_TIME } from './time.ts';
import type { Micros } from './time.ts';

export { NO_EVENT } from './event-slab.ts';
export type { ClockObserver, EventRef };

/** A registered handler. Ids depend on the order of registration; saved state names handlers instead. */
export type HandlerId = number;

/** What an event does: two numbers and one immutable object are all that it is given. */
export type EventHandler = (a: number, b: number, payload: unknown) => void;

/** How a kernel is built. */
export interface KernelOptions {
  /** Seeds all random draws of the run. */
  readonly seed: string | number;
  /** @defaultValue 'instants' */
  readonly queue?: QueueKind;
  /** Events at one instant after which the run is given up as an event storm. @defaultValue 5,000,000 */
  readonly stormLimit?: number;
}

/** When `run` returns; without any of them, when no event is left. */
export interface RunOptions {
  /** Events up to and at this time are run, and the clock then stands there. */
  readonly until?: Micros;
  /** Asked before every event; false ends the run. */
  readonly while?: () => boolean;
  readonly maxEvents?: number;
}

/** Why `run` returned. */
export interface RunOutcome {
  /**
   * `drained`: no event is left (the clock stands at `until` if one was given); `until`: the time was reached;
   * `stopped`: a handler called `stop`, or `while` said so; `limit`: `maxEvents` were handled.
   */
  readonly reason: 'drained' | 'until' | 'stopped' | 'limit';
  readonly now: Micros;
  /** Events this run handled. */
  readonly events: number;
}

/** A kernel written out: structured-clonable as far as its payloads are. */
export interface KernelState {
  readonly now: Micros;
  readonly dispatched: number;
  readonly live: number;
  readonly atThisInstant: number;
  /** Names of the handlers by the ids that `slab` uses. */
  readonly handlers: readonly string[];
  readonly queue: QueueState;
  readonly slab: SlabState;
}

/**
 * The clock of a run and the events on it, ordered by time, then priority class, then the order of scheduling.
 * Knows nothing of what it simulates. An event is data (a handler's id, two numbers, an object), so the whole can be
 * saved and restored at any instant between two events.
 */
export class Kernel implements Saveable {
  /** Draws are pure functions of seed, purpose, identity and ordinal: there is nothing of them to save. */
  readonly random: RandomSource;

  readonly #queue: EventQueue;
  readonly #slab = new EventSlab();
  readonly #observers = new ClockObservers();
  readonly #storm: StormGuard;

  readonly #handlers: EventHandler[] = [];
  readonly #names: string[] = [];
  readonly #idByName = new Map<string, HandlerId>();

  #now: Micros = 0;
  #dispatched = 0;
  /** Cancelled events whose entries are in the queue still. */
  #dead = 0;
  /** Events handled since the clock last moved. */
  #atThisInstant = 0;
  #running = false;
  #stopping = false;

  constructor(options: KernelOptions) {
    this.random = new RandomSource(options.seed);
    this.#queue = options.queue === 'fastpriorityqueue' ? new FastPriorityEventQueue() : new InstantQueue();
    this.#storm = new StormGuard(options.stormLimit ?? 5_000_000);
  }

  /** The current virtual time. */
  get now(): Micros {
    return this.#now;
  }

  /** Events handled since the start of the run. */
  get dispatched(): number {
    return this.#dispatched;
  }

  /** Events that are scheduled and not cancelled. */
  get pending(): number {
    return this.#queue.size - this.#dead;
  }

  /** Entries the queue holds, those of cancelled events included; never more than twice `pending`. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Handlers that are registered; the next one gets this id. */
  get registered(): number {
    return this.#handlers.length;
  }

  /** Makes a handler known under a name that is unique in the run and the same in every run. */
  register(name: string, handler: EventHandler): HandlerId {
    if (this.#idByName.has(name)) {
      throw new KernelError('DUPLICATE_HANDLER', `an event handler named "${name}" is registered already`);
    }
    const id = this.#handlers.length;
    this.#handlers.push(handler);
    this.#names.push(name);
    this.#idByName.set(name, id);
    return id;
  }

  /**
   * Schedules an event. `a` and `b` are doubles (integers exact to 2^53); `payload` is immutable and, if runs are to be
   * written out, structured-clonable. A time that the clock does not reach is its last instant: where Kubernetes says
   * never, it says 2^31 - 1 seconds.
   */
  at(
    time: Micros,
    handler: HandlerId,
    a = 0,
    b = 0,
    payload?: unknown,
    priority: number = Priority.component,
  ): EventRef {
    const inReach = time >= this.#now && time <= MAX_TIME && Math.floor(time) === time;
    const at = inReach ? time : this.#lastInstant(time, handler);
    if ((priority & (PRIORITIES - 1)) !== priority || this.#handlers[handler] === undefined) {
      throw refusal(handler, priority);
    }
    const slot = this.#slab.insert(handler, a, b, payload, priority);
    this.#queue.push(at * PRIORITIES + priority, slot);
    return this.#slab.refOf(slot);
  }

  /** Schedules an event after a delay from now; see `at`. */
  after(delay: Micros, handler: HandlerId, a = 0, b = 0, payload?: unknown, priority?: number): EventRef {
    return this.at(this.#now + delay, handler, a, b, payload, priority);
  }

  /** Takes an event back. False if it is not pending: handled, cancelled or none at all. */
  cancel(ref: EventRef): boolean {
    const slot = this.#slab.slotOf(ref);
    if (slot < 0) return false;
    this.#slab.cancel(slot);
    this.#dead++;
    if (2 * this.#dead > this.#queue.size) this.#compact();
    return true;
  }

  /**
   * Takes back every pending event that the predicate picks, and says how many. Looks at all pending events: for rare
   * occasions, such as the death of a process.
   */
  cancelWhere(picks: (handler: HandlerId, payload: unknown) => boolean): number {
    const slab = this.#slab;
    let cancelled = 0;
    for (let slot = 0; slot < slab.slots; slot++) {
      const handler = slab.handlerOf(slot);
      if (handler < 0 || !picks(handler, slab.payloadOf(slot))) continue;
      this.cancel(slab.refOf(slot));
      cancelled++;
    }
    return cancelled;
  }

  isPending(ref: EventRef): boolean {
    return this.#slab.slotOf(ref) >= 0;
  }

  /** Moves a pending event to another time, behind what is already scheduled there. Returns its new reference. */
  reschedule(ref: EventRef, time: Micros): EventRef {
    const slot = this.#slab.slotOf(ref);
    if (slot < 0) throw new KernelError('BAD_EVENT_REF', 'the event to reschedule is not pending');
    const slab = this.#slab;
    const moved = this.at(
      time,
      slab.handlerOf(slot),
      slab.aOf(slot),
      slab.bOf(slot),
      slab.payloadOf(slot),
      slab.priorityOf(slot),
    );
    this.cancel(ref);
    return moved;
  }

  /** Handles the next event. False when there is none. */
  step(): boolean {
    return this.run({ maxEvents: 1 }).events === 1;
  }

  /** Handles events in order until one of the given ends is reached. */
  run(options: RunOptions = {}): RunOutcome {
    const until = options.until ?? Infinity;
    if (!(until >= this.#now)) throw new KernelError('BAD_TIME', `cannot run until ${until} µs: it is ${this.#now} µs`);
    if (this.#running) throw new KernelError('REENTRANT', 'the loop is running already: a handler cannot run it');
    this.#running = true;
    this.#stopping = false;
    this.#observers.refresh(this.#now);
    const first = this.#dispatched;
    try {
      const reason = this.#loop(until, options.while, first + (options.maxEvents ?? Infinity));
      if (until !== Infinity && (reason === 'until' || reason === 'drained')) this.#advance(until);
      return { reason, now: this.#now, events: this.#dispatched - first };
    } finally {
      this.#running = false;
    }
  }

  /** Asks the loop to return after the event that is being handled. */
  stop(): void {
    this.#stopping = true;
  }

  /** Has an observer called at its times from now on. Returns what ends that. Observers are not part of saved state. */
  observe(observer: ClockObserver): () => void {
    return this.#observers.add(observer, this.#now);
  }

  save(): KernelState {
    if (this.#running) throw new KernelError('REENTRANT', 'the kernel can only be saved between two runs: stop first');
    return {
      now: this.#now,
      dispatched: this.#dispatched,
      live: this.pending,
      atThisInstant: this.#atThisInstant,
      handlers: [...this.#names],
      queue: this.#queue.save(),
      slab: this.#slab.save(),
    };
  }

  /** Puts a saved state in the place of the present one. References handed out before it was saved stay valid. */
  restore(state: KernelState): void {
    if (this.#running) throw new KernelError('REENTRANT', 'the kernel can only be restored between two runs');
    this.#slab.restore(state.slab, (id) => this.#idOf(state.handlers[id]));
    this.#queue.restore(state.queue);
    this.#now = state.now;
    this.#dispatched = state.dispatched;
    this.#dead = state.queue.slots.length - state.live;
    this.#atThisInstant = state.atThisInstant;
    this.#observers.markStale();
  }

  #loop(until: Micros, goOn: (() => boolean) | undefined, lastEvent: number): RunOutcome['reason'] {
    const queue = this.#queue;
    const slab = this.#slab;
    const observers = this.#observers;
    for (;;) {
      const key = queue.peekKey();
      if (key === Infinity) return 'drained';
      const slot = queue.peekSlot();
      if (slab.isCancelled(slot)) {
        queue.pop();
        slab.free(slot);
        this.#dead--;
        continue;
      }
      const time = Math.floor(key / PRIORITIES);
      if (time > until) return 'until';
      if (this.#stopping) return 'stopped';
      if (this.#dispatched >= lastEvent) return 'limit';
      if (goOn !== undefined && !goOn()) return 'stopped';
      if (time >= observers.due) this.#observe(time);

      queue.pop();
      const handler = slab.handlerOf(slot);
      const a = slab.aOf(slot);
      const b = slab.bOf(slot);
      const payload = slab.payloadOf(slot);
      slab.release(slot);
      this.#dispatched++;
      if (2 * this.#dead > queue.size) this.#compact();
      if (time !== this.#now) this.#moveTo(time);
      if (++this.#atThisInstant > this.#storm.sampleFrom) {
        this.#storm.count(this.#atThisInstant, this.#names[handler] as string, time);
      }
      (this.#handlers[handler] as EventHandler)(a, b, payload);
    }
  }

  #moveTo(time: Micros): void {
    this.#now = time;
    this.#atThisInstant = 0;
  }

  /** Calls all observers that are due up to a time, the clock standing at their due times. */
  #observe(until: Micros): void {
    while (this.#observers.due <= until) {
      const time = this.#observers.due;
      if (time !== this.#now) this.#moveTo(time);
      const { size } = this.#queue;
      const dead = this.#dead;
      this.#observers.notify();
      if (this.#queue.size !== size || this.#dead !== dead) {
        throw new KernelError('BAD_OBSERVER', `an observer called at ${time} µs scheduled or cancelled an event`);
      }
    }
  }

  /** Lets the time up to `until` pass, in which there are no more events. */
  #advance(until: Micros): void {
    this.#observe(until);
    if (until !== this.#now) this.#moveTo(until);
  }

  /**
   * Drops the entries of cancelled events. Since the last time, at least half as many events as there are entries were
   * cancelled or handled, so that each of them paid for a constant part of it.
   */
  #compact(): void {
    this.#dead = 0;
    this.#queue.retain((slot) => {
      if (!this.#slab.isCancelled(slot)) return true;
      this.#slab.free(slot);
      return false;
    });
  }

  #idOf(name: string | undefined): HandlerId {
    const id = name === undefined ? undefined : this.#idByName.get(name);
    if (id === undefined) {
      throw new KernelError(
        'RESTORE',
        `the saved run has events for the handler "${name}", which is not registered here; ` +
          `registered are ${[...this.#names].sort().join(', ') || 'none'}`,
      );
    }
    return id;
  }

  /** In place of a time beyond it; no other time can be meant. */
  #lastInstant(time: Micros, handler: HandlerId): Micros {
    if (time > MAX_TIME && Number.isInteger(time)) return MAX_TIME;
    const why = time < this.#now ? `lies before the clock, ${this.#now} µs` : 'is not an integer count of microseconds';
    throw new KernelError('BAD_TIME', `an event for "${this.#names[handler]}" at ${time} µs: that ${why}`);
  }
}

/** Apart from where events are scheduled, which is to be short: V8 inlines only so much. */
function refusal(handler: HandlerId, priority: number): KernelError {
  return (priority & (PRIORITIES - 1)) === priority
    ? new KernelError('BAD_HANDLER', `no event handler has the id ${handler}`)
    : new KernelError('BAD_PRIORITY', `priority ${priority} is not an integer from 0 to ${PRIORITIES - 1}`);
}
