/**
 * A scoring policy of one's own: send a pod to the node whose free resources have the shape of its needs.
 *
 * The default scheduler levels each resource by itself. After a while some nodes have memory left and no cpu, others cpu
 * and no memory, and a pod that needs both fits nowhere. This policy multiplies, resource by resource, what the pod asks
 * for with what the node has free (both as shares of the node), and prefers the node with the largest sum: a pod that
 * wants much memory goes where much memory is free. (The idea is Tetris, Grandl et al., SIGCOMM 2014.)
 *
 * The policy only scores. Which nodes are fit for the pod at all is still decided by the real filters.
 *
 * @type {import('kube-orrery').ScoringPolicyModule<{resources: Record<string, number>}>}
 */
export const policy = {
  family: 'scoring',
  name: 'alignment',

  // The schema of what a scenario may write under `with`. `z` is zod; nothing has to be imported or installed.
  params: (z) =>
    z.strictObject({
      resources: z
        .record(z.string(), z.number().positive())
        .default({ cpu: 1, memory: 1 })
        .describe('Weight of each resource.'),
    }),

  // Called once, before the run. What it returns is a scheduler plugin; `score` is all this one needs.
  create({ resources }) {
    const weighted = Object.entries(resources);

    return {
      // The score depends on the pod's spec and on one node alone, so it may be kept until that node changes.
      scope: 'row',

      /**
       * Called for each node that passed the filters. Any finite number will do where `normalizeScore` exists;
       * without it, scores have to lie between 0 and 100.
       */
      score(_cycle, pod, node) {
        let sum = 0;
        for (const [resource, weight] of weighted) {
          const allocatable = node.allocatable(resource);
          if (allocatable === 0) continue;
          const asked = pod.podClass.spec.requests.amounts.get(resource) ?? 0;
          const free = allocatable - node.requested(resource);
          sum += weight * (asked / allocatable) * (free / allocatable);
        }
        return sum;
      },

      /** Called once with the scores of all nodes: the first `count` entries become whole numbers from 0 to 100. */
      normalizeScore(_cycle, _pod, scores, count) {
        const highest = Math.max(...scores.subarray(0, count));
        for (let i = 0; i < count; i++) {
          scores[i] = highest === 0 ? 0 : Math.round((100 * (scores[i] ?? 0)) / highest);
        }
      },
    };
  },
};
