import type { KubeNode, Pod } from '../api/core.ts';
import { keyOf } from '../apiserver/request.ts';
import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import { rejection } from './admission.ts';
import type { Rejection } from './admission.ts';
import { ContainerProbes } from './container-probes.ts';
import { ContainerStarter } from './container-starter.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import type { NodeNews } from './node-news.ts';
import { hostAddress } from './node-object.ts';
import { book, freeAddress, release } from './node-room.ts';
import { NodeUsage } from './node-usage.ts';
import { MountedObjects } from './mounted-objects.ts';
import { ShutdownManager } from './shutdown-manager.ts';
import { hasEnded, initCount, nextToStart } from './pod-containers.ts';
import { PodContext } from './pod-context.ts';
import { newPodRecord } from './pod-record.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { PodRestarts } from './pod-restarts.ts';
import { PodStopper } from './pod-stopper.ts';
import type { Processors } from './processors.ts';
import { forgetBackOffs } from './restart-back-off.ts';
import { hasTerminated, newer, StatusWriter } from './status-writer.ts';
import { KILLED } from './termination.ts';
import { StaticPods } from './static-pods.ts';
import type { StaticPodDrafts } from './static-pods.ts';
import { VolumeManager } from './volume-manager.ts';

/** The life of pods on their nodes: from the moment a kubelet sees one to the moment it is gone. */
export class PodRunner {
  readonly context: PodContext;
  readonly #kernel: Kernel;
  readonly #state: KubeletState;
  readonly #starter: ContainerStarter;
  readonly #stopper: PodStopper;
  readonly #restarts: PodRestarts;
  readonly #probes: ContainerProbes;
  readonly #usage: NodeUsage;
  readonly #shutdowns: ShutdownManager;
  readonly #volumes: VolumeManager;
  readonly #objects: MountedObjects;
  readonly #statics: StaticPods;
  readonly #sandboxReady: HandlerId;
  readonly #deadline: HandlerId;

  constructor(environment: Environment, state: KubeletState, on: NodeNews, staticPods: StaticPodDrafts = new Map()) {
    const { kernel, calendar } = environment;
    this.#kernel = kernel;
    this.#state = state;
    const { serialStatusUpdates: serial } = environment.settings.kubelet;
    const status = new StatusWriter(kernel, calendar, environment.server, state, serial, (record) =>
      this.#forget(record),
    );
    const context = new PodContext(environment, state, status, (record) => this.#onSync(record));
    this.context = context;
    this.#restarts = new PodRestarts(context);
    this.#starter = new ContainerStarter(
      context,
      (node) => this.#usage.pulled(node),
      (record, container, before) => this.#probes.paced(record, container, before),
    );
    this.#stopper = new PodStopper(context, {
      killed: (record, container) => this.#onKilled(record, container),
      ended: (record) => this.#volumes.unmount(record),
    });
    this.#volumes = new VolumeManager(environment, state, context.steps, {
      mounted: (record) => this.#makeSandbox(record),
      unmounted: (record) => this.#onUnmounted(record),
      changed: on.volumes,
    });
    const { watchMountedObjects } = environment.settings.kubelet;
    this.#objects = new MountedObjects(kernel, state, context.steps, watchMountedObjects, (record) =>
      this.#mount(record),
    );
    this.#usage = new NodeUsage(context, this.#starter, this.#stopper, on);
    this.#shutdowns = new ShutdownManager(context, this.#stopper, on.now, on.off);
    this.#statics = new StaticPods(staticPods, calendar, state, {
      admit: (node, pod, key, isStatic) => this.#admit(node, pod, key, isStatic),
      forget: (record) => this.#forget(record),
      post: (record) => status.post(record),
    });
    this.#sandboxReady = context.steps.register('kubelet/sandbox-ready', (record) => this.#onSandbox(record));
    this.#deadline = context.steps.register('kubelet/deadline', (record) => this.#onDeadline(record));
    this.#probes = new ContainerProbes(kernel, context.steps, {
      changed: (record, i) => this.#onProbe(record, i),
      failed: (record, i, probe) => this.#stopper.kill(record, i, probe),
    });
  }

  get processors(): Processors {
    return this.#starter.processors;
  }

  /** What is used on the node, or what the node can do, has changed. */
  usageChanged(node: NodeRecord): void {
    this.#usage.changed(node);
  }

  /** The kubelet ends all pods before the machine is switched off; false: it does not know how. */
  shutDown(node: NodeRecord): boolean {
    if (!this.#shutdowns.active) return false;
    this.#shutdowns.begin(node);
    return true;
  }

  /** The kubelet knows nothing yet. */
  knowsNothing(node: NodeRecord): void {
    node.notReady = undefined;
    node.shutdown = 'no';
    this.#usage.reset(node);
  }

  /** Comes to what was put off while the kubelet hung. */
  resume(node: NodeRecord): void {
    this.context.steps.resume(node);
  }

  /** Posts the status of all pods that have news. */
  flush(node: NodeRecord): void {
    for (const record of this.#state.podsOf(node)) {
      // What the node controller wrote meanwhile (Ready=False) is overwritten.
      record.written = undefined;
      this.context.status.post(record);
    }
  }

  /** All of the node's pods as the API server has them: what is missing is gone. */
  listed(node: NodeRecord, pods: readonly Pod[]): void {
    const listed = new Set(pods.map((pod) => pod.metadata.uid));
    for (const record of this.#state.podsOf(node)) {
      if (!record.isStatic && !listed.has(record.pod.metadata.uid)) this.#forget(record);
    }
    this.#statics.listed(node, listed);
    for (const pod of pods) this.seen(node, pod, keyOf(pod));
  }

  /** A pod of the node came or changed. */
  seen(node: NodeRecord, pod: Pod, key: string): void {
    if (this.#statics.seen(node, pod)) return;
    const record = this.#state.podWithUid(node, pod.metadata.uid);
    if (record === undefined) {
      this.#admit(node, pod, key);
      return;
    }
    record.pod = newer(record.pod, pod);
    this.context.status.reconcile(record);
    if (record.pod.metadata.deletionTimestamp !== undefined) this.#delete(record);
    else if (hasTerminated(record.pod) && record.stage !== 'stopping' && record.stage !== 'done') {
      // Somebody has declared it dead meanwhile: what runs of it is stopped.
      this.#stopper.stop(record, record.pod.spec.terminationGracePeriodSeconds ?? 30);
    }
  }

  /** A pod of the node was removed from the API server: what still runs of it is killed. */
  gone(node: NodeRecord, uid: string): void {
    if (this.#statics.gone(node, uid)) return;
    const record = this.#state.podWithUid(node, uid);
    if (record !== undefined) this.#forget(record);
  }

  /** The node's pods are of a machine that is no more. */
  forgetAll(node: NodeRecord): void {
    for (const record of this.#state.podsOf(node)) this.#forget(record);
  }

  #forget(record: PodRecord): void {
    const node = this.#state.nodeOf(record);
    this.#volumes.release(record);
    this.#objects.release(record);
    release(node, record);
    node.pods.delete(record.pod.metadata.uid);
    this.#state.pods.delete(record.id);
    this.context.runsChanged(record);
  }

  /** The machine's power is gone: no container runs any more, and nobody knows it yet. */
  crashed(node: NodeRecord): void {
    this.#starter.puller.drop(node);
    this.context.runtime.drop(node);
    this.context.status.drop(node);
    this.#objects.drop(node);
    for (const record of this.#state.podsOf(node)) {
      record.epoch++;
      record.sync = NO_EVENT;
      record.starting = -1;
      record.sending = false;
      for (const container of record.containers) {
        if (container.state === 'running') this.context.end(record, container, KILLED, 'Error');
        forgetBackOffs(container);
      }
    }
  }

  /** The kubelet starts on a machine that was off: pods that are to run get new sandboxes. */
  restarted(node: NodeRecord): void {
    for (const record of this.#state.podsOf(node)) {
      if (record.stage === 'done') {
        if (record.unmounting) this.#volumes.unmount(record);
        else if (record.dirty) this.#endUntold(record);
        continue;
      }
      if (record.stage === 'stopping') {
        this.#stopper.look(record);
        continue;
      }
      record.stage = 'sandbox';
      record.probesSince = this.#kernel.now;
      this.#planDeadline(record);
      this.#prepare(record);
    }
  }

  /**
   * A pod had ended before the machine went down, and nobody was told. That its containers have ended is on the disk; that
   * the kubelet itself had decided it (an eviction, say) is gone with its memory, and the pod is taken in again.
   */
  #endUntold(record: PodRecord): void {
    const decided = record.failure !== undefined && !record.deleting && !record.isStatic;
    if (decided && !hasTerminated(record.pod)) this.#forget(record);
    else this.context.status.post(record);
  }

  /**
   * The kubelet starts anew while the containers run on: it takes them up as it finds them. What only its memory held is
   * gone, back-offs and what probes had found among it, so that a container with a readiness probe is not ready until it
   * has been looked at again. Source: prober/worker.go; ChangeContainerStatusOnKubeletRestart, on in 1.34.
   */
  readopted(node: NodeRecord): void {
    for (const record of this.#state.podsOf(node)) {
      if (record.stage === 'done') continue;
      record.probesSince = this.#kernel.now;
      record.kubeletRestarts++;
      for (const container of record.containers) {
        forgetBackOffs(container);
        container.seen = false;
        container.started = false;
        container.ready = false;
        container.readiness = undefined;
        container.liveness = undefined;
      }
      this.context.syncSoon(record);
    }
  }

  /** The node's image pulls go at another pace. */
  repace(node: NodeRecord, before: number): void {
    this.#starter.puller.repace(node, before);
  }

  /** Whether the registry answers. */
  setRegistry(available: boolean): void {
    this.#starter.puller.setRegistry(available);
  }

  /** The kubelet has started: it takes in the pods that are its own. */
  startStatics(node: NodeRecord): void {
    this.#statics.start(node, this.#kernel.now);
  }

  #admit(node: NodeRecord, pod: Pod, key: string, isStatic = false): void {
    const { phase } = pod.status;
    const terminal = phase === 'Succeeded' || phase === 'Failed';
    const record = newPodRecord(this.#state.nextPod++, node.index, pod, key, this.#kernel.now, isStatic);
    this.#state.pods.set(record.id, record);
    node.pods.set(pod.metadata.uid, record.id);
    if (terminal || pod.metadata.deletionTimestamp !== undefined) {
      record.stage = 'done';
      if (terminal) record.written = pod.status;
      if (pod.metadata.deletionTimestamp !== undefined) this.#delete(record);
      return;
    }
    const refused = isStatic ? undefined : this.#rejection(node, pod);
    if (refused !== undefined) {
      record.failure = refused;
      record.stage = 'done';
      this.context.event(record, 'Warning', refused.reason, refused.message);
      this.context.status.post(record);
      return;
    }
    book(node, record);
    this.#planDeadline(record);
    this.#prepare(record);
    this.context.status.post(record);
  }

  /** What is mounted and volumes first, then the sandbox. */
  #prepare(record: PodRecord): void {
    if (!this.#objects.fetch(record)) this.#mount(record);
  }

  #mount(record: PodRecord): void {
    if (!this.#volumes.mount(record)) this.#makeSandbox(record);
  }

  #onUnmounted(record: PodRecord): void {
    if (record.deleting) record.removing = true;
    this.context.status.post(record);
  }

  /** Why the kubelet does not take a pod in. */
  #rejection(node: NodeRecord, pod: Pod): Rejection | undefined {
    if (node.shutdown !== 'no') {
      return { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };
    }
    const object = this.context.environment.server.get<KubeNode>('Node', '', node.name);
    const others = (): readonly Pod[] =>
      this.#state.podsOf(node).flatMap((record) => (record.booked ? [record.pod] : []));
    const refused = object === undefined ? undefined : rejection(pod, object, node.used, others);
    return refused ?? this.#usage.rejection(node, pod);
  }

  #planDeadline(record: PodRecord): void {
    const { activeDeadlineSeconds } = record.pod.spec;
    if (activeDeadlineSeconds === undefined) return;
    const left = record.startTime + seconds(activeDeadlineSeconds) - this.#kernel.now;
    this.context.steps.after(left, this.#deadline, record);
  }

  #makeSandbox(record: PodRecord): void {
    this.context.runtime.begin(record, this.context.times.sandbox(record), this.#sandboxReady);
  }

  #onSandbox(record: PodRecord): void {
    const node = this.#state.nodeOf(record);
    record.sandboxes++;
    record.podIP =
      record.pod.spec.hostNetwork === true
        ? hostAddress(node.index)
        : freeAddress(this.context.environment, node, (address) => this.#state.hasAddress(node, address));
    record.stage = initCount(record.pod) > 0 ? 'init' : 'main';
    this.#restarts.stopped(record);
    this.#starter.startNext(record);
  }

  /** A probe changed its mind about a container that runs. */
  #onProbe(record: PodRecord, index: number): void {
    this.context.status.post(record);
    if (index < initCount(record.pod)) this.#starter.startNext(record);
  }

  #onSync(record: PodRecord): void {
    if (record.stage === 'done') return;
    if (record.stage === 'stopping') {
      this.#stopper.look(record);
      return;
    }
    for (const container of record.containers) {
      if (container.state === 'running' && !container.seen) this.#probes.see(record, container);
    }
    this.#restarts.stopped(record);
    if (hasEnded(record)) {
      if (!this.#stopper.stopSidecars(record)) this.#stopper.finish(record);
      return;
    }
    if (nextToStart(record, this.#kernel.now) !== undefined) this.#starter.startNext(record);
    this.#restarts.plan(record);
    this.context.status.post(record);
  }

  /** A container that a probe condemned is started again by the look that had it killed. */
  #onKilled(record: PodRecord, container: ContainerRecord): void {
    if (record.stage === 'stopping') return;
    this.#restarts.killed(record, container);
    this.#starter.startNext(record);
    this.context.status.post(record);
  }

  #onDeadline(record: PodRecord): void {
    if (record.stage === 'stopping' || record.stage === 'done') return;
    record.failure = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.context.event(record, 'Normal', 'DeadlineExceeded', record.failure.message);
    this.#stopper.stop(record, record.pod.spec.terminationGracePeriodSeconds ?? 30);
  }

  /** The object is marked for deletion: containers are told to stop; a second mark may hasten it. */
  #delete(record: PodRecord): void {
    const grace = Math.max(1, record.pod.metadata.deletionGracePeriodSeconds ?? 30);
    const first = !record.deleting;
    record.deleting = true;
    if (record.stage === 'done') {
      if (record.unmounting) return;
      record.removing = true;
      this.context.status.post(record);
    } else if (record.stage !== 'stopping') {
      this.#stopper.stop(record, grace);
    } else if (!first && this.#kernel.now + grace * SECOND < record.stopsAt) {
      this.#stopper.stop(record, grace);
    }
  }
}
