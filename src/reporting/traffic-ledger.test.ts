import { beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../sim/kernel/time.ts';
import type { Micros } from '../sim/kernel/time.ts';
import { noTotals } from '../sim/traffic/totals.ts';
import type { Totals } from '../sim/traffic/totals.ts';
import { HandMadeRun } from '../../test/support/hand-made-run.ts';
import { trafficCard } from './report/traffic-card.ts';
import { trafficSeries } from './report/traffic-series.ts';
import { summaryOf } from './summary.ts';
import { TrafficLedger } from './traffic-ledger.ts';
import { trafficMetrics, trafficRows } from './traffic-rows.ts';

/** A traffic by hand: at even rates of served and failed requests a second, from one change to the next. */
class MadeTraffic {
  readonly specs = [{ name: 'shop', service: 'default/shop', mode: 'fluid', objective: 0.99 }];
  now: Micros = 0;
  #since: Micros = 0;
  #served = 0;
  #failed = 0;
  #totals = noTotals();
  #observer: (index: number) => void = () => undefined;

  observe(observer: (index: number) => void): void {
    this.#observer = observer;
  }

  totalsAt(_index: number, time: Micros): Totals {
    const took = (time - this.#since) / 1e6;
    const totals = { ...this.#totals, failed: { ...this.#totals.failed } };
    totals.served += Math.round(1000 * this.#served * took);
    totals.failed.stale_endpoint += Math.round(1000 * this.#failed * took);
    totals.sent = totals.served + totals.failed.stale_endpoint;
    return totals;
  }

  failing(): boolean {
    return this.#failed > 0.01 * (this.#served + this.#failed);
  }

  latency(_index: number, share: number): Micros {
    return share * 100_000;
  }

  rulesLag(share: number): Micros {
    return share * 1e6;
  }

  change(at: number, served: number, failed: number): void {
    this.now = seconds(at);
    this.#observer(0);
    this.#totals = this.totalsAt(0, this.now);
    this.#since = this.now;
    this.#served = served;
    this.#failed = failed;
  }
}

let traffic: MadeTraffic;
let ledger: TrafficLedger;

const begin = (warmUp = 0): void => {
  traffic = new MadeTraffic();
  ledger = new TrafficLedger(traffic, () => traffic.now, seconds(warmUp));
};

const course = (): unknown[] =>
  ledger.stretches.map(({ from, to, counts }) => [
    from / 1e6,
    to / 1e6,
    counts.served / 1000,
    counts.failed.stale_endpoint / 1000,
  ]);

beforeEach(() => begin());

describe('the course of a traffic’s requests', () => {
  it('has a row a second where more fail than allowed, and a row a minute where not', () => {
    traffic.change(10, 100, 0);
    traffic.change(130.5, 60, 40);
    traffic.change(132.25, 100, 0);
    ledger.settle(seconds(200));
    expect(course()).toEqual([
      [10, 11, 100, 0],
      [11, 71, 6000, 0],
      [71, 130, 5900, 0],
      [130, 131, 80, 20],
      [131, 132, 60, 40],
      [132, 133, 90, 10],
      [133, 193, 6000, 0],
      [193, 200, 700, 0],
    ]);
  });

  it('has rows of minutes again where too many fail for more than a quarter of an hour', () => {
    traffic.change(0, 50, 50);
    traffic.change(2000, 100, 0);
    ledger.settle(seconds(2010));
    expect(ledger.stretches).toHaveLength(900 + Math.ceil(1100 / 60) + 1);
    expect(course()[899]).toEqual([899, 900, 50, 50]);
    expect(course()[900]).toEqual([900, 960, 3000, 3000]);
    expect(course().at(-1)).toEqual([2000, 2010, 1000, 0]);
  });

  it('counts from the end of the warm-up on', () => {
    begin(60);
    traffic.change(0, 100, 0);
    traffic.change(100, 50, 50);
    ledger.settle(seconds(110));
    expect(ledger.counted(0)).toMatchObject({ served: 4500e3, failed: { stale_endpoint: 500e3 } });
  });

  it('is nothing where there is no traffic', () => {
    const none = new TrafficLedger(undefined, () => 0, 0);
    none.settle(seconds(10));
    expect([none.stretches, trafficRows(none), trafficMetrics(none)]).toEqual([[], [], {}]);
  });
});

describe('what is told of it', () => {
  beforeEach(() => {
    traffic.change(0, 100, 0);
    traffic.change(100, 80, 20);
    traffic.change(105, 100, 0);
    ledger.settle(seconds(1000));
  });

  it('in summary.json: of 100,000 requests a hundred failed, a tenth of the budget of 1 %', () => {
    const [row] = trafficRows(ledger);
    expect(row).toMatchObject({
      sent: 100_000,
      served: 99_900,
      failed: { stale_endpoint: 100, killed: 0 },
      success_ratio: 0.999,
      error_budget_burnt_ratio: 0.1,
      latency_p50_seconds: 0.05,
      latency_p99_seconds: 0.099,
    });
    expect(trafficMetrics(ledger)).toMatchObject({
      traffic_sent: 100_000,
      traffic_failed_stale_endpoint: 100,
      traffic_success_ratio: 0.999,
      traffic_error_budget_burnt_max_ratio: 0.1,
      traffic_objectives_missed: 0,
      rules_lag_p99_seconds: 0.99,
    });
  });

  it('in the report: the budget burns while requests fail', () => {
    const [series] = trafficSeries(new HandMadeRun().recording(1000, { traffic: ledger }));
    const at = (time: number): unknown => {
      const i = series?.time.findLastIndex((from) => from <= time) ?? -1;
      return [series?.failed.stale_endpoint?.[i], series?.burnt[i]];
    };
    expect([at(99), at(100), at(102), at(105), at(999)]).toEqual([
      [0, 0],
      [20, 0],
      [20, 0.04],
      [0, 0.1],
      [0, 0.1],
    ]);
    expect(Object.keys(series?.failed ?? {})).toEqual(['stale_endpoint']);
  });

  it('on the page: a row and a choice for each traffic, and nothing where there is none', () => {
    const recording = new HandMadeRun().recording(1000, { traffic: ledger });
    const card = trafficCard(summaryOf(recording), trafficSeries(recording));
    for (const part of [
      '<option value="0">shop</option>',
      '99.9000 %',
      '10.0 %',
      '100,000',
      'stale endpoint',
      '50 ms',
    ]) {
      expect(card).toContain(part);
    }
    expect(card).not.toContain('overloaded');
    expect(trafficCard(summaryOf(new HandMadeRun().recording(10)), [])).toBe('');
  });
});
