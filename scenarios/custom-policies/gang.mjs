/**
 * A plugin of one's own that does not score: pods of a gang start together or not at all.
 *
 * A pod that has a node keeps it and waits in Permit until all members of its gang have one; the last lets the others go.
 * One gang gathers at a time, because two that wait for each other's room would both wait in vain, and one that does not
 * come together in time gives its room back. (After the coscheduling plugin of kubernetes-sigs/scheduler-plugins.)
 *
 * @type {import('kube-orrery').ScoringPolicyModule<{label: string, size: string, timeoutSeconds: number}>}
 */
export const policy = {
  family: 'scoring',
  name: 'gang',

  params: (z) =>
    z.strictObject({
      label: z.string().default('example.com/gang').describe('The label that a gang has in common.'),
      size: z.string().default('example.com/gang-size').describe('The label that says how many they are.'),
      timeoutSeconds: z.number().positive().default(60).describe('How long a pod keeps its room for the others.'),
    }),

  create({ label, size, timeoutSeconds }, { waitingPods }) {
    const name = 'gang';
    /** @param {{pod: import('kube-orrery').Pod}} info */
    const gangOf = ({ pod }) => pod.metadata.labels?.[label];
    /** @param {{pod: import('kube-orrery').Pod}} info */
    const sizeOf = ({ pod }) => Number(pod.metadata.labels?.[size]);

    return {
      name,

      // Asked before any node is looked at. Pods that are refused here are tried again when a pod leaves its node, or a node comes.
      preFilter(_cycle, pod) {
        const gang = gangOf(pod);
        if (gang === undefined) return undefined;
        if (!(sizeOf(pod) > 0)) return { code: 'UnschedulableAndUnresolvable', reasons: [`no label ${size}`] };
        const gathers = waitingPods.list().some((other) => gangOf(other.pod) !== gang);
        return gathers ? { code: 'Unschedulable', reasons: ['another gang is gathering'] } : undefined;
      },

      permit(_cycle, pod) {
        const gang = gangOf(pod);
        if (gang === undefined) return undefined;
        const mates = waitingPods.list().filter((other) => gangOf(other.pod) === gang);
        if (mates.length + 1 < sizeOf(pod)) return { code: 'Wait', timeoutSeconds };
        for (const mate of mates) waitingPods.allow(mate.pod.key, name);
        return undefined;
      },
    };
  },
};
