import type { Plugin } from '../../sim/scheduler/framework.ts';

/**
 * Orders the queue: higher priority first, then the longer wait. It is the one order the queue knows; the plugin stands
 * for it in a profile.
 */
export function prioritySort(): Plugin {
  return { name: 'PrioritySort', scope: 'row', repeatable: true, events: [] };
}
