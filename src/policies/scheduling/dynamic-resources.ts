import type { Plugin } from '../../sim/scheduler/framework.ts';

/** What DynamicResources does about pods without claims: nothing, but for its words where no node takes one. */
export function dynamicResources(): Plugin {
  return {
    name: 'DynamicResources',
    scope: 'row',
    repeatable: true,
    events: [],
    postFilter(_cycle, _pod, { preFilterStatus }) {
      // Its own state is missing where PreFilter ended before it.
      if (preFilterStatus !== undefined) return { message: 'not found', failed: true };
      return { message: 'no new claims to deallocate' };
    },
  };
}
