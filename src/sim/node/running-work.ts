import type { HandlerId } from '../kernel/kernel.ts';
import type { Micros } from '../kernel/time.ts';
import { nextCorner, speedsOn } from './cpu-shares.ts';
import type { NodeRecord } from './kubelet-state.ts';
import { consumersOn } from './node-strain.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/**
 * Containers that have so much to do and then end: sooner or later, as the processor lets them. Speeds change where
 * somebody's demand does or a fault slows the node down; where nothing is known of either, an end is planned once.
 */
export class RunningWork {
  readonly #context: PodContext;
  readonly #ended: HandlerId;
  readonly #corner: HandlerId;

  /** `onEnd` is told when a container has done its work. */
  constructor(context: PodContext, onEnd: (record: PodRecord, container: ContainerRecord) => void) {
    this.#context = context;
    const { kernel, state, steps } = context;
    this.#ended = steps.register(
      'kubelet/container-exited',
      (record, i) => {
        const container = record.containers[i] as ContainerRecord;
        // One that was slowed down ends by a later event.
        if (container.state === 'running' && container.endsAt <= kernel.now) onEnd(record, container);
      },
      false,
    );
    this.#corner = kernel.register('kubelet/cpu-corner', (index) => this.replan(state.nodes[index] as NodeRecord));
  }

  /** A container has begun to run; its work takes so long where nothing is in its way. */
  begin(record: PodRecord, container: ContainerRecord, takes: Micros): void {
    const { kernel } = this.#context;
    const node = this.#context.state.nodeOf(record);
    container.workLeft = takes;
    container.workSince = kernel.now;
    container.speed = 1 / node.drag;
    this.#plan(record, container);
  }

  #plan(record: PodRecord, container: ContainerRecord): void {
    const { kernel, steps } = this.#context;
    const after = container.speed === 0 ? Infinity : Math.round(container.workLeft / container.speed);
    container.endsAt = kernel.now + after;
    if (after < Infinity) steps.inRun(after, this.#ended, record, container);
  }

  /** What is wanted of the node's processor, or what it can do, has changed. */
  replan(node: NodeRecord): void {
    const { kernel, state } = this.#context;
    const consumers = consumersOn(state, node);
    const speeds = speedsOn(node, consumers, kernel.now);
    for (const record of state.podsOf(node)) {
      for (const container of record.containers) {
        if (container.state !== 'running' || container.workLeft < 0) continue;
        this.#setSpeed(record, container, speeds.get(container) ?? 1 / node.drag);
      }
    }
    kernel.cancel(node.cpuCorner);
    const corner = nextCorner(consumers, kernel.now);
    if (corner < Infinity && consumers.some(hasWork)) node.cpuCorner = kernel.at(corner, this.#corner, node.index);
  }

  #setSpeed(record: PodRecord, container: ContainerRecord, speed: number): void {
    const { now } = this.#context.kernel;
    if (speed === container.speed) return;
    container.workLeft = Math.max(0, container.workLeft - (now - container.workSince) * container.speed);
    container.workSince = now;
    container.speed = speed;
    this.#plan(record, container);
  }
}

function hasWork({ containers }: PodRecord): boolean {
  return containers.some(({ state, workLeft }) => state === 'running' && workLeft >= 0);
}
