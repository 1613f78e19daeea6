import type { Pod, PodSpec } from '../api/core.ts';
import { defaultedPodSpec } from '../api/defaulting.ts';
import type { Draft } from '../api/meta.ts';
import type { Calendar } from '../api/timestamps.ts';
import { firstStatus } from '../apiserver/new-object.ts';
import { objectKey } from '../apiserver/request.ts';
import { identityOf } from '../kernel/random.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletState, NodeRecord } from './kubelet-state.ts';
import type { PodRecord } from './pod-record.ts';

/** Source: pkg/kubelet/types/pod_update.go. */
const CONFIG = {
  hash: 'kubernetes.io/config.hash',
  seen: 'kubernetes.io/config.seen',
  source: 'kubernetes.io/config.source',
};
export const CONFIG_HASH = CONFIG.hash;
export const CONFIG_MIRROR = 'kubernetes.io/config.mirror';

/** Pods that kubelets find in their own folders, by the machines' group. */
export type StaticPodDrafts = ReadonlyMap<string, readonly Draft<Pod>[]>;

/** What becomes of a static pod on its node. */
interface Keeper {
  /** Takes a pod in. */
  admit(node: NodeRecord, pod: Pod, key: string, isStatic: boolean): void;
  /** Drops it. */
  forget(record: PodRecord): void;
  /** Says what has to be said of it to the API server. */
  post(record: PodRecord): void;
}

/**
 * Pods that a kubelet runs of itself, whether or not it reaches the API server; there each has a mirror, which the kubelet
 * makes, keeps up to date, and makes again when somebody has deleted it: the pod runs on. Source: pkg/kubelet/config,
 * pkg/kubelet/pod/mirror_client.go.
 */
export class StaticPods {
  readonly #drafts: StaticPodDrafts;
  readonly #calendar: Calendar;
  readonly #state: KubeletState;
  readonly #keeper: Keeper;

  constructor(drafts: StaticPodDrafts, calendar: Calendar, state: KubeletState, keeper: Keeper) {
    this.#drafts = drafts;
    this.#calendar = calendar;
    this.#state = state;
    this.#keeper = keeper;
  }

  #of(node: NodeRecord): readonly Draft<Pod>[] | undefined {
    return this.#drafts.get(node.machine.group);
  }

  #records(node: NodeRecord): readonly PodRecord[] {
    return this.#state.podsOf(node).filter(({ isStatic }) => isStatic);
  }

  /** The kubelet starts: those that it does not run yet, or that have ended with the machine, it takes in. */
  start(node: NodeRecord, now: Micros): void {
    for (const draft of this.#of(node) ?? []) {
      const pod = staticPod(draft, node.name, this.#calendar, now);
      const key = objectKey(pod.metadata.namespace, pod.metadata.name);
      const known = this.#records(node).find((record) => record.key === key);
      if (known !== undefined && known.stage !== 'done') continue;
      if (known !== undefined) this.#keeper.forget(known);
      this.#keeper.admit(node, pod, key, true);
    }
  }

  /** The API server has these of the node's pods; mirrors that are missing are made again. */
  listed(node: NodeRecord, uids: ReadonlySet<string>): void {
    if (this.#of(node) === undefined) return;
    for (const record of this.#records(node)) if (!uids.has(record.mirrorUid)) this.#lost(record);
  }

  /** Whether a pod of the API server is the mirror of one of the node's: what it tells is taken in. */
  seen(node: NodeRecord, pod: Pod): boolean {
    if (this.#of(node) === undefined || pod.metadata.annotations?.[CONFIG_MIRROR] === undefined) return false;
    const key = objectKey(pod.metadata.namespace, pod.metadata.name);
    const record = this.#records(node).find((one) => one.key === key);
    if (record === undefined) return true;
    const isNew = record.mirrorUid !== pod.metadata.uid;
    record.mirrorUid = pod.metadata.uid;
    // One that has ended does not run again: it is replaced.
    record.mirrorLeaves = pod.metadata.deletionTimestamp !== undefined || (hasEnded(pod) && record.stage !== 'done');
    if (isNew) record.written = undefined;
    if (isNew || record.mirrorLeaves) this.#keeper.post(record);
    return true;
  }

  /** Whether what was removed from the API server was a mirror, which is then made again. */
  gone(node: NodeRecord, uid: string): boolean {
    if (this.#of(node) === undefined) return false;
    const record = this.#records(node).find(({ mirrorUid }) => mirrorUid === uid);
    if (record !== undefined) this.#lost(record);
    return record !== undefined;
  }

  #lost(record: PodRecord): void {
    loseMirror(record);
    this.#keeper.post(record);
  }
}

function hasEnded({ status }: Pod): boolean {
  return status.phase === 'Failed' || status.phase === 'Succeeded';
}

/** The API server has no mirror of the pod any more. */
export function loseMirror(record: PodRecord): void {
  record.mirrorUid = '';
  record.mirrorLeaves = false;
  record.written = undefined;
}

/** A pod of a kubelet's folder, as the kubelet of a node takes it in. Source: pkg/kubelet/config/common.go applyDefaults. */
function staticPod(draft: Draft<Pod>, nodeName: string, calendar: Calendar, now: Micros): Pod {
  const given = draft as Draft<Pod> & { readonly spec: PodSpec };
  const { name = '', namespace = 'default', labels, annotations } = given.metadata;
  const identity = identityOf(`${namespace}/${name} ${nodeName}`).toString(16).padStart(8, '0');
  // The real one is a hash of the file and the node's name, in 32 digits.
  const uid = `${identity}${identityOf(nodeName).toString(16).padStart(8, '0').repeat(3)}`;
  // Nothing drives it off a node that has trouble.
  const tolerations = [...(given.spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' } as const];
  const spec = defaultedPodSpec({ ...given.spec, nodeName, tolerations });
  const metadata = {
    name: `${name}-${nodeName}`,
    namespace,
    uid,
    resourceVersion: '0',
    creationTimestamp: calendar.timestamp(now),
    ...(labels === undefined ? {} : { labels }),
    annotations: {
      ...annotations,
      [CONFIG.hash]: uid,
      [CONFIG.seen]: calendar.timestamp(now),
      [CONFIG.source]: 'file',
    },
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: firstStatus('Pod', spec, undefined) } as Pod;
}
