import type { ExpanderPolicy, ExpansionOption } from '../../sim/autoscaler/expander.ts';

/** A processor costs as much as so many GiB of memory: Google's list prices of N1 machines, as upstream's price model has them. */
const GIB_PER_CORE = 7.5;

const GIB = 2 ** 30;

/** All options: one is drawn. */
export const randomExpander: ExpanderPolicy = { name: 'random', best: (options) => options };

/** The options with the lowest score. */
function lowest(name: string, score: (option: ExpansionOption) => number): ExpanderPolicy {
  return {
    name,
    best(options) {
      const scores = options.map(score);
      const least = Math.min(...scores);
      return options.filter((_, index) => scores[index] === least);
    },
  };
}

/** The smallest share of new processors and new memory that is left over. Source: expander/waste/waste.go. */
export const leastWaste: ExpanderPolicy = lowest('least-waste', ({ nodes, node, requested }) => {
  const wasted = (whole: number, used: number): number => (whole === 0 ? 0 : (whole * nodes - used) / (whole * nodes));
  return wasted(node.cpuCores, requested.cpuCores) + wasted(node.memoryBytes, requested.memoryBytes);
});

/** The most pods. Source: expander/mostpods. */
export const mostPods: ExpanderPolicy = lowest('most-pods', ({ pods }) => -pods.length);

/** The fewest nodes. Source: expander/leastnodes. */
export const leastNodes: ExpanderPolicy = lowest('least-nodes', ({ nodes }) => nodes);

/**
 * The lowest price of the new nodes for what the pods on them ask for. Source: expander/price/price.go, without its liking
 * for nodes that go with the cluster's size.
 */
export const price: ExpanderPolicy = lowest('price', ({ nodes, pricePerHour, requested }) => {
  const worth = requested.cpuCores + requested.memoryBytes / GIB / GIB_PER_CORE;
  return worth === 0 ? Infinity : (nodes * pricePerHour) / worth;
});

export interface PriorityExpanderParams {
  readonly priorities: readonly { readonly priority: number; readonly groups: readonly RegExp[] }[];
}

/** The groups of the highest priority, by their names; all where none has any. Source: expander/priority/priority.go. */
export function priorityExpander({ priorities }: PriorityExpanderParams): ExpanderPolicy {
  const of = ({ group }: ExpansionOption): number =>
    Math.max(
      -Infinity,
      ...priorities.filter(({ groups }) => groups.some((name) => name.test(group))).map(({ priority }) => priority),
    );
  return lowest('priority', (option) => -of(option));
}
