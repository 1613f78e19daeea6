import { NO_EVENT } from '../kernel/kernel.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { Purpose } from '../kernel/random.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ComponentSettings, KubeletSettings, RegistrySettings } from '../settings.ts';
import type { KubeletState, NodeRecord, Pull, PullRequest } from './kubelet-state.ts';
import { bytesToFetch, imageSize, sameImage } from './images.ts';
import { sharedRates } from './pull-rates.ts';

/** How far a pull's time strays from size over bandwidth: a factor uniform in [1 - this, 1 + this]. */
const SPREAD = 0.2;

/** How a pull ended; `failure` says why it came to nothing. */
export interface Pulled {
  readonly bytes: number;
  readonly failure?: string;
}

/**
 * Fetches images, each as long as what the node has not of it takes: on each node one after the other
 * (serializeImagePulls) or side by side, sharing the node's bandwidth and, where it has a limit, the registry's.
 */
export class ImagePuller {
  readonly #kernel: Kernel;
  readonly #state: KubeletState;
  readonly #settings: KubeletSettings;
  readonly #registry: RegistrySettings;
  readonly #draws: Purpose;
  readonly #failures: Purpose;
  readonly #ended: HandlerId;
  readonly #onEnd: (node: NodeRecord, pull: PullRequest, pulled: Pulled) => void;

  constructor(
    kernel: Kernel,
    state: KubeletState,
    { kubelet, registry }: ComponentSettings,
    onEnd: (node: NodeRecord, pull: PullRequest, pulled: Pulled) => void,
  ) {
    this.#kernel = kernel;
    this.#state = state;
    this.#settings = kubelet;
    this.#registry = registry;
    this.#draws = kernel.random.purpose('image-pull');
    this.#failures = kernel.random.purpose('image-pull-failure');
    this.#onEnd = onEnd;
    this.#ended = kernel.register('kubelet/pulled', (index, pod, failure) => {
      this.#end(this.#state.nodes[index] as NodeRecord, pod, failure as string | undefined);
    });
  }

  /** Whether a container can start without a pull. */
  has(node: NodeRecord, image: string): boolean {
    return this.#settings.imagesPresent === 'all' || node.images.has(image) || node.images.has(sameImage(image));
  }

  pull(node: NodeRecord, request: PullRequest): void {
    node.pulls.push(waitingPull(request));
    this.#beginNext(node);
  }

  /** Forgets what the node was fetching: its power is gone. */
  drop(node: NodeRecord): void {
    for (const pull of node.pulls) this.#kernel.cancel(pull.end);
    const shared = node.pulls.length > 0 && this.#registry.bytesPerSecond > 0;
    node.pulls = [];
    this.#state.fetching.delete(node.index);
    if (shared) this.#share(node);
  }

  /** Nobody answers at the registry any more, or it does again: what is under way comes to nothing. */
  setRegistry(available: boolean): void {
    this.#state.registryDown = !available;
    if (available) return;
    for (const index of this.#state.fetching) {
      const node = this.#state.nodes[index] as NodeRecord;
      for (const pull of node.pulls) if (pull.state === 'fetching') this.#fail(node, pull, NO_ANSWER, this.#patience);
      this.#share(node);
    }
  }

  /** The node's pulls go at another pace from now on. */
  repace(node: NodeRecord, before: number): void {
    this.#advance(node);
    for (const pull of node.pulls) {
      if (pull.state !== 'fetching') continue;
      pull.left *= node.slowness / before;
      pull.bytesPerSecond *= before / node.slowness;
      pull.rate = 0;
    }
    this.#share(node);
  }

  get #patience(): Micros {
    return seconds(this.#registry.timeoutSeconds);
  }

  #beginNext(node: NodeRecord): void {
    const { serializeImagePulls, maxParallelImagePulls } = this.#settings;
    const most = serializeImagePulls ? 1 : maxParallelImagePulls || Infinity;
    let active = 0;
    for (const { state } of node.pulls) if (state !== 'waiting') active++;
    for (const pull of node.pulls) {
      if (active >= most) break;
      if (pull.state !== 'waiting') continue;
      active++;
      this.#begin(node, pull);
    }
    this.#share(node);
  }

  #begin(node: NodeRecord, pull: Pull): void {
    const { imagePullBaseSeconds, imagePullBytesPerSecond, imagesMissing } = this.#settings;
    const { image, identity, ordinal } = pull;
    const factor = this.#draws.between(identity, ordinal, 1 - SPREAD, 1 + SPREAD) * node.slowness;
    const answered = seconds(imagePullBaseSeconds * factor);
    if (!this.has(node, image) && !this.#takesToken(node)) this.#fail(node, pull, 'pull QPS exceeded', 0);
    else if (this.#state.registryDown) this.#fail(node, pull, NO_ANSWER, this.#patience);
    else if (imagesMissing.includes(image)) this.#fail(node, pull, `${image}: not found`, answered);
    else if (!this.#allowed(node)) this.#fail(node, pull, '429 Too Many Requests - toomanyrequests', answered);
    else {
      const bytes = this.has(node, image) ? 0 : bytesToFetch(node, image, this.#settings);
      const work = this.has(node, image) ? 0 : (imagePullBaseSeconds + bytes / imagePullBytesPerSecond) * factor;
      if (this.#failures.chance(identity, 2 * ordinal, this.#settings.imagePullFailureProbability)) {
        const at = this.#failures.uniform(identity, 2 * ordinal + 1) * work;
        this.#fail(node, pull, 'failed to copy: unexpected EOF', seconds(at));
        return;
      }
      pull.state = 'fetching';
      pull.left = work;
      pull.since = this.#kernel.now;
      pull.bytesPerSecond = work === 0 ? 0 : bytes / work;
      this.#state.fetching.add(node.index);
    }
  }

  /** A pull that will come to nothing, after some time. */
  #fail(node: NodeRecord, pull: Pull, failure: string, after: Micros): void {
    this.#kernel.cancel(pull.end);
    pull.state = 'failing';
    pull.rate = 0;
    pull.end = this.#kernel.after(after, this.#ended, node.index, pull.pod, failure);
  }

  /** The kubelet's own limit. Source: pkg/kubelet/images/helpers.go throttledImageService. */
  #takesToken(node: NodeRecord): boolean {
    const { registryPullQps, registryPullBurst } = this.#settings;
    if (registryPullQps === 0) return true;
    const { now } = this.#kernel;
    const gained = ((now - node.pullTokensAt) / SECOND) * registryPullQps;
    node.pullTokens = Math.min(registryPullBurst, node.pullTokens + gained);
    node.pullTokensAt = now;
    if (node.pullTokens < 1) return false;
    node.pullTokens--;
    return true;
  }

  /** The registry's limit for a node. */
  #allowed(node: NodeRecord): boolean {
    const { pullLimit, pullWindowSeconds } = this.#registry;
    if (pullLimit === 0) return true;
    const { now } = this.#kernel;
    const since = now - seconds(pullWindowSeconds);
    node.pullTimes = node.pullTimes.filter((time) => time > since);
    if (node.pullTimes.length >= pullLimit) return false;
    node.pullTimes.push(now);
    return true;
  }

  /** What the node's pulls have done until now. */
  #advance(node: NodeRecord): void {
    const { now } = this.#kernel;
    for (const pull of node.pulls) {
      if (pull.state !== 'fetching') continue;
      pull.left = Math.max(0, pull.left - ((now - pull.since) / SECOND) * pull.rate);
      pull.since = now;
    }
  }

  /** Shares bandwidth out among those that fetch now: on this node, or everywhere where the registry has a limit. */
  #share(changed: NodeRecord): void {
    const limit = this.#registry.bytesPerSecond;
    const nodes =
      limit > 0 ? [...this.#state.fetching].map((index) => this.#state.nodes[index] as NodeRecord) : [changed];
    for (const node of nodes) this.#advance(node);
    const fetching = nodes.flatMap((node) => {
      const pulls = node.pulls.filter(({ state }) => state === 'fetching');
      return pulls.map((pull) => ({ node, pull, share: 1 / pulls.length, bytesPerSecond: pull.bytesPerSecond }));
    });
    for (const [index, rate] of sharedRates(fetching, limit).entries()) {
      const { node, pull } = fetching[index] as (typeof fetching)[number];
      if (pull.rate === rate && this.#kernel.isPending(pull.end)) continue;
      pull.rate = rate;
      this.#kernel.cancel(pull.end);
      const after = Math.round((pull.left / rate) * SECOND);
      pull.end = this.#kernel.after(after, this.#ended, node.index, pull.pod);
    }
  }

  #end(node: NodeRecord, pod: number, failure: string | undefined): void {
    // Only one of a pod's containers is started at a time.
    const at = node.pulls.findIndex(
      (one) => one.pod === pod && one.state !== 'waiting' && !this.#kernel.isPending(one.end),
    );
    const [pull] = at < 0 ? [] : node.pulls.splice(at, 1);
    if (pull === undefined) return;
    const bytes = imageSize(pull.image, this.#settings);
    if (!node.pulls.some(({ state }) => state === 'fetching')) this.#state.fetching.delete(node.index);
    if (failure === undefined) node.images.set(pull.image, bytes);
    this.#beginNext(node);
    if (this.#registry.bytesPerSecond > 0) this.#share(node);
    this.#onEnd(node, pull, failure === undefined ? { bytes } : { bytes: 0, failure });
  }
}

/** Written out: what is spread and then added to has a shape of its own each time, and pulls are many. */
function waitingPull({ pod, epoch, container, image, asked, identity, ordinal }: PullRequest): Pull {
  return {
    pod,
    epoch,
    container,
    image,
    asked,
    identity,
    ordinal,
    state: 'waiting',
    left: 0,
    since: 0,
    rate: 0,
    bytesPerSecond: 0,
    end: NO_EVENT,
  };
}

const NO_ANSWER = 'failed to do request: dial tcp: i/o timeout';
