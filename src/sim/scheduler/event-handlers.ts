import type { KubeNode, Pod } from '../api/core.ts';
import type { Micros } from '../kernel/time.ts';
import type { BindingCycles } from './binding-cycle.ts';
import {
  assignedPodEvent,
  isActive,
  isAssigned,
  nodeEvents,
  onlyStatusDiffers,
  waitingPodEvent,
} from './change-events.ts';
import { Action } from './cluster-event.ts';
import type { ClusterEvent } from './cluster-event.ts';
import type { NodeTable } from './node-table.ts';
import type { Nominations } from './nominations.ts';
import { schedulerNameOf } from './pod-class.ts';
import type { PodClasses } from './pod-class.ts';
import type { SchedulingQueue } from './scheduling-queue.ts';

/** The parts of a scheduler that changes of pods and nodes concern. */
interface Parts {
  readonly table: NodeTable;
  readonly classes: PodClasses;
  readonly queue: SchedulingQueue;
  readonly bindings: BindingCycles;
  readonly nominations: Nominations;
  /** Whether a profile is for pods of that scheduler name. */
  handles(schedulerName: string): boolean;
  now(): Micros;
  /** Called when something may have become due. */
  attend(): void;
}

/**
 * What a scheduler does about changes of nodes and pods: keeps its table and queue current, and tells the queue what may make
 * a pod schedulable. Source: pkg/scheduler/eventhandlers.go.
 */
export class EventHandlers {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  nodeChanged(deleted: boolean, node: KubeNode, previous: KubeNode | undefined): void {
    if (deleted) {
      this.#parts.table.removeNode(node.metadata.name);
      this.#happened({ resource: 'Node', action: Action.delete, before: node });
    } else {
      const before = this.#parts.table.rowOf(node.metadata.name) === undefined ? undefined : previous;
      const changes = this.#parts.table.setNode(node);
      for (const event of nodeEvents(changes, before, node)) this.#happened(event);
    }
    this.#parts.attend();
  }

  /** `pod` undefined: it is gone. Terminal pods are as good as gone. */
  podChanged(key: string, pod: Pod | undefined, previous: Pod): void {
    if (pod === undefined || !isActive(pod)) this.#podGone(key, pod ?? previous);
    else if (this.#onlyStatusChanged(pod, key)) return;
    else if (isAssigned(pod)) this.#assignedPod(pod, key);
    else this.#waitingPod(pod, previous, key);
    this.#parts.attend();
  }

  #podGone(key: string, pod: Pod): void {
    this.#parts.bindings.cancel(key);
    this.#parts.queue.delete(key);
    this.#parts.nominations.delete(key);
    if (this.#parts.table.removePod(key) !== undefined) {
      this.#happened({ resource: 'AssignedPod', action: Action.delete, before: pod });
    } else if ((pod.status.nominatedNodeName ?? '') !== '') {
      this.#noLongerNominated(pod);
    }
  }

  /** For pods of at most its priority a nominated pod counts as one on the node, so that its leaving makes room. */
  #noLongerNominated(pod: Pod): void {
    const event = { resource: 'AssignedPod', action: Action.delete, before: pod } as const;
    this.#happened(event, pod.spec.priority ?? 0);
  }

  /** Takes over an assigned pod of which nothing changed that scheduling goes by, as of nearly all that are told. */
  #onlyStatusChanged(pod: Pod, key: string): boolean {
    const booked = this.#parts.table.pod(key);
    if (booked === undefined || !isAssigned(pod) || !onlyStatusDiffers(booked.pod, pod)) return false;
    this.#parts.table.updatePod(booked, pod);
    return true;
  }

  #assignedPod(pod: Pod, key: string): void {
    this.#parts.bindings.cancel(key);
    this.#parts.queue.delete(key);
    this.#parts.nominations.delete(key);
    const nodeName = pod.spec.nodeName as string;
    const booked = this.#parts.table.pod(key);
    const info = booked === undefined ? this.#parts.classes.info(pod, key) : this.#parts.classes.infoAfter(booked, pod);
    if (booked !== undefined && this.#parts.table.names[booked.row] === nodeName) {
      const confirmed = !isAssigned(booked.pod);
      this.#parts.table.replacePod(info);
      const event = confirmed ? undefined : assignedPodEvent(booked.pod, pod);
      if (event !== undefined) this.#happened(event);
      if (!confirmed) return;
    } else {
      // Bound by someone else, or elsewhere than assumed.
      if (booked !== undefined) this.#parts.table.removePod(key);
      this.#parts.table.addPod(info, nodeName);
    }
    this.#happened({ resource: 'AssignedPod', action: Action.add, after: pod });
  }

  #waitingPod(pod: Pod, previous: Pod, key: string): void {
    if (!this.#parts.handles(schedulerNameOf(pod))) return;
    if (this.#parts.table.pod(key) !== undefined) return;
    const info = this.#parts.classes.info(pod, key);
    const isKnown = this.#parts.queue.has(key);
    const nominated = pod.status.nominatedNodeName ?? '';
    const former = isKnown ? (previous.status.nominatedNodeName ?? '') : '';
    if (nominated !== former) this.#parts.nominations.set(info, nominated);
    else this.#parts.nominations.update(info);
    if (isKnown) this.#parts.queue.update(info, waitingPodEvent(previous, pod), this.#parts.now());
    else this.#parts.queue.add(info, this.#parts.now());
    if (former !== '' && nominated !== former) this.#noLongerNominated(previous);
  }

  /** `mostPriority`: only pods of at most that priority hear of it. */
  #happened(event: ClusterEvent, mostPriority?: number): void {
    this.#parts.queue.happened(event, this.#parts.now(), mostPriority);
  }
}
