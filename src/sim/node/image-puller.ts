import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { Purpose } from '../kernel/random.ts';
import { SECOND } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import type { KubeletState, NodeRecord, PullRequest } from './kubelet-state.ts';

/** How far a pull's time strays from size over bandwidth: a factor uniform in [1 - this, 1 + this]. */
const SPREAD = 0.2;

/** Fetches images: on each node one after the other (--serialize-image-pulls), each as long as its size takes. */
export class ImagePuller {
  readonly #kernel: Kernel;
  readonly #state: KubeletState;
  readonly #settings: KubeletSettings;
  readonly #draws: Purpose;
  readonly #pulled: HandlerId;
  /** Told when a pull has ended, with the time it took in microseconds. */
  readonly #onPulled: (node: NodeRecord, pull: PullRequest, bytes: number) => void;

  constructor(
    kernel: Kernel,
    state: KubeletState,
    settings: KubeletSettings,
    onPulled: (node: NodeRecord, pull: PullRequest, bytes: number) => void,
  ) {
    this.#kernel = kernel;
    this.#state = state;
    this.#settings = settings;
    this.#draws = kernel.random.purpose('image-pull');
    this.#onPulled = onPulled;
    this.#pulled = kernel.register('kubelet/pulled', (index, life, request) =>
      this.#ended(index, life, request as PullRequest),
    );
  }

  /** Whether a container can start without a pull. */
  has(node: NodeRecord, image: string): boolean {
    const { imagesPresent } = this.#settings;
    return imagesPresent === 'all' || node.images.has(image) || node.images.has(withTag(image));
  }

  pull(node: NodeRecord, request: PullRequest): void {
    node.pulls.push(request);
    if (!this.#settings.serializeImagePulls || node.pulls.length === 1) this.#begin(node, request);
  }

  /** Forgets what the node was fetching: its power is gone. */
  drop(node: NodeRecord): void {
    node.pulls = [];
  }

  /** Size of an image in bytes. */
  bytesOf(image: string): number {
    const { imageBytes, imageDefaultBytes } = this.#settings;
    return imageBytes[image] ?? imageBytes[image.replace(/:[^/]*$/, '')] ?? imageDefaultBytes;
  }

  #begin(node: NodeRecord, request: PullRequest): void {
    const { imagePullBaseSeconds, imagePullBytesPerSecond } = this.#settings;
    const { image, identity, ordinal } = request;
    const nominal = imagePullBaseSeconds + this.bytesOf(image) / imagePullBytesPerSecond;
    const factor = this.#draws.between(identity, ordinal, 1 - SPREAD, 1 + SPREAD);
    const seconds = this.has(node, image) ? 0 : nominal * factor * node.slowness;
    this.#kernel.after(Math.round(seconds * SECOND), this.#pulled, node.index, node.life, request);
  }

  #ended(index: number, life: number, request: PullRequest): void {
    const node = this.#state.nodes[index] as NodeRecord;
    // Pulls side by side do not end in the order in which they began.
    const at = node.pulls.findIndex(({ pod, epoch, container }) => {
      return pod === request.pod && epoch === request.epoch && container === request.container;
    });
    if (node.life !== life || at < 0) return;
    node.pulls.splice(at, 1);
    const bytes = this.bytesOf(request.image);
    node.images.set(request.image, bytes);
    const next = node.pulls[0];
    if (this.#settings.serializeImagePulls && next !== undefined) this.#begin(node, next);
    this.#onPulled(node, request, bytes);
  }
}

/** An image without a tag is the one tagged latest. */
function withTag(image: string): string {
  return /:[^/]*$/.test(image) || image.includes('@') ? image : `${image}:latest`;
}
