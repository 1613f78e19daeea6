import type { HandlerId } from '../kernel/kernel.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { NodeRecord } from './kubelet-state.ts';
import { reaches, totalLoad } from './load.ts';
import { capacityOf, consumersOn, nodeLoads } from './node-strain.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { loadsOf, statedAmount } from './pod-usage.ts';
import { KILLED } from './termination.ts';

/** Source: pkg/kubelet/qos/policy.go GetContainerOOMScoreAdjust. */
function scoreAdjustment({ pod }: PodRecord, request: number, capacity: number): number {
  const { priority = 0 } = pod.spec;
  // system-node-critical
  if (pod.status.qosClass === 'Guaranteed' || priority >= 2_000_001_000) return -997;
  if (pod.status.qosClass === 'BestEffort') return 1000;
  const adjusted = 1000 - Math.floor((1000 * request) / capacity);
  return Math.min(999, Math.max(3, adjusted));
}

/**
 * The operating system's killer: a container that reaches its memory limit is ended, and where the whole node has no
 * memory left, the one with the highest score is. Both follow from what is used; nothing else is an event.
 */
export class MemoryKiller {
  readonly #context: PodContext;
  readonly #limit: HandlerId;
  readonly #full: HandlerId;

  constructor(context: PodContext) {
    const { kernel, state, steps } = context;
    this.#context = context;
    this.#limit = steps.register('kubelet/memory-limit', (record, i) => this.#atLimit(record, i), false);
    this.#full = kernel.register('kubelet/memory-full', (index) => this.#onFull(state.nodes[index] as NodeRecord));
  }

  /** A container has begun to run: when will it have reached its limit? */
  started(record: PodRecord, container: ContainerRecord): void {
    const limit = statedAmount(record, container.index, 'memory', 'limits');
    if (limit === undefined) return;
    const { kernel, steps } = this.#context;
    const at = reaches(loadsOf(record, container, 'memory'), limit + 1, kernel.now);
    if (at < Infinity) steps.inRun(at - kernel.now, this.#limit, record, container);
  }

  #atLimit(record: PodRecord, index: number): void {
    this.#kill(record, record.containers[index] as ContainerRecord);
  }

  #kill(record: PodRecord, container: ContainerRecord): void {
    if (container.state !== 'running') return;
    this.#context.end(record, container, KILLED, 'OOMKilled');
    this.#context.syncSoon(record);
  }

  /** What is used on the node has changed: when will its memory be full? */
  plan(node: NodeRecord): void {
    const { kernel, settings, state } = this.#context;
    kernel.cancel(node.oom);
    const capacity = capacityOf(node, 'memory', settings);
    if (capacity === Infinity || node.state === 'off' || node.state === 'gone') return;
    const at = reaches(nodeLoads(state, node, 'memory', settings), capacity + 1, kernel.now);
    if (at < Infinity) node.oom = kernel.at(at, this.#full, node.index);
  }

  #onFull(node: NodeRecord): void {
    const { kernel, settings, state } = this.#context;
    const capacity = capacityOf(node, 'memory', settings);
    let worst: { readonly record: PodRecord; readonly container: ContainerRecord; readonly score: number } | undefined;
    for (const record of consumersOn(state, node)) {
      for (const container of record.containers) {
        if (container.state !== 'running') continue;
        const usage = totalLoad(loadsOf(record, container, 'memory'), kernel.now);
        const request = statedAmount(record, container.index, 'memory', 'requests') ?? 0;
        const score = (1000 * usage) / capacity + scoreAdjustment(record, request, capacity);
        if (usage > 0 && (worst === undefined || score > worst.score)) worst = { record, container, score };
      }
    }
    if (worst === undefined) return;
    this.#context.event(worst.record, 'Warning', 'SystemOOM', 'System OOM encountered');
    this.#kill(worst.record, worst.container);
    // What is killed frees its memory at once; if that is not enough, the next one follows.
    if (!kernel.isPending(node.oom)) this.#again(node, kernel.now + SECOND);
  }

  #again(node: NodeRecord, at: Micros): void {
    const { kernel, settings, state } = this.#context;
    const capacity = capacityOf(node, 'memory', settings);
    if (totalLoad(nodeLoads(state, node, 'memory', settings), kernel.now) <= capacity) return;
    if (consumersOn(state, node).length > 0) node.oom = kernel.at(at, this.#full, node.index);
  }
}
