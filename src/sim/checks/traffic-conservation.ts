import type { Micros } from '../kernel/time.ts';
import { failedOf } from '../traffic/totals.ts';
import type { Totals } from '../traffic/totals.ts';

/** Whose requests are counted. */
export interface CountedTraffic {
  readonly specs: readonly { readonly name: string }[];
  totals(index: number): Totals;
  observe(observer: (index: number) => void): void;
}

/** Requests that were made out of nothing, or lost. */
export class RequestsNotConserved extends Error {
  override readonly name = 'RequestsNotConserved';

  constructor(name: string, time: Micros, { sent, served, failed, inFlight }: Totals) {
    const counts = JSON.stringify({ sent, served, ...failed, inFlight });
    super(
      `at ${(time / 1e6).toFixed(6)} s, traffic ${name}: sent = served + failed + in flight does not hold: ${counts}`,
    );
  }
}

/** Checks, whenever something is about to happen to a traffic, that every request sent is accounted for. */
export class TrafficConservation {
  /** How often it was checked. */
  checked = 0;

  constructor(traffic: CountedTraffic, now: () => Micros) {
    traffic.observe((index) => {
      this.checked++;
      const totals = traffic.totals(index);
      const { sent, served, inFlight, failed } = totals;
      const whole = [sent, served, inFlight, ...Object.values(failed)].every((count) => Number.isSafeInteger(count));
      if (whole && inFlight >= 0 && sent === served + failedOf(totals) + inFlight) return;
      throw new RequestsNotConserved(traffic.specs[index]?.name ?? '', now(), totals);
    });
  }
}
