/**
 * A reconcile policy of one's own: when a ReplicaSet has too many pods, the flaky ones go first.
 *
 * Kubernetes removes pods that do not run yet, then those on crowded nodes, then the youngest. This policy asks first how
 * often a pod's containers have restarted: a pod that crashes now and then is a better loss than one that never did.
 *
 * @type {import('kube-orrery').ScaleDownPolicyModule<{restarts: number}>}
 */
export const policy = {
  family: 'reconcile',
  name: 'flaky-first',

  // The schema of what a scenario may write under `with`. `z` is zod; nothing has to be imported or installed.
  params: (z) =>
    z.strictObject({
      restarts: z.int().min(1).default(1).describe('A pod that restarted at least so often counts as flaky.'),
    }),

  // Called once, before the run.
  create({ restarts }) {
    /** @param {import('kube-orrery').Pod} pod */
    const restartsOf = (pod) =>
      (pod.status.containerStatuses ?? []).reduce((sum, container) => sum + container.restartCount, 0);

    /**
     * Lower goes first: not running yet, then flaky, then the rest.
     *
     * @param {import('kube-orrery').Pod} pod
     */
    const rankOf = (pod) => {
      if (pod.status.phase !== 'Running') return 0;
      return restartsOf(pod) >= restarts ? 1 : 2;
    };

    return {
      /**
       * Called whenever a ReplicaSet shrinks. Returns the same pods in the order in which they are to go. `context` has
       * the time (`now`, in microseconds), the `owner`, and `relatedOnNode(name)`: pods of the workload on a node.
       * The order must be a function of what it is given, or two runs would differ: equal pods are told apart by age,
       * and at last by name.
       */
      rank(pods, { calendar }) {
        /** @param {import('kube-orrery').Pod} pod */
        const born = (pod) => calendar.micros(pod.metadata.creationTimestamp);
        return [...pods].sort(
          (a, b) => rankOf(a) - rankOf(b) || born(b) - born(a) || (a.metadata.name < b.metadata.name ? -1 : 1),
        );
      },
    };
  },
};
