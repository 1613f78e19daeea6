import type { KubeNode } from '../api/core.ts';
import type { Informer } from '../apiserver/informer.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';

const ANNOTATION = 'node.alpha.kubernetes.io/ttl';

/** By the size of the cluster, for how long kubelets may keep Secrets and ConfigMaps. Source: ttl/ttl_controller.go. */
const STEPS: readonly { readonly least: number; readonly most: number; readonly seconds: number }[] = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1000, seconds: 30 },
  { least: 900, most: 2000, seconds: 60 },
  { least: 1800, most: Infinity, seconds: 300 },
];

interface State {
  readonly step: number;
  readonly listed: boolean;
}

/**
 * The TTL controller: annotates each node with how long its kubelet may keep what it has read, by the size of the cluster.
 * Nodes of the first list were there before the process and are taken to have been annotated.
 */
export const nodeTtlController: ControllerFactory = { name: 'ttl', create: (environment) => new NodeTtl(environment) };

class NodeTtl implements Controller {
  readonly name = 'ttl';
  /** Source: cmd/kube-controller-manager/app/core.go startTTLController; no flag. */
  readonly workers = 5;
  readonly #nodes: Informer<KubeNode>;
  #step = 0;
  #listed = false;

  constructor({ informers, queue }: ControllerEnvironment) {
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#nodes.on((type, { metadata: { name } }) => {
      if (type === 'modified') return;
      this.#resize();
      if (type === 'added' && this.#listed) queue.add(name);
    });
    informers.whenSynced(() => {
      this.#listed = true;
    });
  }

  /** The step for the number of nodes; between steps there is some play. */
  #resize(): void {
    const { size } = this.#nodes;
    while (size > (STEPS[this.#step]?.most ?? Infinity)) this.#step++;
    while (size < (STEPS[this.#step]?.least ?? 0)) this.#step--;
  }

  reconcile(name: string): Plan | undefined {
    const node = this.#nodes.get(name);
    const seconds = String(STEPS[this.#step]?.seconds ?? 0);
    if (node === undefined || node.metadata.annotations?.[ANNOTATION] === seconds) return undefined;
    const patch = { metadata: { annotations: { [ANNOTATION]: seconds } } };
    return { stages: [[{ verb: 'patch', kind: 'Node', namespace: '', name, patch, ignore: ['NotFound'] }]] };
  }

  save(): State {
    return { step: this.#step, listed: this.#listed };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#step = state.step;
    this.#listed = state.listed;
  }
}
