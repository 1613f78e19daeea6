import type { Micros } from '../kernel/time.ts';
import { SECOND } from '../kernel/time.ts';
import { congestionOf } from './congestion.ts';
import type { Congestion } from './congestion.ts';
import { FluidFlow } from './fluid-flow.ts';
import type { FlowState } from './fluid-flow.ts';
import { meanOf, ServiceLaw } from './service-law.ts';
import type { Stay, Wait } from './service-law.ts';
import type { Answer, Spread } from './spread.ts';
import type { Paces } from './paces.ts';
import type { Totals } from './totals.ts';
import type { TrafficSpec } from './traffic-spec.ts';

/** How many requests come in, as the scenario has it for the present. */
export type Demand = { readonly perSecond: number } | { readonly users: number };

/** Steps in which the rate of a closed loop is looked for; each halves what is not known of it. */
const HALVINGS = 40;

/** What traffics offer a pod: requests of each a second, by the traffic's number. */
type Station = Map<number, number>;

/** How requests fare at a pod that is offered so much by each of these traffics. */
interface Fare {
  /** Who offers how much, and how fast the pod is. */
  readonly key: string;
  readonly blocked: number;
  /** By traffic. */
  readonly fares: readonly (readonly [number, Wait, Stay])[];
}

/** Pods at which requests fare alike. */
interface Alike {
  /** One of them. */
  readonly id: string;
  readonly share: number;
  readonly others: number;
  count: number;
}

interface FluidState {
  readonly flows: readonly FlowState[];
  readonly stations: readonly (readonly [string, readonly (readonly [number, number])[]])[];
}

/**
 * Traffics in fluid mode: rates that change when something happens, and amounts that follow from them. What a pod refuses
 * follows from all that it is offered, by Erlang's formula, so traffics that share a pod are worked out together.
 */
export class FluidTraffic {
  readonly #specs: readonly TrafficSpec[];
  readonly #answer: (id: string) => Answer;
  readonly #paces: Paces;
  readonly #laws: readonly ServiceLaw[];
  readonly #flows: readonly FluidFlow[];
  readonly #stations = new Map<string, Station>();
  /** The last one that was worked out. */
  #fare: Fare | undefined;

  constructor(specs: readonly TrafficSpec[], answer: (id: string) => Answer, paces: Paces) {
    this.#specs = specs;
    this.#answer = answer;
    this.#paces = paces;
    this.#laws = specs.map(({ serviceTime, timeout }) => new ServiceLaw(serviceTime, timeout));
    this.#flows = specs.map(({ timeout }, i) => new FluidFlow(this.#laws[i] as ServiceLaw, timeout));
  }

  totals(index: number, now: Micros): Totals {
    return this.#flow(index).totals(now);
  }

  /** Pods that a traffic's requests are at, or come to. */
  *pods(index: number): IterableIterator<string> {
    for (const { id } of this.#flow(index).rows()) yield id;
  }

  /** Whether more of a traffic's requests fail at present than its objective allows. */
  failing(index: number): boolean {
    return this.#flow(index).failingShare > 1 - (this.#specs[index] as TrafficSpec).objective;
  }

  /** The latency of requests served up to an instant below which a share of them lies, in microseconds. */
  latency(index: number, share: number, now: Micros): Micros | undefined {
    return this.#flow(index).latency(share, now);
  }

  /** Others whose requests come to pods that a traffic's come to, or are going to. */
  neighbours(index: number, { targets }: Spread): ReadonlySet<number> {
    const others = new Set<number>();
    const look = (id: string): void => {
      for (const other of this.#stations.get(id)?.keys() ?? []) if (other !== index) others.add(other);
    };
    for (const { id } of this.#flow(index).rows()) look(id);
    for (const { id } of targets) look(id);
    return others;
  }

  /** Works out what has happened to a traffic until now. */
  settle(index: number, now: Micros): void {
    this.#flow(index).settle(now);
  }

  /** The traffic goes other ways, or at another rate, from now on; it and its neighbours are settled. */
  reroute(index: number, spread: Spread, demand: Demand): void {
    const flow = this.#flow(index);
    let refused = 0;
    let silent = 0;
    for (const row of flow.rows()) row.share = 0;
    for (const { id, share } of spread.targets) {
      const answer = this.#answer(id);
      if (answer === 'serves') flow.open(id).share = share;
      else if (answer === 'refuses') refused += share;
      else silent += share;
    }
    for (const { id, share } of flow.rows()) {
      if (share > 0 || this.#answer(id) === 'serves') continue;
      flow.kill(id);
      this.#withdraw(index, id);
      this.#balance(id);
    }
    const losses = { nowhere: spread.nowhere, refused, silent, unreachable: spread.unreachable };
    const perSecond =
      'perSecond' in demand ? demand.perSecond : this.#closedRate(index, demand.users, silent + spread.unreachable);
    flow.send(perSecond, losses);
    this.#offer(index, perSecond);
    flow.sweep();
  }

  /** Tells the stations what comes to them, and the flows what they refuse. */
  #offer(index: number, perSecond: number): void {
    const rows = [...this.#flow(index).rows()];
    this.#paces.offer(
      index,
      rows.map(({ id, share }) => [id, perSecond * share]),
    );
    for (const { id, share } of rows) {
      const rate = perSecond * share;
      if (rate === 0) this.#withdraw(index, id);
      else this.#station(id).set(index, rate);
      this.#balance(id);
    }
  }

  #withdraw(index: number, id: string): void {
    const station = this.#stations.get(id);
    if (station === undefined || !station.delete(index)) return;
    if (station.size === 0) this.#stations.delete(id);
  }

  /** What a pod refuses of what it is offered, and how the rest fares, for all who offer it. */
  #balance(id: string): void {
    const station = this.#stations.get(id);
    if (station === undefined) return;
    const users = [...station.keys()];
    const stretches = users.map((user) => this.#paces.stretch(user, id));
    // Most pods have as much of the same traffics as the pod before, and are as fast.
    const key = [...station, ...stretches].join(' ');
    if (this.#fare?.key !== key) this.#fare = { key, ...this.#fareOf(station, users, stretches) };
    const { blocked, fares } = this.#fare;
    for (const [user, wait, stay] of fares) {
      const row = this.#flow(user).row(id);
      if (row !== undefined) Object.assign(row, { blocked, wait, stay });
    }
  }

  #fareOf(station: Station, users: readonly number[], stretches: readonly number[]): Omit<Fare, 'key'> {
    const holds = users.map((user, i) => this.#law(user).hold(stretches[i] as number));
    const loads = users.map((user, i) => ((station.get(user) as number) * (holds[i] as number)) / SECOND);
    const load = loads.reduce((sum, one) => sum + one, 0);
    const { blocked, waits: share, meanWait, waitShape: shape } = this.#congestion(users, load);
    // How long the pod works on one of all the requests that come to it.
    let work = 0;
    for (const [i, one] of loads.entries()) work += (one / load) * (holds[i] as number);
    const fares = users.map((user, i): readonly [number, Wait, Stay] => {
      const wait = { share, mean: meanWait * work, shape, stretch: stretches[i] as number };
      return [user, wait, this.#law(user).stay(wait)];
    });
    return { blocked, fares };
  }

  /** How a pod stands that these traffics come to. */
  #congestion(users: readonly number[], load: number): Congestion {
    const specs = users.map((user) => this.#specs[user] as TrafficSpec);
    const servers = Math.min(...specs.map(({ concurrency }) => concurrency));
    return congestionOf(load, servers, Math.min(...specs.map(({ queue }) => queue)));
  }

  /**
   * The rate of users who each think, ask and wait: as many requests are under way or thought about as there are users.
   * Requests that are refused take no time, those that nobody answers take the timeout.
   */
  #closedRate(index: number, users: number, unanswered: number): number {
    const { load: loop, timeout, concurrency, queue } = this.#specs[index] as TrafficSpec;
    if (loop.kind !== 'closed') return 0;
    const think = meanOf(loop.thinkTime);
    const pods = this.#podsAlike(index);
    const timeOf = (rate: number): number => {
      let time = think + (unanswered * timeout) / SECOND;
      for (const { id, share, others, count } of pods) {
        const stretch = this.#paces.stretchAt(index, id, rate * share);
        const hold = this.#law(index).hold(stretch) / SECOND;
        const load = others + rate * share * hold;
        const { blocked, waits, meanWait, waitShape: shape } = congestionOf(load, concurrency, queue);
        const wait = { share: waits, mean: meanWait * hold * SECOND, shape, stretch };
        time += (count * share * (1 - blocked) * this.#law(index).roughMean(wait)) / SECOND;
      }
      return time;
    };
    let low = 0;
    let high = users / Math.max(think, 1e-6);
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (middle * timeOf(middle) <= users) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The pods that a traffic comes to: those together that have the same share of it, and as much of others. */
  #podsAlike(index: number): readonly Alike[] {
    const pods = new Map<string, Alike>();
    for (const { id, share } of this.#flow(index).rows()) {
      if (share === 0) continue;
      const others = this.#loadOfOthers(index, id);
      const key = `${share.toPrecision(9)} ${others.toPrecision(9)} ${this.#paces.kind(id)}`;
      const alike = pods.get(key);
      if (alike === undefined) pods.set(key, { id, share, others, count: 1 });
      else alike.count++;
    }
    return [...pods.values()];
  }

  #loadOfOthers(index: number, id: string): number {
    let sum = 0;
    for (const [other, rate] of this.#stations.get(id) ?? []) {
      if (other === index) continue;
      sum += (rate * this.#law(other).hold(this.#paces.stretch(other, id))) / SECOND;
    }
    return sum;
  }

  #station(id: string): Station {
    let station = this.#stations.get(id);
    if (station === undefined) {
      station = new Map();
      this.#stations.set(id, station);
    }
    return station;
  }

  #flow(index: number): FluidFlow {
    return this.#flows[index] as FluidFlow;
  }

  #law(index: number): ServiceLaw {
    return this.#laws[index] as ServiceLaw;
  }

  save(): FluidState {
    return {
      flows: this.#flows.map((flow) => flow.save()),
      stations: [...this.#stations].map(([id, station]) => [id, [...station]]),
    };
  }

  restore(saved: unknown): void {
    const { flows, stations } = saved as FluidState;
    for (const [i, flow] of flows.entries()) this.#flow(i).restore(flow);
    this.#stations.clear();
    for (const [id, station] of stations) this.#stations.set(id, new Map(station));
  }
}
