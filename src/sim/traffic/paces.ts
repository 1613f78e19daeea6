import { meanOf } from './service-law.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import { UNDISTURBED } from '../node/processors.ts';
import type { Pace } from '../node/processors.ts';
import { sharedSlowness } from './processor-queue.ts';
import type { Offered } from './processor-queue.ts';
import type { TrafficSpec } from './traffic-spec.ts';

/** What there is to know of pods and their nodes' processors. */
interface Ground {
  /** How a pod stands that requests come to. */
  pace(id: string): Pace;
  /** Where it is; undefined for an address that somebody wrote down. */
  placeOf(id: string): Place | undefined;
  /** Its requests want so much of its node's processor from now on, in thousandths of a core. */
  serve(node: string, uid: string, milliCpu: number): void;
}

export interface Place {
  readonly node: string;
  readonly uid: string;
}

/** What a pod's node was last told. */
interface Told extends Place {
  readonly milliCpu: number;
}

interface PacesState {
  readonly offered: readonly (readonly (readonly [string, number])[])[];
  readonly told: readonly (readonly [string, Told])[];
  readonly news: readonly string[];
  readonly turn: EventRef;
}

/** From a change of what requests want to what their node makes of it: what is wanted is a mean. No constant upstream. */
const TELL_AFTER = SECOND;

/** Changes of less than this share are not told. */
const WORTH_TELLING = 0.01;

/** Digits of a stretch: it is a mean, and each value costs a look at the whole distribution. */
const DIGITS = 3;

/**
 * How many times as long pods work on requests, because a limit or neighbours keep them from the processor, or as they are
 * so many; and what requests want of the nodes' processors in turn. Between two changes of rates or shares both are even:
 * each request is longer by what is the mean then.
 */
export class Paces implements Saveable {
  readonly #kernel: Kernel;
  readonly #specs: readonly TrafficSpec[];
  readonly #ground: Ground;
  readonly #turnHandler: HandlerId;
  /** Requests a second by pod, of each traffic that says what they want of the processor. */
  #offered: ReadonlyMap<string, number>[];
  #told = new Map<string, Told>();
  #news = new Set<string>();
  #turn = NO_EVENT;
  /** What was worked out last for a pod, and what it follows from. */
  readonly #known = new Map<string, { readonly key: string; readonly slowness: number }>();

  constructor(kernel: Kernel, specs: readonly TrafficSpec[], ground: Ground) {
    this.#kernel = kernel;
    this.#specs = specs;
    this.#ground = ground;
    this.#offered = specs.map(() => new Map());
    this.#turnHandler = kernel.register('traffic/cpu-demand', () => this.#tell());
  }

  /** So many requests of a traffic come to each pod a second from now on; to all others, none. */
  offer(index: number, rates: readonly (readonly [string, number])[]): void {
    if (this.#spec(index).cpuTime === 0) return;
    const before = this.#offered[index] as ReadonlyMap<string, number>;
    const now = new Map(rates);
    this.#offered[index] = now;
    for (const [id, rate] of now) if (before.get(id) !== rate) this.#news.add(id);
    for (const id of before.keys()) if (!now.has(id)) this.#news.add(id);
    if (this.#news.size === 0 || this.#kernel.isPending(this.#turn)) return;
    this.#turn = this.#kernel.after(TELL_AFTER, this.#turnHandler, 0, 0, undefined, Priority.component);
  }

  /** How many times as long a pod works on a traffic's requests as it would with nothing in its way. */
  stretch(index: number, id: string): number {
    if (this.#spec(index).cpuTime === 0 && this.#ground.pace(id) === UNDISTURBED) return 1;
    return this.#stretch(index, id, this.#offeredTo(id));
  }

  /** The same if so many of that traffic's came to it, and of the others as many as do. */
  stretchAt(index: number, id: string, perSecond: number): number {
    if (this.#spec(index).cpuTime === 0) return this.stretch(index, id);
    const others = this.#offeredTo(id).filter(([other]) => other !== index);
    return this.#stretch(index, id, [...others, [index, perSecond]]);
  }

  /** Pods of one kind stretch as much. */
  kind(id: string): string {
    const { speed, drag, cores } = this.#ground.pace(id);
    const offered = this.#offeredTo(id).flatMap(([, rate]) => rate.toPrecision(9));
    return [speed, drag, cores, ...offered].join(' ');
  }

  #offeredTo(id: string): readonly (readonly [number, number])[] {
    return this.#offered.flatMap((rates, index): readonly (readonly [number, number])[] => {
      const rate = rates.get(id);
      return rate === undefined ? [] : [[index, rate]];
    });
  }

  #stretch(index: number, id: string, offered: readonly (readonly [number, number])[]): number {
    const { speed, drag } = this.#ground.pace(id);
    const part = this.#cpuPart(index);
    const stretch = part === 0 ? 1 / speed : 1 - part + part * drag * this.#slowness(index, id, offered);
    return Number(stretch.toPrecision(DIGITS));
  }

  /** The share of a traffic's service time that is processor time; 0 where nothing is said of it: then all of it is. */
  #cpuPart(index: number): number {
    const { cpuTime, serviceTime } = this.#spec(index);
    return cpuTime === 0 ? 0 : Math.min(1, cpuTime / SECOND / meanOf(serviceTime));
  }

  #slowness(index: number, id: string, offered: readonly (readonly [number, number])[]): number {
    const { drag, cores } = this.#ground.pace(id);
    const key = [drag, cores, index, ...offered].join(' ');
    let known = this.#known.get(id);
    if (known?.key !== key) {
      const { concurrency, queue } = this.#spec(index);
      const together = this.#together(index, drag, offered);
      known = { key, slowness: sharedSlowness(together, cores / 1000, concurrency, queue) };
      this.#known.set(id, known);
    }
    return known.slowness;
  }

  /** All that comes to a pod; where nothing does, a single request. */
  #together(index: number, drag: number, offered: readonly (readonly [number, number])[]): Offered {
    const perSecond = offered.reduce((sum, [, rate]) => sum + rate, 0);
    const weights = perSecond === 0 ? [[index, 1] as const] : offered;
    const all = perSecond === 0 ? 1 : perSecond;
    let work = 0;
    let cpu = 0;
    for (const [traffic, rate] of weights) {
      const part = this.#cpuPart(traffic);
      work += (rate / all) * meanOf(this.#spec(traffic).serviceTime) * (1 - part + part * drag);
      cpu += (rate / all) * (this.#spec(traffic).cpuTime / SECOND) * drag;
    }
    return { perSecond, work, cpu };
  }

  #tell(): void {
    this.#turn = NO_EVENT;
    const news = [...this.#news];
    this.#news.clear();
    for (const id of news) {
      const before = this.#told.get(id);
      const place = this.#ground.placeOf(id) ?? before;
      if (place === undefined) continue;
      let milliCpu = 0;
      for (const [index, rate] of this.#offeredTo(id)) milliCpu += rate * (this.#spec(index).cpuTime / SECOND) * 1000;
      const { milliCpu: told = 0 } = before ?? {};
      if (milliCpu === told || (milliCpu > 0 && Math.abs(milliCpu - told) < WORTH_TELLING * told)) continue;
      if (milliCpu > 0) this.#told.set(id, { node: place.node, uid: place.uid, milliCpu });
      else {
        this.#told.delete(id);
        this.#known.delete(id);
      }
      this.#ground.serve(place.node, place.uid, milliCpu);
    }
  }

  #spec(index: number): TrafficSpec {
    return this.#specs[index] as TrafficSpec;
  }

  save(): PacesState {
    return {
      offered: this.#offered.map((rates) => [...rates]),
      told: [...this.#told],
      news: [...this.#news],
      turn: this.#turn,
    };
  }

  restore(saved: unknown): void {
    const { offered, told, news, turn } = saved as PacesState;
    this.#offered = offered.map((rates) => new Map(rates));
    this.#told = new Map(told);
    this.#news = new Set(news);
    this.#turn = turn;
  }
}
