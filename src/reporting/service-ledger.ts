import type { EndpointSlice } from '../sim/api/workloads.ts';
import type { Change } from '../sim/etcd/store.ts';
import type { Micros } from '../sim/kernel/time.ts';

/** The label by which a slice names its Service. Source: discovery/v1 LabelServiceName. */
const SERVICE_NAME = 'kubernetes.io/service-name';

/** Outages of a Service that are kept one by one. */
const OUTAGES_KEPT = 100;

/** A stretch in which a Service had no ready endpoint. */
export interface Outage {
  readonly from: Micros;
  readonly to: Micros;
}

/** A Service, as its endpoints had it: it counts from the moment at which one was ready for the first time. */
export interface ServiceLife {
  readonly namespace: string;
  readonly name: string;
  since: Micros | undefined;
  ready: number;
  endpoints: number;
  /** The fewest ready endpoints since all of them were ready for the first time; undefined before. */
  leastReady: number | undefined;
  /** Time without a ready endpoint. */
  down: Micros;
  /** Since when it has none; undefined where it has. */
  downSince: Micros | undefined;
  /** Those that are over: the first hundred. */
  readonly outages: Outage[];
  /** All of them, the one that lasts included. */
  outageCount: number;
  /** Integrals over time, in endpoints x microseconds. */
  readySum: number;
  endpointSum: number;
  /** Up to when the integrals go. */
  settled: Micros;
  /** When its last slice went: it counts up to there. */
  ended: Micros | undefined;
}

/** Which Services had ready endpoints, and how long they had none: as a client of theirs would see it. */
export class ServiceLedger {
  readonly services = new Map<string, ServiceLife>();
  /** What each slice adds to its Service. */
  readonly #slices = new Map<string, { readonly ready: number; readonly endpoints: number }>();

  changed({ type, object, key, time }: Change): void {
    const { metadata, endpoints } = object as EndpointSlice;
    const name = metadata.labels?.[SERVICE_NAME];
    if (name === undefined) return;
    const namespace = metadata.namespace ?? '';
    const life = this.#life(namespace, name);
    settle(life, time);
    const before = this.#slices.get(key) ?? { ready: 0, endpoints: 0 };
    const deleted = type === 'DELETED';
    let ready = 0;
    if (!deleted) for (const { conditions } of endpoints) if (conditions.ready) ready++;
    const now = { ready, endpoints: deleted ? 0 : endpoints.length };
    if (deleted) this.#slices.delete(key);
    else this.#slices.set(key, now);
    life.ready += now.ready - before.ready;
    life.endpoints += now.endpoints - before.endpoints;
    noteReadiness(life, time, deleted);
  }

  /** Brings all Services up to the end of the run. */
  settle(now: Micros): void {
    for (const life of this.services.values()) settle(life, life.ended ?? now);
  }

  #life(namespace: string, name: string): ServiceLife {
    const key = `${namespace}/${name}`;
    let life = this.services.get(key);
    if (life === undefined) {
      life = {
        namespace,
        name,
        since: undefined,
        ready: 0,
        endpoints: 0,
        leastReady: undefined,
        down: 0,
        downSince: undefined,
        outages: [],
        outageCount: 0,
        readySum: 0,
        endpointSum: 0,
        settled: 0,
        ended: undefined,
      };
      this.services.set(key, life);
    }
    return life;
  }
}

function noteReadiness(life: ServiceLife, time: Micros, deleted: boolean): void {
  if (life.since === undefined) {
    if (life.ready === 0) return;
    life.since = time;
  }
  // With its last slice a Service goes, and nobody is kept waiting any more.
  life.ended = deleted && life.endpoints === 0 ? time : undefined;
  if (life.leastReady !== undefined) life.leastReady = Math.min(life.leastReady, life.ready);
  else if (life.ready === life.endpoints) life.leastReady = life.ready;
  const isDown = life.ready === 0 && life.ended === undefined;
  if (isDown && life.downSince === undefined) {
    life.downSince = time;
    life.outageCount++;
  } else if (!isDown && life.downSince !== undefined) {
    if (life.outages.length < OUTAGES_KEPT) life.outages.push({ from: life.downSince, to: time });
    life.downSince = undefined;
  }
}

function settle(life: ServiceLife, time: Micros): void {
  if (life.since !== undefined && life.ended === undefined) {
    const span = time - Math.max(life.settled, life.since);
    life.readySum += life.ready * span;
    life.endpointSum += life.endpoints * span;
    if (life.ready === 0) life.down += span;
  }
  life.settled = time;
}

/** How long a Service counted, in microseconds. */
export function countedTime({ since, ended }: ServiceLife, now: Micros): Micros {
  return since === undefined ? 0 : (ended ?? now) - since;
}

/** The share of that time in which it had a ready endpoint. */
export function availability(life: ServiceLife, now: Micros): number {
  const counted = countedTime(life, now);
  return counted === 0 ? 1 : 1 - life.down / counted;
}
