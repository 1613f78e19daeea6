import type { Endpoint } from '../api/workloads.ts';
import { endpointId } from './routes.ts';
import type { Routes } from './routes.ts';

/** What becomes of a request at an endpoint; see Serving. */
export type Answer = 'serves' | 'refuses' | 'hangs';

/** An endpoint that requests are sent to, and the share of all of the traffic's requests. */
export interface Target {
  readonly id: string;
  readonly endpoint: Endpoint;
  share: number;
}

/** Where a traffic's requests go at present; the shares sum to 1 where there are clients. */
export interface Spread {
  readonly targets: readonly Target[];
  /** The share that finds no endpoint. */
  readonly nowhere: number;
  /** The share that comes to a node that is down. */
  readonly unreachable: number;
}

/** Adds up where the routes lead. */
export function spreadOf(routes: Routes): Spread {
  const targets = new Map<string, Target>();
  let nowhere = 0;
  let unreachable = 0;
  for (const { to, clients } of routes.list()) {
    const share = clients / routes.clients;
    if (to === 'down') unreachable += share;
    else if (to.length === 0) nowhere += share;
    else
      for (const endpoint of to) {
        const id = endpointId(endpoint);
        const known = targets.get(id);
        if (known === undefined) targets.set(id, { id, endpoint, share: share / to.length });
        else known.share += share / to.length;
      }
  }
  return { targets: [...targets.values()], nowhere, unreachable };
}
