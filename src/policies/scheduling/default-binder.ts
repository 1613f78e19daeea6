import type { Plugin } from '../../sim/scheduler/framework.ts';

/** Binds a pod to its node by a request to the API server. */
export function defaultBinder(): Plugin {
  return { name: 'DefaultBinder', scope: 'row', repeatable: true, events: [], binds: true };
}
