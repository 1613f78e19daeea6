import type { KubeNode } from '../api/core.ts';
import type { Informer } from '../apiserver/informer.ts';
import type { ApiReply } from '../apiserver/request.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { cidrSets } from '../network/cidr-set.ts';
import type { CidrSet } from '../network/cidr-set.ts';

interface State {
  readonly sets: readonly unknown[];
  readonly given: readonly (readonly [string, readonly string[]])[];
}

/**
 * The node IPAM controller (--allocate-node-cidrs): gives every node a range of each of the cluster's for its pods, and takes
 * it back when the node is gone. Source: pkg/controller/nodeipam/ipam/range_allocator.go.
 */
export const nodeIpamController: ControllerFactory = {
  name: 'node-ipam',
  create: (environment) => new NodeIpam(environment),
};

class NodeIpam implements Controller {
  readonly name = 'node-ipam';
  /** Source: cidrUpdateWorkers. */
  readonly workers = 30;
  readonly #environment: ControllerEnvironment;
  readonly #nodes: Informer<KubeNode>;
  readonly #sets: readonly CidrSet[];
  /** Ranges that were given out and that the cache does not show yet. */
  #given = new Map<string, readonly string[]>();

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, settings } = environment;
    this.#environment = environment;
    this.#sets = cidrSets(settings.controllerManager);
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#nodes.on((type, node) => {
      const { name } = node.metadata;
      const ranges = rangesOf(node);
      if (type === 'deleted') {
        this.#release(ranges.length > 0 ? ranges : (this.#given.get(name) ?? []));
        this.#given.delete(name);
      } else if (ranges.length === 0) queue.add(name);
      else {
        this.#given.delete(name);
        if (type === 'added') for (const [i, range] of ranges.entries()) this.#sets[i]?.occupy(range);
      }
    });
  }

  #release(ranges: readonly string[]): void {
    for (const [i, range] of ranges.entries()) this.#sets[i]?.release(range);
  }

  reconcile(name: string): Plan | undefined {
    const node = this.#nodes.get(name);
    if (node === undefined || rangesOf(node).length > 0) return undefined;
    const ranges = this.#given.get(name) ?? this.#allocate();
    if (ranges === undefined) {
      const message = `Node ${name} status is now: CIDRNotAvailable`;
      this.#environment.events.record('cidrAllocator', node, 'Normal', 'CIDRNotAvailable', message);
      return { stages: [], failed: true };
    }
    this.#given.set(name, ranges);
    const patch = { spec: { podCIDR: ranges[0], podCIDRs: ranges } };
    return { stages: [[{ verb: 'patch', kind: 'Node', namespace: '', name, patch }]] };
  }

  /** A range of each set, or none where one of them is used up. */
  #allocate(): readonly string[] | undefined {
    const ranges: string[] = [];
    for (const set of this.#sets) {
      const range = set.allocate();
      if (range === undefined) {
        this.#release(ranges);
        return undefined;
      }
      ranges.push(range);
    }
    return ranges;
  }

  replied(name: string, { result }: ApiReply): void {
    if (result.ok) return;
    this.#release(this.#given.get(name) ?? []);
    this.#given.delete(name);
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    const message = `Node ${name} status is now: CIDRAssignmentFailed`;
    this.#environment.events.record('cidrAllocator', node, 'Normal', 'CIDRAssignmentFailed', message);
  }

  save(): State {
    return { sets: this.#sets.map((set) => set.save()), given: [...this.#given] };
  }

  restore(saved: unknown): void {
    const { sets, given } = saved as State;
    for (const [i, set] of this.#sets.entries()) set.restore(sets[i]);
    this.#given = new Map(given);
  }
}

/** The ranges that a node has; where one is given alone, the server takes it for the list. */
function rangesOf({ spec }: KubeNode): readonly string[] {
  return spec.podCIDRs ?? (spec.podCIDR === undefined ? [] : [spec.podCIDR]);
}
