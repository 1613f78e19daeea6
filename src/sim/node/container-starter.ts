import type { HandlerId } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { PullRequest, NodeRecord } from './kubelet-state.ts';
import { ImagePuller } from './image-puller.ts';
import type { Pulled } from './image-puller.ts';
import { CONTAINERS, nextToStart, specOf } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { MemoryKiller } from './memory-killer.ts';
import { saysUsage } from './pod-usage.ts';
import { Processors } from './processors.ts';
import { RunningWork } from './running-work.ts';
import { hookSleep } from './termination.ts';

/**
 * Starts a pod's containers, one after the other: image, creation, start, postStart hook. A container that cannot be
 * started does not keep the next from it. Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go SyncPod.
 */
export class ContainerStarter {
  readonly #context: PodContext;
  readonly puller: ImagePuller;
  readonly #created: HandlerId;
  readonly #work: RunningWork;
  readonly processors: Processors;
  readonly #memory: MemoryKiller;
  readonly #postStarted: HandlerId;
  readonly #onPulled: (node: NodeRecord) => void;

  /** `onPulled` is told of every image that came onto a node, `onPaced` of each container that is not as fast as before. */
  constructor(
    context: PodContext,
    onPulled: (node: NodeRecord) => void,
    onPaced: (record: PodRecord, container: ContainerRecord, before: number) => void,
  ) {
    const { kernel, state, steps, environment } = context;
    this.#context = context;
    this.#onPulled = onPulled;
    this.puller = new ImagePuller(kernel, state, environment.settings, (node, pull, pulled) => {
      this.#onPull(node, pull, pulled);
    });
    this.#created = steps.register('kubelet/container-started', (record, i) => this.#onStarted(record, i));
    this.#postStarted = steps.register('kubelet/post-started', (record) => this.#done(record));
    this.#work = new RunningWork(context, (record, container) => this.#onExited(record, container));
    this.processors = new Processors(context, (record, container, speed) => {
      const before = container.speed;
      this.#work.setSpeed(record, container, speed);
      if (speed !== before) onPaced(record, container, before);
    });
    this.#memory = new MemoryKiller(context);
  }

  /** Begins with the next container that is to be started; has the pod looked at when there is none. */
  startNext(record: PodRecord): void {
    if (record.starting >= 0 || record.stage === 'stopping' || record.stage === 'done') return;
    const { kernel, state } = this.#context;
    for (;;) {
      const next = nextToStart(record, kernel.now);
      if (next === undefined) break;
      if (this.#begins(record, next, state.nodeOf(record))) return;
    }
    this.#context.syncSoon(record);
  }

  /** Whether a container is on its way: its image is there, or is fetched. */
  #begins(record: PodRecord, container: ContainerRecord, node: NodeRecord): boolean {
    const { image = '', imagePullPolicy } = specOf(record.pod, container.index);
    const present = this.puller.has(node, image);
    if (present && imagePullPolicy !== 'Always') {
      record.starting = container.index;
      const message = `Container image "${image}" already present on machine`;
      this.#context.event(record, 'Normal', 'Pulled', message);
      this.#create(record, container.index);
      return true;
    }
    if (imagePullPolicy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      this.#cannotStart(record, container, 'ErrImageNeverPull', message);
      container.retryAt = this.#context.times.requeue(record, this.#now, this.#now + 1);
      return false;
    }
    const until = container.pullBackOff === 0 ? 0 : container.pullFailedAt + container.pullBackOff;
    if (until > this.#now) {
      const message = `Back-off pulling image "${image}"`;
      this.#context.event(record, 'Normal', 'BackOff', message);
      this.#cannotStart(record, container, 'ImagePullBackOff', message);
      container.retryAt = this.#context.times.requeue(record, this.#now, until);
      return false;
    }
    record.starting = container.index;
    this.#context.event(record, 'Normal', 'Pulling', `Pulling image "${image}"`);
    const { id: pod, epoch, identity } = record;
    const ordinal = container.pulls++ * CONTAINERS + container.index;
    this.puller.pull(node, { pod, epoch, container: container.index, image, asked: this.#now, identity, ordinal });
    return true;
  }

  get #now(): number {
    return this.#context.kernel.now;
  }

  #cannotStart(record: PodRecord, container: ContainerRecord, reason: string, message: string): void {
    container.waitingReason = reason;
    container.waitingMessage = message;
    this.#context.event(record, 'Warning', 'Failed', `Error: ${reason}`);
  }

  #onPull(node: NodeRecord, { pod, epoch, image, asked, container: index }: PullRequest, pulled: Pulled): void {
    if (pulled.failure === undefined) this.#onPulled(node);
    const record = this.#context.state.pods.get(pod);
    if (record === undefined || record.epoch !== epoch) return;
    const container = record.containers[index] as ContainerRecord;
    if (pulled.failure === undefined) {
      const took = ((this.#now - asked) / SECOND).toFixed(3);
      const message = `Successfully pulled image "${image}" in ${took}s (${took}s including waiting). Image size: ${pulled.bytes} bytes.`;
      this.#context.event(record, 'Normal', 'Pulled', message);
      container.pullBackOff = 0;
      this.#create(record, index);
      return;
    }
    record.starting = -1;
    const message = `failed to pull image "${image}": ${pulled.failure}`;
    this.#context.event(record, 'Warning', 'Failed', `F${message.slice(1)}`);
    this.#cannotStart(record, container, 'ErrImagePull', message);
    this.#backOff(container);
    // The next look, not the end of the back-off: whether it is over is seen then.
    container.retryAt = this.#context.times.requeue(record, this.#now, this.#now + 1);
    this.#context.status.post(record);
    this.startNext(record);
  }

  /** Source: pkg/kubelet/images/image_manager.go, client-go util/flowcontrol/backoff.go Next. */
  #backOff(container: ContainerRecord): void {
    const { imageBackOffInitialSeconds, imageBackOffMaxSeconds } = this.#context.settings;
    const first = seconds(imageBackOffInitialSeconds);
    const most = seconds(imageBackOffMaxSeconds);
    const expired = this.#now - container.pullFailedAt > 2 * most;
    const { pullBackOff } = container;
    container.pullBackOff = pullBackOff === 0 || expired ? first : Math.min(2 * pullBackOff, most);
    container.pullFailedAt = this.#now;
  }

  #create(record: PodRecord, index: number): void {
    const container = record.containers[index] as ContainerRecord;
    const takes = this.#context.times.start(record, container);
    this.#context.runtime.begin(record, takes, this.#created, index);
  }

  #onStarted(record: PodRecord, index: number): void {
    const container = record.containers[index] as ContainerRecord;
    const { name, lifecycle } = specOf(record.pod, index);
    if (container.runs > 0) container.restarts++;
    container.runs++;
    container.state = 'running';
    container.startedAt = this.#now;
    container.speed = 1 / this.#context.state.nodeOf(record).drag;
    this.#context.event(record, 'Normal', 'Created', `Created container: ${name}`);
    this.#context.event(record, 'Normal', 'Started', `Started container ${name}`);
    const takes = this.#context.times.run(record, container);
    if (takes !== undefined) this.#work.begin(record, container, takes);
    if (saysUsage(record)) this.#memory.started(record, container);
    this.#context.runsChanged(record);
    const hook = hookSleep(lifecycle?.postStart);
    if (hook !== undefined) this.#context.steps.inRun(hook, this.#postStarted, record, container);
    else this.#done(record);
  }

  /** Nothing keeps the next container any more. */
  #done(record: PodRecord): void {
    record.starting = -1;
    this.startNext(record);
  }

  #onExited(record: PodRecord, container: ContainerRecord): void {
    const exitCode = this.#context.times.exitCode(record, container);
    this.#context.end(record, container, exitCode, exitCode === 0 ? 'Completed' : 'Error');
    if (record.stage !== 'stopping') this.#context.syncSoon(record);
  }

  /** What is used on the node, or what the node can do, has changed. */
  usageChanged(node: NodeRecord): void {
    this.processors.replan(node);
    this.#memory.plan(node);
  }
}
