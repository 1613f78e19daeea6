import { NO_EVENT } from '../kernel/kernel.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import type { KubeletState, NodeRecord, RuntimeOperation } from './kubelet-state.ts';
import type { PodRecord } from './pod-record.ts';
import type { PodSteps } from './pod-steps.ts';

type RuntimeSettings = Pick<KubeletSettings, 'runtimeConcurrency' | 'runtimeLoadPerPod'>;

/**
 * At what part of full speed each of so many operations goes that a runtime carries out at a time (processor sharing). What
 * looking after the node's pods takes is gone beforehand; but not more than an equal part of the whole for each pod, as an
 * operation waits its turn among their workers and is not shut out by them.
 */
export function operationSpeed(operations: number, pods: number, settings: RuntimeSettings): number {
  const { runtimeConcurrency, runtimeLoadPerPod } = settings;
  if (runtimeConcurrency === 0) return 1;
  const left = runtimeConcurrency - pods * runtimeLoadPerPod;
  const least = (runtimeConcurrency * operations) / (operations + pods);
  return Math.min(1, Math.max(left, least) / operations);
}

/**
 * What container runtimes do on their nodes: sandboxes and containers are made side by side, and where a node's capacity for
 * it is limited they slow each other down, and its pods slow them all down. Speeds change where an operation begins or ends.
 */
export class RuntimeWork {
  readonly #kernel: Kernel;
  readonly #state: KubeletState;
  readonly #settings: RuntimeSettings;
  readonly #steps: PodSteps;
  readonly #ended: HandlerId;

  constructor(kernel: Kernel, state: KubeletState, settings: RuntimeSettings, steps: PodSteps) {
    this.#kernel = kernel;
    this.#state = state;
    this.#settings = settings;
    this.#steps = steps;
    this.#ended = kernel.register('kubelet/runtime-operation', (index) => {
      this.#end(state.nodes[index] as NodeRecord);
    });
  }

  /** Makes a sandbox or a container, which takes so long on a node at rest; a step of the pod's life follows. */
  begin(record: PodRecord, alone: Micros, step: HandlerId, container = 0): void {
    const node = this.#state.nodeOf(record);
    const takes = alone * node.drag;
    if (this.#settings.runtimeConcurrency === 0) {
      this.#steps.after(takes, step, record, container);
      return;
    }
    const { id: pod, epoch } = record;
    const plan = { left: takes, since: this.#kernel.now, speed: 0, end: NO_EVENT };
    node.operations.push({ pod, epoch, container, step, ...plan });
    this.#share(node);
  }

  /** Forgets what the node's runtime was at: its power is gone. */
  drop(node: NodeRecord): void {
    for (const { end } of node.operations) this.#kernel.cancel(end);
    node.operations = [];
  }

  /** Whatever is planned to have ended by now has. */
  #end(node: NodeRecord): void {
    const done = node.operations.filter(({ end }) => !this.#kernel.isPending(end));
    node.operations = node.operations.filter(({ end }) => this.#kernel.isPending(end));
    this.#share(node);
    for (const operation of done) this.#tell(operation);
  }

  /** The pod may have gone meanwhile, or its machine's power. */
  #tell({ pod, epoch, step, container }: RuntimeOperation): void {
    const record = this.#state.pods.get(pod);
    if (record?.epoch === epoch) this.#steps.after(0, step, record, container);
  }

  #share(node: NodeRecord): void {
    const { now } = this.#kernel;
    const speed = operationSpeed(node.operations.length, node.pods.size, this.#settings);
    for (const operation of node.operations) {
      if (operation.speed === speed) continue;
      operation.left = Math.max(0, operation.left - (now - operation.since) * operation.speed);
      operation.since = now;
      operation.speed = speed;
      this.#kernel.cancel(operation.end);
      operation.end = this.#kernel.after(Math.ceil(operation.left / speed), this.#ended, node.index);
    }
  }
}
