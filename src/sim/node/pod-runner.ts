import type { Container, KubeNode, Pod } from '../api/core.ts';
import { behaviorOf } from '../behavior.ts';
import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import { rejection } from './admission.ts';
import { ImagePuller } from './image-puller.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import { hostAddress } from './node-object.ts';
import { ContainerProbes } from './container-probes.ts';
import { nextRetry, restartStopped } from './restart-back-off.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { containersOf, hasEnded, initCount, nextToStart } from './pod-containers.ts';
import { endContainer, endForGood, newPodRecord } from './pod-record.ts';
import { PodSteps } from './pod-steps.ts';
import { CONTAINERS, PodTimes, stopTime } from './pod-times.ts';
import { book, freeAddress, release } from './node-room.ts';
import { newer, StatusWriter } from './status-writer.ts';

/** Exit codes of a process that SIGTERM ended, and of one that SIGKILL did. */
const TERMINATED = 143;
const KILLED = 137;

/** The life of pods on their nodes: from the moment a kubelet sees one to the moment it is gone. */
export class PodRunner {
  readonly #environment: Environment;
  readonly #kernel: Kernel;
  readonly #state: KubeletState;
  readonly #settings: KubeletSettings;
  readonly #status: StatusWriter;
  readonly #puller: ImagePuller;
  readonly #times: PodTimes;
  readonly #steps: PodSteps;
  readonly #probes: ContainerProbes;

  readonly #sandboxReady: HandlerId;
  readonly #started: HandlerId;
  readonly #exited: HandlerId;
  readonly #sync: HandlerId;
  readonly #stopped: HandlerId;
  readonly #deadline: HandlerId;

  /** `onPulled` is told of every image that came onto a node. */
  constructor(environment: Environment, state: KubeletState, onPulled: (node: NodeRecord) => void) {
    const { kernel, calendar, settings } = environment;
    this.#environment = environment;
    this.#kernel = kernel;
    this.#state = state;
    this.#settings = settings.kubelet;
    this.#status = new StatusWriter(kernel, calendar, state, (record) => this.#forget(record));
    this.#puller = new ImagePuller(kernel, state, settings.kubelet, (node, pull, bytes) => {
      onPulled(node);
      const record = state.pods.get(pull.pod);
      if (record === undefined || record.epoch !== pull.epoch) return;
      const took = ((kernel.now - pull.asked) / SECOND).toFixed(3);
      const message = `Successfully pulled image "${pull.image}" in ${took}s (${took}s including waiting). Image size: ${bytes} bytes.`;
      this.#event(record, 'Normal', 'Pulled', message);
      this.#create(record, pull.container);
    });
    const steps = new PodSteps(kernel, state);
    this.#steps = steps;
    this.#times = new PodTimes(kernel.random, settings.kubelet);
    this.#sandboxReady = steps.register('kubelet/sandbox-ready', (record) => this.#onSandbox(record));
    this.#started = steps.register('kubelet/container-started', (record, i) => this.#onStarted(record, i));
    this.#probes = new ContainerProbes(kernel, steps, {
      passed: (record, i) => this.#onProbe(record, i),
      startupFailed: (record, i) => this.#onStartupFailed(record, i),
    });
    this.#sync = steps.register('kubelet/sync', (record) => this.#onSync(record));
    this.#deadline = steps.register('kubelet/deadline', (record) => this.#onDeadline(record));
    // What containers do of themselves happens whether the kubelet looks or not.
    this.#exited = steps.register('kubelet/container-exited', (record, i) => this.#onExited(record, i), false);
    this.#stopped = steps.register('kubelet/pod-stopped', (record) => this.#onStopped(record), false);
  }

  /** Comes to what was put off while the kubelet hung. */
  resume(node: NodeRecord): void {
    this.#steps.resume(node);
  }

  /** Posts the status of all pods that have news. */
  flush(node: NodeRecord): void {
    for (const id of node.pods.values()) {
      const record = this.#state.pods.get(id) as PodRecord;
      // What the node controller wrote meanwhile (Ready=False) is overwritten.
      record.written = undefined;
      this.#status.post(record);
    }
  }

  /** All of the node's pods as the API server has them: what is missing is gone. */
  listed(node: NodeRecord, pods: readonly Pod[]): void {
    const listed = new Set(pods.map((pod) => pod.metadata.uid));
    for (const [uid, id] of node.pods) {
      if (!listed.has(uid)) this.#forget(this.#state.pods.get(id) as PodRecord);
    }
    for (const pod of pods) this.seen(node, pod);
  }

  /** A pod of the node came or changed. */
  seen(node: NodeRecord, pod: Pod): void {
    const id = node.pods.get(pod.metadata.uid);
    if (id === undefined) {
      this.#admit(node, pod);
      return;
    }
    const record = this.#state.pods.get(id) as PodRecord;
    record.pod = newer(record.pod, pod);
    if (record.pod.metadata.deletionTimestamp !== undefined) this.#delete(record);
  }

  /** A pod of the node was removed from the API server: what still runs of it is killed. */
  gone(node: NodeRecord, uid: string): void {
    const id = node.pods.get(uid);
    if (id !== undefined) this.#forget(this.#state.pods.get(id) as PodRecord);
  }

  /** The node's pods are of a machine that is no more. */
  forgetAll(node: NodeRecord): void {
    for (const id of node.pods.values()) this.#forget(this.#state.pods.get(id) as PodRecord);
  }

  #forget(record: PodRecord): void {
    release(this.#state.nodeOf(record), record);
    this.#state.nodeOf(record).pods.delete(record.pod.metadata.uid);
    this.#state.pods.delete(record.id);
  }

  /** The machine's power is gone: no container runs any more, and nobody knows it yet. */
  crashed(node: NodeRecord): void {
    this.#puller.drop(node);
    for (const id of node.pods.values()) {
      const record = this.#state.pods.get(id) as PodRecord;
      record.epoch++;
      record.sync = NO_EVENT;
      record.starting = -1;
      record.sending = false;
      for (const container of record.containers) {
        if (container.state === 'running') endContainer(container, this.#kernel.now, KILLED, 'Error');
        else if (container.state === 'waiting') container.retryAt = 0;
        // Back-off lives in the kubelet's memory.
        container.backOff = 0;
      }
    }
  }

  /** The kubelet starts on a machine that was off: pods that are to run get new sandboxes. */
  restarted(node: NodeRecord): void {
    for (const id of node.pods.values()) {
      const record = this.#state.pods.get(id) as PodRecord;
      if (record.stage === 'done') continue;
      if (record.stage === 'stopping') {
        this.#onStopped(record);
        continue;
      }
      record.stage = 'sandbox';
      this.#planDeadline(record);
      this.#steps.after(this.#times.sandbox(record), this.#sandboxReady, record);
    }
  }

  #admit(node: NodeRecord, pod: Pod): void {
    const { phase } = pod.status;
    const terminal = phase === 'Succeeded' || phase === 'Failed';
    const record = newPodRecord(this.#state.nextPod++, node.index, pod, this.#kernel.now);
    this.#state.pods.set(record.id, record);
    node.pods.set(pod.metadata.uid, record.id);
    if (terminal) {
      record.stage = 'done';
      record.written = pod.status;
      if (pod.metadata.deletionTimestamp !== undefined) this.#delete(record);
      return;
    }
    if (pod.metadata.deletionTimestamp !== undefined) {
      record.stage = 'done';
      this.#delete(record);
      return;
    }
    const object = this.#environment.server.get<KubeNode>('Node', '', node.name);
    const refused = object === undefined ? undefined : rejection(pod, object, node.used);
    if (refused !== undefined) {
      record.failure = refused;
      record.stage = 'done';
      this.#event(record, 'Warning', refused.reason, refused.message);
      this.#status.post(record);
      return;
    }
    book(node, record);
    this.#planDeadline(record);
    this.#steps.after(this.#times.sandbox(record), this.#sandboxReady, record);
    this.#status.post(record);
  }

  #planDeadline(record: PodRecord): void {
    const { activeDeadlineSeconds } = record.pod.spec;
    if (activeDeadlineSeconds === undefined) return;
    const left = record.startTime + seconds(activeDeadlineSeconds) - this.#kernel.now;
    this.#steps.after(left, this.#deadline, record);
  }

  #onSandbox(record: PodRecord): void {
    const node = this.#state.nodeOf(record);
    record.sandboxes++;
    record.podIP = record.pod.spec.hostNetwork === true ? hostAddress(node.index) : freeAddress(this.#state, node);
    record.stage = initCount(record.pod) > 0 ? 'init' : 'main';
    this.#restartStopped(record);
    this.#startNext(record);
  }

  /** Begins with the next container that is to be started, one at a time; looks around when there is none. */
  #startNext(record: PodRecord): void {
    if (record.starting >= 0 || record.stage === 'stopping' || record.stage === 'done') return;
    const next = nextToStart(record, this.#kernel.now);
    if (next === undefined) {
      this.#syncSoon(record);
      return;
    }
    record.starting = next.index;
    const node = this.#state.nodeOf(record);
    const { image = '', imagePullPolicy } = this.#specOf(record, next.index);
    if (imagePullPolicy !== 'Always' && this.#puller.has(node, image)) {
      this.#event(record, 'Normal', 'Pulled', `Container image "${image}" already present on machine`);
      this.#create(record, next.index);
      return;
    }
    this.#event(record, 'Normal', 'Pulling', `Pulling image "${image}"`);
    const { id: pod, epoch, identity } = record;
    const ordinal = next.runs * CONTAINERS + next.index;
    this.#puller.pull(node, { pod, epoch, container: next.index, image, asked: this.#kernel.now, identity, ordinal });
  }

  #specOf(record: PodRecord, index: number): Container {
    return containersOf(record.pod)[index] as Container;
  }

  #create(record: PodRecord, index: number): void {
    const container = record.containers[index] as ContainerRecord;
    this.#steps.after(this.#times.start(record, container), this.#started, record, index);
  }

  #onStarted(record: PodRecord, index: number): void {
    const container = record.containers[index] as ContainerRecord;
    const { name } = this.#specOf(record, index);
    record.starting = -1;
    if (container.runs > 0) container.restarts++;
    container.runs++;
    container.state = 'running';
    container.startedAt = this.#kernel.now;
    this.#event(record, 'Normal', 'Created', `Created container: ${name}`);
    this.#event(record, 'Normal', 'Started', `Started container ${name}`);
    this.#planEnd(record, container);
    this.#probes.plan(record, container, this.#specOf(record, index));
    this.#startNext(record);
  }

  #planEnd(record: PodRecord, container: ContainerRecord): void {
    const runsFor = this.#times.run(record, container);
    if (runsFor !== undefined) this.#steps.after(runsFor, this.#exited, record, container.index);
  }

  /** The start-up probe passes first, the readiness probe then. */
  #onProbe(record: PodRecord, index: number): void {
    const container = record.containers[index] as ContainerRecord;
    if (container.state !== 'running' || record.stage === 'stopping') return;
    this.#probes.pass(record, container, this.#specOf(record, index));
    this.#status.post(record);
    if (index < initCount(record.pod)) this.#startNext(record);
  }

  #onStartupFailed(record: PodRecord, index: number): void {
    const container = record.containers[index] as ContainerRecord;
    if (container.state !== 'running' || container.started) return;
    const { name } = this.#specOf(record, index);
    this.#event(record, 'Normal', 'Killing', `Container ${name} failed startup probe, will be restarted`);
    endContainer(container, this.#kernel.now, KILLED, 'Error');
    this.#syncSoon(record);
  }

  #onExited(record: PodRecord, index: number): void {
    const container = record.containers[index] as ContainerRecord;
    if (container.state !== 'running') return;
    const exitCode = this.#times.exitCode(record, container);
    endContainer(container, this.#kernel.now, exitCode, exitCode === 0 ? 'Completed' : 'Error');
    if (record.stage !== 'stopping') this.#syncSoon(record);
  }

  /** The pod is looked at when the next relist of the runtime has shown its change. */
  #syncSoon(record: PodRecord): void {
    this.#syncAt(record, this.#kernel.now + this.#times.relist(record));
  }

  #syncAt(record: PodRecord, time: Micros): void {
    if (this.#kernel.isPending(record.sync)) {
      if (record.syncAt <= time) return;
      this.#kernel.cancel(record.sync);
    }
    record.syncAt = time;
    const b = record.epoch * CONTAINERS;
    record.sync = this.#kernel.at(time, this.#sync, record.id, b, undefined, Priority.component);
  }

  #onSync(record: PodRecord): void {
    if (record.stage === 'done') return;
    if (record.stage === 'stopping') {
      this.#finish(record);
      return;
    }
    this.#restartStopped(record);
    if (hasEnded(record)) {
      this.#finish(record);
      return;
    }
    if (nextToStart(record, this.#kernel.now) !== undefined) this.#startNext(record);
    this.#status.post(record);
  }

  /** Containers that ended and are to run again wait, behind their back-off; the pod is looked at when that is over. */
  #restartStopped(record: PodRecord): void {
    const { now } = this.#kernel;
    const backingOff = restartStopped(record, now, this.#settings, (until) => this.#times.requeue(record, now, until));
    for (const index of backingOff) {
      const { name, namespace, uid } = record.pod.metadata;
      const spec = this.#specOf(record, index);
      const message = `Back-off restarting failed container ${spec.name} in pod ${name}_${namespace}(${uid})`;
      this.#event(record, 'Warning', 'BackOff', message);
    }
    const next = nextRetry(record, now);
    if (next !== undefined) this.#syncAt(record, next);
  }

  /** All containers have ended for good. */
  #finish(record: PodRecord): void {
    record.epoch++;
    record.stage = 'done';
    record.starting = -1;
    for (const container of record.containers) endForGood(container, this.#kernel.now);
    release(this.#state.nodeOf(record), record);
    if (record.deleting) record.removing = true;
    this.#status.post(record);
  }

  #onDeadline(record: PodRecord): void {
    if (record.stage === 'stopping' || record.stage === 'done') return;
    record.failure = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.#event(record, 'Normal', 'DeadlineExceeded', record.failure.message);
    this.#stop(record, record.pod.spec.terminationGracePeriodSeconds ?? 30);
  }

  /** The object is marked for deletion: containers are told to stop; a second mark may hasten it. */
  #delete(record: PodRecord): void {
    const grace = Math.max(1, record.pod.metadata.deletionGracePeriodSeconds ?? 30);
    const first = !record.deleting;
    record.deleting = true;
    if (record.stage === 'done') {
      record.removing = true;
      this.#status.post(record);
    } else if (record.stage !== 'stopping') {
      this.#stop(record, grace);
    } else if (!first && this.#kernel.now + grace * SECOND < record.stopsAt) {
      this.#stop(record, grace);
    }
  }

  #stop(record: PodRecord, graceSeconds: number): void {
    record.epoch++;
    record.stage = 'stopping';
    record.starting = -1;
    const running = record.containers.filter(({ state }) => state === 'running');
    for (const { index } of running) {
      this.#event(record, 'Normal', 'Killing', `Stopping container ${this.#specOf(record, index).name}`);
    }
    const takes = running.length === 0 ? 0 : Math.min(stopTime(record, this.#settings), graceSeconds * SECOND);
    record.stopsAt = this.#kernel.now + takes;
    this.#steps.after(takes, this.#stopped, record);
    if (record.deleting) this.#status.post(record);
  }

  #onStopped(record: PodRecord): void {
    const { duration } = behaviorOf(record.pod.metadata.annotations);
    const wanted = stopTime(record, this.#settings);
    const grace = (record.pod.metadata.deletionGracePeriodSeconds ?? 30) * SECOND;
    // A service that is asked to stop leaves in good order; work that is broken off has failed.
    const exitCode = wanted > grace ? KILLED : duration === undefined ? 0 : TERMINATED;
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    const running = record.containers.filter(({ state }) => state === 'running');
    for (const container of running) endContainer(container, this.#kernel.now, exitCode, reason);
    this.#syncSoon(record);
  }

  #event(record: PodRecord, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#environment.events.record('kubelet', record.pod, type, reason, message);
  }
}
