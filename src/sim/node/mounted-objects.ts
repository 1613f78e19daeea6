import type { Pod } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import { objectKey } from '../apiserver/request.ts';
import type { ApiReply, ReadRequest } from '../apiserver/request.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import type { PodRecord } from './pod-record.ts';
import type { PodSteps } from './pod-steps.ts';

/** After which a list that failed is asked for again. Source: client-go tools/cache/reflector.go, first back-off. */
const RETRY: Micros = 0.8 * SECOND;

interface Mounted {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** The ConfigMaps and Secrets that a pod mounts as volumes of their own. */
function mountedBy({ metadata, spec }: Pod): readonly Mounted[] {
  const objects: Mounted[] = [];
  for (const { configMap, secret } of spec.volumes ?? []) {
    const { namespace = '' } = metadata;
    const { name } = (configMap ?? {}) as { name?: string };
    const { secretName } = (secret ?? {}) as { secretName?: string };
    if (name !== undefined) objects.push({ kind: 'ConfigMap', namespace, name });
    if (secretName !== undefined) objects.push({ kind: 'Secret', namespace, name: secretName });
  }
  return objects;
}

function idOf({ kind, namespace, name }: Mounted): string {
  return `${kind} ${objectKey(namespace, name)}`;
}

/**
 * The kubelet's manager of ConfigMaps and Secrets: each is listed when the first pod of the node that mounts it comes, and then
 * watched; the pod waits for the list, which waits in the kubelet's one client behind its other requests. Either costs what
 * a read of the object does; what is in it, and whether there is one, is not looked at.
 * Source: pkg/kubelet/util/manager/watch_based_manager.go (configMapAndSecretChangeDetectionStrategy: Watch).
 */
export class MountedObjects {
  readonly #kernel: Kernel;
  readonly #state: KubeletState;
  readonly #steps: PodSteps;
  readonly #active: boolean;
  readonly #listed: HandlerId;
  readonly #again: HandlerId;
  readonly #ready: HandlerId;

  /** `ready` is told when a pod that waited has all that it mounts. */
  constructor(
    kernel: Kernel,
    state: KubeletState,
    steps: PodSteps,
    active: boolean,
    ready: (record: PodRecord) => void,
  ) {
    this.#kernel = kernel;
    this.#state = state;
    this.#steps = steps;
    this.#active = active;
    this.#ready = steps.register('kubelet/objects-there', ready);
    this.#listed = kernel.register('kubelet/object-listed', (index, _b, reply) => {
      this.#onListed(state.nodes[index] as NodeRecord, reply as ApiReply);
    });
    this.#again = kernel.register('kubelet/object-again', (index, _b, request) => {
      this.#list(state.nodes[index] as NodeRecord, request as ReadRequest);
    });
  }

  /** Begins to fetch what the pod mounts. False: it has all of it. */
  fetch(record: PodRecord): boolean {
    if (!this.#active) return false;
    const node = this.#state.nodeOf(record);
    for (const object of mountedBy(record.pod)) {
      const known = node.watched.get(idOf(object));
      if (known === undefined) {
        node.watched.set(idOf(object), { isThere: false, users: [record.id] });
        this.#list(node, { verb: 'get', ...object });
      } else if (!known.users.includes(record.id)) known.users.push(record.id);
    }
    return !this.#hasAll(node, record);
  }

  /** The pod is gone; what nobody mounts any more is no longer watched. */
  release(record: PodRecord): void {
    if (!this.#active) return;
    const { watched } = this.#state.nodeOf(record);
    for (const object of mountedBy(record.pod)) {
      const users = watched.get(idOf(object))?.users ?? [];
      if (users.includes(record.id)) users.splice(users.indexOf(record.id), 1);
      if (users.length === 0) watched.delete(idOf(object));
    }
  }

  /** The machine's power is gone, and the kubelet's memory with it. */
  drop(node: NodeRecord): void {
    node.watched.clear();
  }

  #hasAll(node: NodeRecord, { pod }: PodRecord): boolean {
    return mountedBy(pod).every((object) => node.watched.get(idOf(object))?.isThere === true);
  }

  #list(node: NodeRecord, request: ReadRequest): void {
    if (node.watched.get(idOf(request))?.isThere === false) {
      node.client.request(request, this.#listed, undefined, node.index);
    }
  }

  #onListed(node: NodeRecord, { request, result }: ApiReply): void {
    if (!result.ok && result.status.reason !== 'NotFound') {
      this.#kernel.after(RETRY, this.#again, node.index, 0, request);
      return;
    }
    const object = node.watched.get(idOf(request));
    if (object?.isThere !== false) return;
    object.isThere = true;
    // And then it is watched.
    node.client.request(request);
    for (const user of object.users) {
      const record = this.#state.pods.get(user);
      if (record?.stage === 'sandbox' && this.#hasAll(node, record)) this.#steps.after(0, this.#ready, record);
    }
  }
}
