import type { Recording } from '../recording.ts';
import { availability, countedTime } from '../service-ledger.ts';

/** A Service against its objective; times in seconds. */
export interface ServiceRow {
  readonly service: string;
  /** Share of the time with a ready endpoint. */
  readonly availability: number;
  /** Time without one, and how much of it the objective allows. */
  readonly down: number;
  readonly budget: number;
  readonly outages: number;
  readonly longest: number;
  readonly leastReady: number | undefined;
  /** Share of its endpoints that were ready, over time. */
  readonly readyShare: number;
}

/** Three nines: 43 minutes a month. An assumption of the report, not of the simulation. */
export const OBJECTIVE = 0.999;

const LIMIT = 100;

/** Services with the least of their error budget left first. */
export function serviceRows({ services, now }: Recording): readonly ServiceRow[] {
  const rows: ServiceRow[] = [];
  for (const life of services.services.values()) {
    if (life.since === undefined) continue;
    const lasting = life.downSince === undefined ? 0 : now - life.downSince;
    const longest = life.outages.reduce((most, { from, to }) => Math.max(most, to - from), lasting);
    rows.push({
      service: `${life.namespace}/${life.name}`,
      availability: availability(life, now),
      down: life.down / 1e6,
      budget: ((1 - OBJECTIVE) * countedTime(life, now)) / 1e6,
      outages: life.outageCount,
      longest: longest / 1e6,
      leastReady: life.leastReady,
      readyShare: life.endpointSum > 0 ? life.readySum / life.endpointSum : 1,
    });
  }
  const used = ({ down, budget }: ServiceRow): number => down / Math.max(budget, 1e-9);
  return rows
    .sort((a, b) => used(b) - used(a) || a.readyShare - b.readyShare || (a.service < b.service ? -1 : 1))
    .slice(0, LIMIT);
}
