import type { Pod } from '../api/core.ts';
import type { Rejection } from './admission.ts';
import type { ContainerStarter } from './container-starter.ts';
import { EvictionManager } from './eviction-manager.ts';
import { homeOfImages } from './eviction-signals.ts';
import { ImageCollector } from './image-gc.ts';
import type { NodeRecord } from './kubelet-state.ts';
import type { NodeNews } from './node-news.ts';
import { capacityOf } from './node-strain.ts';
import { containersOf } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { PodRecord } from './pod-record.ts';
import type { PodStopper } from './pod-stopper.ts';
import { saysUsage } from './pod-usage.ts';

/** What follows from what pods and images take of their nodes: how fast containers are, which of them, and of the images, go. */
export class NodeUsage {
  readonly #context: PodContext;
  readonly #starter: ContainerStarter;
  readonly #evictions: EvictionManager;
  readonly #images: ImageCollector;
  readonly #on: NodeNews;

  constructor(context: PodContext, starter: ContainerStarter, stopper: PodStopper, on: NodeNews) {
    this.#context = context;
    this.#starter = starter;
    this.#on = on;
    this.#evictions = new EvictionManager(context, stopper, on.changed);
    this.#images = new ImageCollector(context, on.images);
    context.onRuns((record) => this.#onRuns(record));
  }

  /** What is used on the node, or what the node can do, has changed. */
  changed(node: NodeRecord): void {
    this.#starter.usageChanged(node);
    this.#images.plan(node);
    this.#evictions.plan(node);
  }

  /** An image came onto the node. */
  pulled(node: NodeRecord): void {
    this.#on.images(node);
    if (!this.#canRunFull(node)) return;
    this.#images.plan(node);
    this.#evictions.plan(node);
  }

  /** The kubelet has started: it knows of no shortage. */
  reset(node: NodeRecord): void {
    this.#evictions.reset(node);
  }

  /** Why a pod that comes now is not taken in. */
  rejection(node: NodeRecord, pod: Pod): Rejection | undefined {
    return this.#evictions.rejection(node, pod);
  }

  /** One of a pod's containers has begun or ended. */
  #onRuns(record: PodRecord): void {
    const { kernel, state } = this.#context;
    const node = state.nodeOf(record);
    if (record.stage === 'done' && this.#canRunFull(node)) {
      for (const { image = '' } of containersOf(record.pod)) node.imageUsed.set(image, kernel.now);
    }
    if (saysUsage(record) || record.served > 0) this.changed(node);
  }

  /** Whether there is an end to what images may take. */
  #canRunFull(node: NodeRecord): boolean {
    const { settings } = this.#context;
    return capacityOf(node, homeOfImages(settings), settings) < Infinity;
  }
}
