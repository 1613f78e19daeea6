import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { DelayLine } from './delay-line.ts';
import type { DelayLineState } from './delay-line.ts';
import { ServedLatencies } from './served-latencies.ts';
import { NO_WAIT } from './service-law.ts';
import type { ServiceLaw, Stay, Wait } from './service-law.ts';
import { Split } from './split.ts';
import { copyTotals, noTotals, REQUEST } from './totals.ts';
import type { Totals } from './totals.ts';

/** A traffic's part in what a pod does; plain data. Amounts are thousandths of requests. */
export interface Row {
  /** The endpoint. */
  readonly id: string;
  /** The share of the traffic's requests that goes there; 0: what is there is worked off. */
  share: number;
  /** The share of those that the pod refuses; how the others wait there, how long they stay, and which share gives up. */
  blocked: number;
  wait: Wait;
  stay: Stay;
  /** Requests that it works on, and the same without rounding. */
  stock: number;
  exact: number;
  /** Parts of a thousandth that were refused, and late, but not yet counted. */
  blockedPart: number;
  latePart: number;
}

/** Shares of a flow that are lost without a pod's doing. */
export interface Losses {
  /** No endpoint is known. */
  readonly nowhere: number;
  /** Nobody listens. */
  readonly refused: number;
  /** Nobody says anything: at a pod, and at a node through which the Service is reached from outside. */
  readonly silent: number;
  readonly unreachable: number;
}

export const NO_LOSSES: Losses = { nowhere: 0, refused: 0, silent: 0, unreachable: 0 };

/** A flow written out. */
export interface FlowState {
  readonly since: Micros;
  readonly part: number;
  readonly perSecond: number;
  readonly losses: Losses;
  readonly rows: readonly Row[];
  readonly totals: Totals;
  readonly silent: DelayLineState;
  readonly unreachable: DelayLineState;
  readonly latencies: unknown;
}

/** Requests of one traffic as amounts that flow at even rates, from one change of the rates to the next. */
export class FluidFlow {
  readonly #law: ServiceLaw;
  readonly #timeout: Micros;
  readonly #silent: DelayLine;
  readonly #unreachable: DelayLine;
  readonly #latencies: ServedLatencies;
  /** Up to when everything is worked out, and the part of a thousandth that was sent but not counted. */
  #since: Micros = 0;
  #part = 0;
  #perSecond = 0;
  #losses = NO_LOSSES;
  #rows = new Map<string, Row>();
  /** Without what comes out of the two lines. */
  #totals = noTotals();

  constructor(law: ServiceLaw, timeout: Micros) {
    this.#law = law;
    this.#timeout = timeout;
    this.#silent = new DelayLine(timeout);
    this.#unreachable = new DelayLine(timeout);
    this.#latencies = new ServedLatencies(law, timeout);
  }

  /** Requests a second that are sent at present. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** The share of what is sent at present that fails; 1 while requests wait that nobody answers. */
  get failingShare(): number {
    if (this.#silent.held > 0 || this.#unreachable.held > 0) return 1;
    if (this.#perSecond === 0) return 0;
    const { nowhere, refused, silent, unreachable } = this.#losses;
    let share = nowhere + refused + silent + unreachable;
    for (const row of this.#rows.values()) share += row.share * (row.blocked + (1 - row.blocked) * row.stay.late);
    return share;
  }

  /** The latency of requests served up to an instant below which a share of them lies, in microseconds. */
  latency(share: number, now: Micros): Micros | undefined {
    const latencies = new ServedLatencies(this.#law, this.#timeout);
    latencies.restore(this.#latencies.save());
    this.#step(now, false, latencies);
    return latencies.quantile(share);
  }

  row(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  rows(): Iterable<Row> {
    return this.#rows.values();
  }

  /** What has become of all requests up to an instant; changes nothing. */
  totals(now: Micros): Totals {
    return this.#step(now, false);
  }

  /** Works out what has happened until now. To be called before anything changes. */
  settle(now: Micros): void {
    if (now > this.#since) this.#step(now, true, this.#latencies);
  }

  /** From now on so many requests a second; settled. Shares of rows and losses sum to 1, or no requests are sent. */
  send(perSecond: number, losses: Losses): void {
    this.#perSecond = perSecond;
    this.#losses = losses;
  }

  /** The row of an endpoint, made where there is none. */
  open(id: string): Row {
    let row = this.#rows.get(id);
    if (row === undefined) {
      const [wait, stay] = [NO_WAIT, this.#law.stay(NO_WAIT)];
      row = { id, share: 0, blocked: 0, wait, stay, stock: 0, exact: 0, blockedPart: 0, latePart: 0 };
      this.#rows.set(id, row);
    }
    return row;
  }

  /** A pod has ended or hangs: what it was working on has failed. */
  kill(id: string): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#totals.failed.killed += row.stock;
    this.#rows.delete(id);
  }

  /** Forgets rows that nothing goes to any more, and of which nothing is left. */
  sweep(): void {
    for (const [id, { share, stock }] of this.#rows) if (share === 0 && stock === 0) this.#rows.delete(id);
  }

  #step(now: Micros, keep: boolean, latencies?: ServedLatencies): Totals {
    const since = this.#since;
    const took = now - since;
    const totals = keep ? this.#totals : copyTotals(this.#totals);
    const exact = this.#part + (this.#perSecond * REQUEST * took) / SECOND;
    const sent = Math.floor(exact);
    const split = new Split(sent, this.#part);
    totals.sent += sent;
    let inFlight = 0;
    for (const row of this.#rows.values()) {
      const came = split.next(row.share);
      const refused = came * row.blocked + row.blockedPart;
      const blocked = Math.min(came, Math.floor(refused));
      const taken = came - blocked;
      // Requests come to their end as if each stayed for an exponential time: exact but for the moments after a change.
      const { mean, late: lateShare } = row.stay;
      const decay = Math.exp(-took / mean);
      const stays = took === 0 ? 1 : (mean / took) * (1 - decay);
      const left = row.exact * decay + taken * stays;
      const stock = Math.min(row.stock + taken, Math.round(left));
      const done = row.stock + taken - stock;
      const over = done * lateShare + row.latePart;
      const late = Math.min(done, Math.floor(over));
      totals.failed.overloaded += blocked;
      totals.failed.timed_out += late;
      totals.served += done - late;
      inFlight += stock;
      latencies?.add(done - late, row.wait);
      if (!keep) continue;
      row.stock = stock;
      row.exact = left;
      row.blockedPart = refused - blocked;
      row.latePart = over - late;
    }
    const { nowhere, refused, silent, unreachable } = this.#losses;
    totals.failed.no_endpoint += split.next(nowhere);
    totals.failed.stale_endpoint += split.next(refused);
    const unanswered = split.next(silent);
    const lost = split.next(unreachable);
    if (keep) {
      this.#silent.add(since, now, unanswered);
      this.#unreachable.add(since, now, lost);
      this.#silent.settle(now);
      this.#unreachable.settle(now);
      this.#since = now;
      this.#part = exact - sent;
      return totals;
    }
    const gaveUp = this.#silent.outBy(now, since, unanswered);
    const gone = this.#unreachable.outBy(now, since, lost);
    totals.failed.stale_endpoint += gaveUp;
    totals.failed.unreachable_node += gone;
    totals.inFlight = inFlight + (this.#silent.in + unanswered - gaveUp) + (this.#unreachable.in + lost - gone);
    return totals;
  }

  save(): FlowState {
    return {
      since: this.#since,
      part: this.#part,
      perSecond: this.#perSecond,
      losses: this.#losses,
      rows: [...this.#rows.values()].map((row) => ({ ...row })),
      totals: copyTotals(this.#totals),
      silent: this.#silent.save(),
      unreachable: this.#unreachable.save(),
      latencies: this.#latencies.save(),
    };
  }

  restore({ since, part, perSecond, losses, rows, totals, silent, unreachable, latencies }: FlowState): void {
    this.#since = since;
    this.#part = part;
    this.#perSecond = perSecond;
    this.#losses = losses;
    this.#rows = new Map(rows.map((row) => [row.id, { ...row }]));
    this.#totals = copyTotals(totals);
    this.#silent.restore(silent);
    this.#unreachable.restore(unreachable);
    this.#latencies.restore(latencies);
  }
}
