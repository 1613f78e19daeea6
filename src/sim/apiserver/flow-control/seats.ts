import { identityOf } from '../../kernel/random.ts';
import { millis } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { PriorityLevel } from './levels.ts';

/** A request that waits for seats, or has them; `T` is what the caller gives along. */
export interface Claim<T> {
  readonly flow: string;
  readonly seats: number;
  readonly arrived: Micros;
  readonly load: T;
}

interface Queue<T> {
  readonly waiting: Claim<T>[];
  /** Seats held by requests that came from here, and seats that those in it want. */
  held: number;
  wanted: number;
  /** Virtual time at which the next one would begin. */
  next: number;
}

/** What becomes of a request at once. */
export type Arrival =
  { readonly queue: number; readonly waits: boolean } | { readonly rejected: 'queue-full' | 'concurrency-limit' };

interface SeatsState<T> {
  readonly level: PriorityLevel;
  readonly nominal: number;
  readonly queues: readonly Queue<T>[];
  readonly limit: number;
  readonly inUse: number;
  readonly virtual: number;
  readonly virtualAt: Micros;
  readonly peak: number;
}

/** Flows whose hands are remembered. */
const HANDS_KEPT = 10_000;

/** How long a request is taken to hold its seats until it is known. Source: flowcontrol/fairqueuing/queueset (3 ms). */
const GUESS: Micros = millis(3);

/**
 * The seats of one priority level and the queues before them: flows are dealt hands of queues and join the shortest; seats
 * that come free go to the queue that has had the least, in virtual time. Source: apiserver flowcontrol/fairqueuing/queueset.
 */
export class Seats<T> {
  #level: PriorityLevel;
  /** Seats by the level's shares alone. */
  #nominal: number;
  /** Seats now: the nominal ones, less what is lent, more what is borrowed. */
  limit: number;
  #queues: Queue<T>[];
  #inUse = 0;
  #virtual = 0;
  #virtualAt: Micros = 0;
  #waiting = 0;
  #wanted = 0;
  readonly #hands = new Map<string, readonly number[]>();
  /** Most seats that were held and wanted at once since it was last asked. */
  #peak = 0;

  constructor(level: PriorityLevel, nominal: number) {
    this.#level = level;
    this.#nominal = nominal;
    this.limit = nominal;
    this.#queues = Array.from({ length: queuesOf(level) }, () => emptyQueue<T>());
  }

  get level(): PriorityLevel {
    return this.#level;
  }

  get nominal(): number {
    return this.#nominal;
  }

  /** Somebody has changed the level: who waits stays in its queue, and flows are dealt anew. */
  change(level: PriorityLevel, nominal: number): void {
    this.#level = level;
    this.#nominal = nominal;
    this.limit = nominal;
    this.#hands.clear();
    const wanted = queuesOf(level);
    while (this.#queues.length < wanted) this.#queues.push(emptyQueue());
    while (this.#queues.length > wanted && isIdle(this.#queues.at(-1) as Queue<T>)) this.#queues.pop();
  }

  get inUse(): number {
    return this.#inUse;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Takes the level's peak demand and begins anew. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = this.#inUse + this.#wanted;
    return peak;
  }

  /** A request comes: it has its seats at once, or waits, or is rejected. */
  arrive(claim: Claim<T>, now: Micros): Arrival {
    this.#advance(now);
    const { exempt, queuing } = this.#level;
    if (exempt) return { queue: 0, waits: false };
    const queue = queuing === undefined ? 0 : this.#shortest(claim.flow, queuing.queues, queuing.handSize);
    const chosen = this.#queues[queue] as Queue<T>;
    if (this.#waiting === 0 && this.#fits(claim.seats)) {
      this.#begin(chosen, claim);
      return { queue, waits: false };
    }
    if (queuing === undefined) return { rejected: 'concurrency-limit' };
    if (chosen.waiting.length >= queuing.queueLengthLimit) return { rejected: 'queue-full' };
    if (chosen.waiting.length === 0 && chosen.held === 0) chosen.next = this.#virtual;
    chosen.waiting.push(claim);
    chosen.wanted += claim.seats;
    this.#wanted += claim.seats;
    this.#waiting++;
    this.#peak = Math.max(this.#peak, this.#inUse + this.#wanted);
    return { queue, waits: true };
  }

  /** A request gives its seats back after having held them for `held`. */
  release(queue: number, seats: number, held: Micros, now: Micros): void {
    if (this.#level.exempt) return;
    this.#advance(now);
    this.#inUse -= seats;
    const from = this.#queues[queue] as Queue<T>;
    from.held -= seats;
    from.next += (held - GUESS) * seats;
  }

  /** The next one that has its seats now, with its queue; undefined where none fits. */
  dispatch(now: Micros): { readonly claim: Claim<T>; readonly queue: number } | undefined {
    if (this.#waiting === 0) return undefined;
    this.#advance(now);
    let best = -1;
    for (const [index, queue] of this.#queues.entries()) {
      if (queue.waiting.length > 0 && (best < 0 || queue.next < (this.#queues[best] as Queue<T>).next)) best = index;
    }
    const queue = this.#queues[best] as Queue<T>;
    const claim = queue.waiting[0] as Claim<T>;
    if (!this.#fits(claim.seats)) return undefined;
    queue.waiting.shift();
    this.#left(queue, claim);
    this.#begin(queue, claim);
    return { claim, queue: best };
  }

  /** Takes out a request that has waited too long; false where it waits no more. */
  giveUp(queue: number, load: T): boolean {
    const from = this.#queues[queue] as Queue<T>;
    const at = from.waiting.findIndex((claim) => claim.load === load);
    if (at < 0) return false;
    const [claim] = from.waiting.splice(at, 1) as [Claim<T>];
    this.#left(from, claim);
    return true;
  }

  /** A request waits no more. */
  #left(queue: Queue<T>, { seats }: Claim<T>): void {
    queue.wanted -= seats;
    this.#wanted -= seats;
    this.#waiting--;
  }

  /** Everybody who waits, who then waits no more. */
  clear(): readonly Claim<T>[] {
    const all = this.#queues.flatMap(({ waiting }) => waiting.splice(0));
    for (const queue of this.#queues) queue.wanted = 0;
    this.#waiting = 0;
    this.#wanted = 0;
    return all;
  }

  /** A request wider than the level may begin when nothing else is under way. */
  #fits(seats: number): boolean {
    return this.#inUse + seats <= this.limit || this.#inUse === 0;
  }

  #begin(queue: Queue<T>, { seats }: Claim<T>): void {
    this.#inUse += seats;
    queue.held += seats;
    queue.next = Math.max(queue.next, this.#virtual) + GUESS * seats;
    this.#peak = Math.max(this.#peak, this.#inUse);
  }

  /** Virtual time goes as fast as each of the queues that have something is served. */
  #advance(now: Micros): void {
    const passed = now - this.#virtualAt;
    this.#virtualAt = now;
    if (passed === 0 || this.#waiting === 0) return;
    let active = 0;
    for (const { waiting, held } of this.#queues) if (waiting.length > 0 || held > 0) active++;
    this.#virtual += (passed * Math.min(this.#inUse, this.limit)) / Math.max(1, active);
  }

  #shortest(flow: string, queues: number, handSize: number): number {
    let best = -1;
    let least = Infinity;
    let hand = this.#hands.get(flow);
    if (hand === undefined) {
      if (this.#hands.size >= HANDS_KEPT) this.#hands.clear();
      this.#hands.set(flow, (hand = dealt(flow, queues, handSize)));
    }
    for (const index of hand) {
      const { held, wanted } = this.#queues[index] as Queue<T>;
      const load = held + wanted;
      if (load < least) [best, least] = [index, load];
    }
    return best;
  }

  save(): SeatsState<T> {
    return {
      level: this.#level,
      nominal: this.#nominal,
      queues: this.#queues.map((queue) => ({ ...queue, waiting: [...queue.waiting] })),
      limit: this.limit,
      inUse: this.#inUse,
      virtual: this.#virtual,
      virtualAt: this.#virtualAt,
      peak: this.#peak,
    };
  }

  restore(saved: unknown): void {
    const state = saved as SeatsState<T>;
    this.#level = state.level;
    this.#nominal = state.nominal;
    this.#hands.clear();
    this.#queues = state.queues.map((queue) => ({ ...queue, waiting: [...queue.waiting] }));
    this.#waiting = this.#queues.reduce((sum, { waiting }) => sum + waiting.length, 0);
    this.#wanted = this.#queues.reduce((sum, { wanted }) => sum + wanted, 0);
    this.limit = state.limit;
    this.#inUse = state.inUse;
    this.#virtual = state.virtual;
    this.#virtualAt = state.virtualAt;
    this.#peak = state.peak;
  }
}

function queuesOf({ queuing }: PriorityLevel): number {
  return queuing?.queues ?? 1;
}

function emptyQueue<T>(): Queue<T> {
  return { waiting: [], held: 0, wanted: 0, next: 0 };
}

function isIdle({ waiting, held }: Queue<unknown>): boolean {
  return waiting.length === 0 && held === 0;
}

/** The hand of queues that a flow is dealt: no two alike, by its hash. Source: apiserver util/shufflesharding/dealer.go. */
export function dealt(flow: string, deckSize: number, handSize: number): readonly number[] {
  // Two hashes: 128 queues and a hand of six take 42 bits.
  let hash = identityOf(flow) * 2 ** 21 + (identityOf(`${flow}#`) >>> 11);
  const hand: number[] = [];
  for (let i = 0; i < handSize; i++) {
    const left = deckSize - i;
    let card = hash % left;
    hash = Math.floor(hash / left);
    for (const earlier of [...hand].sort((a, b) => a - b)) if (card >= earlier) card++;
    hand.push(card);
  }
  return hand;
}
