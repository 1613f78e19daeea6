import type { HandlerId } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import { homeOfImages } from './eviction-signals.ts';
import { freedBy, sameImage } from './images.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import { reaches, totalLoad } from './load.ts';
import { capacityOf, nodeLoads } from './node-strain.ts';
import { containersOf } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';

/** How often the kubelet looks at its images. Source: pkg/kubelet/kubelet.go ImageGCPeriod. */
const PERIOD: Micros = 300 * SECOND;

/**
 * Removes unused images where the disk is more than imageGCHighThresholdPercent full, until it is less than
 * imageGCLowThresholdPercent so. A look is an event only where it would find the disk so full.
 */
export class ImageCollector {
  readonly #context: PodContext;
  readonly #look: HandlerId;
  readonly #onNews: (node: NodeRecord) => void;

  /** `onNews` is told when images of a node were removed. */
  constructor(context: PodContext, onNews: (node: NodeRecord) => void) {
    const { kernel, state } = context;
    this.#context = context;
    this.#onNews = onNews;
    this.#look = kernel.register('kubelet/image-gc', (index) => this.#collect(state.nodes[index] as NodeRecord));
  }

  /** What is on the node's disk has changed. */
  plan(node: NodeRecord): void {
    const { kernel, settings, state } = this.#context;
    const capacity = capacityOf(node, homeOfImages(settings), settings);
    if (capacity === Infinity) return;
    kernel.cancel(node.imageGc);
    const level = (settings.imageGCHighThresholdPercent / 100) * capacity;
    const full = reaches(nodeLoads(state, node, homeOfImages(settings), settings), level, kernel.now);
    if (full === Infinity) return;
    const at = (Math.floor(Math.max(full, kernel.now) / PERIOD) + 1) * PERIOD;
    node.imageGc = kernel.at(at, this.#look, node.index);
  }

  #collect(node: NodeRecord): void {
    const { kernel, settings, state } = this.#context;
    if (node.state === 'running' && !node.paused) {
      const capacity = capacityOf(node, homeOfImages(settings), settings);
      const used = totalLoad(nodeLoads(state, node, homeOfImages(settings), settings), kernel.now);
      const wanted = used - (settings.imageGCLowThresholdPercent / 100) * capacity;
      if (removeImages(state, node, wanted, kernel.now, settings) > 0) this.#onNews(node);
    }
    this.plan(node);
  }
}

/** Images that containers of the node's pods have, or will have. */
function imagesInUse(state: KubeletState, node: NodeRecord): ReadonlySet<string> {
  const used = new Set<string>();
  for (const record of state.podsOf(node)) {
    if (record.stage === 'done') continue;
    for (const { image = '' } of containersOf(record.pod)) used.add(image).add(sameImage(image));
  }
  for (const { image } of node.pulls) used.add(image);
  return used;
}

/**
 * Removes images that no container has, the one whose use lies furthest back first, until so many bytes are free or none
 * is left. Answers what was freed. Source: pkg/kubelet/images/image_gc_manager.go freeSpace.
 */
export function removeImages(
  state: KubeletState,
  node: NodeRecord,
  wanted: number,
  now: Micros,
  settings: KubeletSettings,
): number {
  const used = imagesInUse(state, node);
  const least = now - seconds(settings.imageMinimumGCAgeSeconds);
  const candidates = [...node.images.keys()]
    .filter((image) => !used.has(image))
    .map((image) => {
      return { image, lastUsed: node.imageUsed.get(image) ?? 0 };
    });
  candidates.sort((a, b) => a.lastUsed - b.lastUsed || (a.image < b.image ? -1 : 1));
  let freed = 0;
  for (const { image, lastUsed } of candidates) {
    if (freed >= wanted) break;
    // Young ones may be about to be used.
    if (lastUsed > least) continue;
    freed += freedBy(node, image, settings);
    node.images.delete(image);
    node.imageUsed.delete(image);
  }
  return freed;
}
