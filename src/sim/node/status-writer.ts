import type { KubeNode, Pod, PodStatus } from '../api/core.ts';
import type { Calendar } from '../api/timestamps.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { SECOND } from '../kernel/time.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import { hostAddress } from './node-object.ts';
import { mirrorCreation, mirrorDeletion } from './mirror-request.ts';
import type { PodRecord } from './pod-record.ts';
import { statusOf } from './pod-status.ts';
import { loseMirror } from './static-pods.ts';

/**
 * How often a kubelet that has just registered looks whether there is its node, so that its static pods get their mirrors;
 * and when it comes to a mirror again that could not be made: at its next look at the pod. Source: pkg/kubelet/kubelet.go.
 */
const REGISTERED_LOOK = SECOND / 10;
const MIRROR_RETRY = 10 * SECOND;

/** The newer of two states of one object. */
export function newer(known: Pod, seen: Pod): Pod {
  return Number(seen.metadata.resourceVersion) >= Number(known.metadata.resourceVersion) ? seen : known;
}

/** Whether a pod has ended, in the server's eyes. */
export function hasTerminated({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}

function canWrite({ state, paused, cut }: NodeRecord): boolean {
  return state === 'running' && !paused && !cut;
}

/** Lets a pod wait to be reported; one that is to be removed is still at its turn. */
function enqueue({ statusQueue }: NodeRecord, { id, removing }: PodRecord): void {
  if (statusQueue.includes(id)) return;
  if (removing) statusQueue.unshift(id);
  else statusQueue.push(id);
}

function readiness({ conditions }: PodStatus): string | undefined {
  if (conditions !== undefined) for (const { type, status } of conditions) if (type === 'Ready') return status;
  return undefined;
}

/**
 * The kubelet's status manager: one write a pod on its way at a time, always of the latest state; what cannot be written
 * now is written when the server can be reached again. With `serial`, as the real one does it: one pod after the other, each
 * read before it is written, so that a kubelet's limit of requests is used up twice as fast.
 * Source: pkg/kubelet/status/status_manager.go (Start, syncPod).
 */
export class StatusWriter {
  readonly #kernel: Kernel;
  readonly #calendar: Calendar;
  readonly #state: KubeletState;
  readonly #server: Pick<ApiServer, 'get'>;
  readonly #serial: boolean;
  readonly #replied: HandlerId;
  readonly #read: HandlerId;
  readonly #again: HandlerId;
  /** Told when the server says that the pod is no more. */
  readonly #onGone: (record: PodRecord) => void;

  constructor(
    kernel: Kernel,
    calendar: Calendar,
    server: Pick<ApiServer, 'get'>,
    state: KubeletState,
    serial: boolean,
    onGone: (record: PodRecord) => void,
  ) {
    this.#server = server;
    this.#serial = serial;
    this.#kernel = kernel;
    this.#calendar = calendar;
    this.#state = state;
    this.#onGone = onGone;
    this.#replied = kernel.register('kubelet/status-reply', (id, index, reply) => {
      this.#answered(id, index, reply as ApiReply);
    });
    this.#read = kernel.register('kubelet/status-read', (id, index, payload) => {
      const reply = payload as ApiReply;
      const node = state.nodes[index] as NodeRecord;
      if (!reply.result.ok || !state.pods.has(id)) this.#answered(id, index, reply);
      else node.client.request(reply.context as ApiRequest, this.#replied, undefined, id, index);
    });
    this.#again = kernel.register('kubelet/mirror-again', (id) => {
      const record = state.pods.get(id);
      if (record !== undefined) this.flush(record);
    });
  }

  /** Says that the pod's state may have changed. */
  post(record: PodRecord): void {
    record.dirty = true;
    this.flush(record);
  }

  /**
   * Somebody else has written of the pod's readiness (the node controller does, of nodes it does not hear): what the
   * kubelet knows is written over it. Source: pkg/kubelet/status/status_manager.go needsReconcile.
   */
  reconcile(record: PodRecord): void {
    const { pod, written } = record;
    if (written === undefined || record.sending || readiness(pod.status) === readiness(written)) return;
    record.written = undefined;
    this.post(record);
  }

  /** Writes what is not written yet, if the kubelet can. */
  flush(record: PodRecord): void {
    const node = this.#state.nodeOf(record);
    if (record.sending || !canWrite(node)) return;
    if (!this.#serial) {
      this.#write(record, node);
      return;
    }
    enqueue(node, record);
    this.#serve(node);
  }

  /** Forgets who waits to be reported: the machine's power is gone. */
  drop(node: NodeRecord): void {
    node.statusQueue = [];
    node.statusBusy = false;
  }

  /** Comes to the pods that wait, until one has something to say. */
  #serve(node: NodeRecord): void {
    while (!node.statusBusy && canWrite(node)) {
      const id = node.statusQueue.shift();
      if (id === undefined) return;
      const record = this.#state.pods.get(id);
      if (record !== undefined && !record.sending) node.statusBusy = this.#write(record, node);
    }
  }

  /** Sends what is to be said next of the pod; false: nothing is. */
  #write(record: PodRecord, node: NodeRecord): boolean {
    const request = this.#next(record, node.index);
    if (request === undefined) return false;
    record.sending = true;
    const { id } = record;
    if (this.#serial && request.verb === 'update') {
      const { kind, namespace, name, key } = request;
      const read: ApiRequest = { verb: 'get', kind, namespace, name, ...(key === undefined ? {} : { key }) };
      node.client.request(read, this.#read, request, id, node.index);
    } else node.client.request(request, this.#replied, undefined, id, node.index);
    return true;
  }

  /** A request is answered: its pod may have more to say, and it is the next one's turn. */
  #answered(id: number, index: number, reply: ApiReply): void {
    this.#reply(id, reply);
    if (!this.#serial) return;
    const node = this.#state.nodes[index] as NodeRecord;
    node.statusBusy = false;
    this.#serve(node);
  }

  #next(record: PodRecord, nodeIndex: number): ApiRequest | undefined {
    const { pod, key } = record;
    const { name, namespace = '' } = pod.metadata;
    if (record.isStatic && (record.mirrorUid === '' || record.mirrorLeaves)) return this.#mirror(record);
    const uid = record.isStatic ? record.mirrorUid : pod.metadata.uid;
    if (record.dirty) {
      record.dirty = false;
      const status = statusOf(record, hostAddress(nodeIndex), this.#calendar, this.#kernel.now);
      // What has ended, in the server's eyes, does not run again. Source: pkg/kubelet/kubelet_pods.go generateAPIPodStatus.
      const known = this.#server.get<Pod>('Pod', namespace, name, key);
      const over = known?.metadata.uid === uid && hasTerminated(known) && known.status.phase !== status.phase;
      if (!over && (record.written === undefined || !sameJson(record.written, status))) {
        record.written = status;
        // Of the body of such a write nothing but the status counts; the UID keeps it from another pod of that name.
        const body = { metadata: { name, namespace, uid }, status };
        return { verb: 'update', kind: 'Pod', namespace, name, key, subresource: 'status', body, asPatch: true };
      }
    }
    if (!record.removing) return undefined;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    return { verb: 'delete', kind: 'Pod', namespace, name, key, options };
  }

  /** The mirror of a static pod is made, once there is the node that owns it, or removed. */
  #mirror(record: PodRecord): ApiRequest | undefined {
    if (record.mirrorUid !== '') return mirrorDeletion(record);
    const node = this.#server.get<KubeNode>('Node', '', this.#state.nodeOf(record).name);
    if (node !== undefined) return mirrorCreation(record, node);
    this.#kernel.after(REGISTERED_LOOK, this.#again, record.id);
    return undefined;
  }

  /** What the API server says to a request about the mirror of a static pod. */
  #mirrorReply(record: PodRecord, { request, result }: ApiReply): void {
    record.dirty = true;
    if (!result.ok) {
      const isLost = result.status.reason === 'NotFound' || result.status.reason === 'Conflict';
      if (isLost && request.verb !== 'create') loseMirror(record);
      else if (request.verb === 'create') {
        const { namespace = '', name } = record.pod.metadata;
        const there =
          result.status.reason === 'AlreadyExists' ? this.#server.get<Pod>('Pod', namespace, name) : undefined;
        if (there === undefined) {
          this.#kernel.after(MIRROR_RETRY, this.#again, record.id);
          return;
        }
        record.mirrorUid = there.metadata.uid;
        record.mirrorLeaves = hasTerminated(there) && record.stage !== 'done';
      } else record.written = undefined;
    } else if (request.verb === 'create') {
      record.mirrorUid = result.object.metadata.uid;
    } else if (request.verb === 'delete') {
      loseMirror(record);
    } else record.pod = { ...record.pod, status: (result.object as Pod).status };
    this.flush(record);
  }

  #reply(id: number, reply: ApiReply): void {
    const record = this.#state.pods.get(id);
    if (record === undefined) return;
    record.sending = false;
    if (record.isStatic) {
      this.#mirrorReply(record, reply);
      return;
    }
    const { request, result } = reply;
    if (result.ok) {
      record.pod = newer(record.pod, result.object as Pod);
      if (request.verb === 'delete') {
        // Removed now, or held by a finalizer that is not the kubelet's.
        record.removing = false;
        return;
      }
    } else if (result.status.reason === 'NotFound' || result.status.reason === 'Conflict') {
      this.#onGone(record);
      return;
    } else {
      record.written = undefined;
      record.dirty = true;
    }
    this.flush(record);
  }
}
