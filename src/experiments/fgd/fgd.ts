import { typicalTasks } from '../../policies/gpu-sharing/fragmentation.ts';
import { gpuPolicy, LARGEST_PUBLISHED } from '../../policies/gpu-sharing/gpu-policies.ts';
import type { GpuPolicyName } from '../../policies/gpu-sharing/gpu-policies.ts';
import type { GpuTask } from '../../policies/gpu-sharing/gpu-node.ts';
import { curveOf } from './curve.ts';
import type { CurvePoint } from './curve.ts';
import { fill } from './filling.ts';
import type { NodeShape } from './filling.ts';
import { readNodes, readOrder, readTasks } from './read-inputs.ts';

/** The files of one filling experiment. */
export interface FgdInputs {
  readonly nodes: string;
  readonly pods: string;
  readonly order: string;
}

/** The experiment of the FGD paper (USENIX ATC'23): one order of arrivals, several policies. */
export class FgdExperiment {
  readonly #nodes: readonly NodeShape[];
  readonly #tasks: readonly GpuTask[];
  readonly #arrivals: readonly GpuTask[];

  /** Throws InputError where a file cannot be used. */
  constructor({ nodes, pods, order }: FgdInputs) {
    const shapes = readNodes(nodes);
    this.#tasks = readTasks(pods);
    const { pods: arrivals, ranks } = readOrder(order, this.#tasks.length, shapes.length);
    const ranked: NodeShape[] = [];
    for (const [i, rank] of ranks.entries()) ranked[rank] = shapes[i] as NodeShape;
    this.#nodes = ranked;
    this.#arrivals = arrivals.map((i) => this.#tasks[i] as GpuTask);
  }

  /** Fills the nodes by a policy. */
  run(policy: GpuPolicyName, seed: number): readonly CurvePoint[] {
    const typical = typicalTasks(this.#tasks);
    return curveOf(
      fill(this.#nodes, this.#arrivals, gpuPolicy(policy, { largest: LARGEST_PUBLISHED, typical }), typical, seed),
    );
  }
}
