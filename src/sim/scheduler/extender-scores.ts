import type { KubeNode } from '../api/core.ts';
import type { PluginEntry } from './framework.ts';
import { SKIP } from './status.ts';

/** What rejects a pod that extenders do: any event may help it. Source: framework.ExtenderName. */
export const EXTENDER = 'Extender';

/** The extenders' scores, as those of a plugin; they bring their weights. */
export const EXTENDER_SCORES: PluginEntry = {
  weight: 1,
  create: ({ extenders, table }) => ({
    name: EXTENDER,
    unchecked: true,
    preScore({ state }, pod, rows, count) {
      const nodes = Array.from(rows.subarray(0, count), (row) => table.nodes[row] as KubeNode);
      const scores = extenders?.prioritize(pod, nodes);
      if (scores === undefined || scores.size === 0) return SKIP;
      state.set(EXTENDER, scores);
      return undefined;
    },
    score({ state }, _pod, { name }) {
      return (state.get(EXTENDER) as ReadonlyMap<string, number>).get(name) ?? 0;
    },
  }),
};
