import { drawTime } from '../behavior.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Demand } from './fluid.ts';
import { LatencyHistogram } from '../latency-histogram.ts';
import type { Answer, Spread } from './spread.ts';
import { copyTotals, noTotals, REQUEST } from './totals.ts';
import type { FailureCause, Totals } from './totals.ts';
import type { TrafficSpec } from './traffic-spec.ts';
import { WorkPlaces } from './work-places.ts';
import type { Job } from './work-places.ts';

/** A request that is under way; plain data. */
interface Request {
  readonly sentAt: Micros;
  /** The pod that it is at; '' where it is at none. */
  readonly pod: string;
  /** The user of a closed loop who waits for it; -1: none. */
  readonly user: number;
  /** What it ends as; '': it is served. */
  readonly ends: FailureCause | '';
  readonly event: EventRef;
}

interface Flow {
  spread: Spread;
  perSecond: number;
  users: number;
  /** The next request of an open load. */
  next: EventRef;
  /** Draws so far: of gaps, and of requests. */
  gaps: number;
  requests: number;
  thoughts: number;
  /** What has become of requests that are over. */
  readonly totals: Totals;
  readonly latencies: LatencyHistogram;
  readonly underWay: Map<number, Request>;
}

type SavedFlow = Omit<Flow, 'latencies' | 'underWay'> & {
  readonly latencies: unknown;
  readonly underWay: readonly (readonly [number, Request])[];
};

interface SampledState {
  readonly flows: readonly SavedFlow[];
  readonly places: unknown;
}

const NOWHERE: Spread = { targets: [], nowhere: 0, unreachable: 0 };

/** What the engine tells and asks. */
interface Surroundings {
  /** What becomes of a request at a pod. */
  readonly answer: (pod: string) => Answer;
  /** How many times as long it works on a traffic's requests as with nothing in its way. */
  readonly stretch: (index: number, pod: string) => number;
  /** Something is about to happen to a traffic's requests. */
  readonly changes: (index: number) => void;
}

/** Traffics in sampled mode: every request is sent, worked on and answered by events of its own. */
export class SampledTraffic {
  readonly #kernel: Kernel;
  readonly #specs: readonly TrafficSpec[];
  readonly #on: Surroundings;
  readonly #identities: readonly number[];
  readonly #draws: Readonly<Record<'gap' | 'route' | 'service' | 'thought', Purpose>>;
  readonly #send: HandlerId;
  readonly #over: HandlerId;
  #flows: Flow[];
  readonly #places: WorkPlaces;

  constructor(kernel: Kernel, specs: readonly TrafficSpec[], on: Surroundings) {
    this.#kernel = kernel;
    this.#specs = specs;
    this.#on = on;
    this.#identities = specs.map(({ name }) => identityOf(name));
    this.#flows = specs.map(() => newFlow());
    this.#places = new WorkPlaces(kernel, (job) => this.#onStarted(job));
    const { random } = kernel;
    this.#draws = {
      gap: random.purpose('traffic-gap'),
      route: random.purpose('traffic-route'),
      service: random.purpose('traffic-service'),
      thought: random.purpose('traffic-thought'),
    };
    this.#send = kernel.register('traffic/send', (index, user) => this.#onSend(index, user));
    this.#over = kernel.register('traffic/over', (index, request) => this.#onOver(index, request));
  }

  totals(index: number): Totals {
    const { totals, underWay } = this.#flow(index);
    return { ...copyTotals(totals), inFlight: underWay.size * REQUEST };
  }

  latency(index: number, share: number): Micros | undefined {
    return this.#flow(index).latencies.quantile(share);
  }

  /** Pods that a traffic's requests are at. */
  *pods(index: number): IterableIterator<string> {
    for (const { pod } of this.#flow(index).underWay.values()) if (pod !== '') yield pod;
  }

  /** The traffic goes other ways, or at another rate, from now on. What worked on its requests may have ended. */
  reroute(index: number, spread: Spread, demand: Demand): void {
    const flow = this.#flow(index);
    flow.spread = spread;
    for (const pod of new Set(this.pods(index))) if (this.#on.answer(pod) !== 'serves') this.#kill(index, pod);
    if ('users' in demand) {
      for (let user = flow.users; user < demand.users; user++) this.#think(index, user);
      flow.users = demand.users;
    } else if (demand.perSecond !== flow.perSecond) {
      flow.perSecond = demand.perSecond;
      this.#kernel.cancel(flow.next);
      this.#planNext(index);
    }
  }

  /** Gaps between requests have no memory: at another rate the wait begins anew. */
  #planNext(index: number): void {
    const flow = this.#flow(index);
    flow.next = NO_EVENT;
    if (flow.perSecond === 0) return;
    const gap = this.#draws.gap.exponential(this.#identity(index), flow.gaps++, SECOND / flow.perSecond);
    flow.next = this.#kernel.after(Math.round(gap), this.#send, index, -1, undefined, Priority.component);
  }

  #think(index: number, user: number): void {
    const { load } = this.#spec(index);
    if (load.kind !== 'closed') return;
    const pause = drawTime(load.thinkTime, this.#draws.thought, this.#identity(index), this.#flow(index).thoughts++);
    this.#kernel.after(Math.max(1, pause), this.#send, index, user, undefined, Priority.component);
  }

  #onSend(index: number, user: number): void {
    const flow = this.#flow(index);
    if (user < 0) this.#planNext(index);
    else if (user >= flow.users) return;
    const { targets, nowhere, unreachable } = flow.spread;
    if (targets.length === 0 && nowhere === 0 && unreachable === 0) {
      // Nobody is there to send it.
      if (user >= 0) this.#think(index, user);
      return;
    }
    this.#on.changes(index);
    const number = flow.requests++;
    flow.totals.sent += REQUEST;
    let left = this.#draws.route.uniform(this.#identity(index), number);
    for (const { id, share } of targets) {
      left -= share;
      if (left < 0) {
        this.#arrive(index, number, user, id);
        return;
      }
    }
    if (left < nowhere || unreachable === 0) this.#fails(index, user, 'no_endpoint');
    else this.#begin(index, number, user, '', this.#spec(index).timeout, 'unreachable_node');
  }

  #arrive(index: number, number: number, user: number, pod: string): void {
    const { timeout, concurrency, queue, serviceTime } = this.#spec(index);
    const answer = this.#on.answer(pod);
    if (answer === 'refuses') this.#fails(index, user, 'stale_endpoint');
    else if (answer === 'hangs') this.#begin(index, number, user, '', timeout, 'stale_endpoint');
    else {
      const work = drawTime(serviceTime, this.#draws.service, this.#identity(index), number);
      const takes = Math.round(work * this.#on.stretch(index, pod));
      const job = { traffic: index, request: number, takes: Math.min(takes, timeout) };
      const entered = this.#places.enter(pod, job, concurrency, queue);
      if (entered === 'refused') this.#fails(index, user, 'overloaded');
      else if (entered === 'waits') this.#begin(index, number, user, pod, timeout, 'timed_out');
      else this.#begin(index, number, user, pod, job.takes, takes >= timeout ? 'timed_out' : '');
    }
  }

  /** A request that waited is being worked on: its client has an answer in time, or gives up as was planned. */
  #onStarted({ traffic: index, request: number, takes }: Job): void {
    const { underWay } = this.#flow(index);
    const request = underWay.get(number);
    const { timeout } = this.#spec(index);
    const { now } = this.#kernel;
    if (request === undefined || now + takes >= request.sentAt + timeout) return;
    this.#kernel.cancel(request.event);
    const event = this.#kernel.after(takes, this.#over, index, number, undefined, Priority.component);
    underWay.set(number, { ...request, ends: '', event });
  }

  #fails(index: number, user: number, cause: FailureCause): void {
    this.#flow(index).totals.failed[cause] += REQUEST;
    if (user >= 0) this.#think(index, user);
  }

  #begin(index: number, number: number, user: number, pod: string, takes: Micros, ends: Request['ends']): void {
    const { now } = this.#kernel;
    const event = this.#kernel.after(takes, this.#over, index, number, undefined, Priority.component);
    this.#flow(index).underWay.set(number, { sentAt: now, pod, user, ends, event });
  }

  #onOver(index: number, number: number): void {
    this.#on.changes(index);
    const flow = this.#flow(index);
    const { ends, sentAt } = flow.underWay.get(number) as Request;
    if (ends === '') {
      flow.totals.served += REQUEST;
      flow.latencies.add(this.#kernel.now - sentAt);
    }
    this.#end(index, number, ends);
  }

  /** A request is over. */
  #end(index: number, number: number, cause: Request['ends']): void {
    const flow = this.#flow(index);
    const { user } = flow.underWay.get(number) as Request;
    flow.underWay.delete(number);
    if (cause !== '') this.#fails(index, user, cause);
    else if (user >= 0) this.#think(index, user);
  }

  /** A pod has ended or hangs: what it was working on has failed. */
  #kill(index: number, pod: string): void {
    this.#places.drop(pod);
    const { underWay } = this.#flow(index);
    for (const [number, request] of underWay) {
      if (request.pod !== pod) continue;
      this.#kernel.cancel(request.event);
      this.#end(index, number, 'killed');
    }
  }

  #flow(index: number): Flow {
    return this.#flows[index] as Flow;
  }

  #spec(index: number): TrafficSpec {
    return this.#specs[index] as TrafficSpec;
  }

  #identity(index: number): number {
    return this.#identities[index] as number;
  }

  save(): SampledState {
    return {
      flows: this.#flows.map(({ latencies, underWay, totals, ...flow }) => ({
        ...flow,
        totals: copyTotals(totals),
        latencies: latencies.save(),
        underWay: [...underWay],
      })),
      places: this.#places.save(),
    };
  }

  restore(saved: unknown): void {
    const { flows, places } = saved as SampledState;
    this.#places.restore(places);
    this.#flows = flows.map(({ latencies, underWay, totals, ...rest }) => {
      const flow: Flow = { ...newFlow(), ...rest, totals: copyTotals(totals), underWay: new Map(underWay) };
      flow.latencies.restore(latencies);
      return flow;
    });
  }
}

function newFlow(): Flow {
  return {
    spread: NOWHERE,
    perSecond: 0,
    users: 0,
    next: NO_EVENT,
    gaps: 0,
    requests: 0,
    thoughts: 0,
    totals: noTotals(),
    latencies: new LatencyHistogram(),
    underWay: new Map(),
  };
}
