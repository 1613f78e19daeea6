/**
 * A scoring policy of one's own, as short as they get: cheaper nodes first. A node's price stands in a label.
 *
 * @type {import('kube-orrery').ScoringPolicyModule<{label: string, unpriced: number}>}
 */
export const policy = {
  family: 'scoring',
  name: 'price',

  params: (z) =>
    z.strictObject({
      label: z.string().default('example.com/price-per-hour').describe("The label with a node's price."),
      unpriced: z.number().nonnegative().default(1).describe('Price of a node without the label.'),
    }),

  create({ label, unpriced }) {
    return {
      scope: 'row',
      score: (_cycle, _pod, node) => Number(node.labels[label] ?? unpriced),
      normalizeScore(_cycle, _pod, scores, count) {
        const prices = scores.subarray(0, count);
        const lowest = Math.min(...prices);
        const span = Math.max(...prices) - lowest;
        for (let i = 0; i < count; i++) {
          scores[i] = span === 0 ? 100 : Math.round(100 * (1 - ((scores[i] ?? 0) - lowest) / span));
        }
      },
    };
  },
};
