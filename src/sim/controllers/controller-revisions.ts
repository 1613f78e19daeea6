import type { PodTemplateSpec } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import type { ControllerRevision } from '../api/workloads.ts';
import { byController } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import { controllerReference, deleteObject, updateObject } from './requests.ts';
import { templateHash } from './template-hash.ts';

/** Names a pod's revision: the ControllerRevision for a StatefulSet's, only the hash for a DaemonSet's. */
export const REVISION_LABEL = 'controller-revision-hash';
const HASH_LABEL = 'controller.kubernetes.io/hash';

/** An owner's template now, as one of its revisions. */
export interface CurrentRevision {
  /** Of the ControllerRevision. */
  readonly name: string;
  readonly hash: string;
  /** By which it is made, or made the newest again. */
  readonly requests: readonly ApiRequest[];
}

/** Past templates of StatefulSets and DaemonSets, kept as ControllerRevisions. Source: pkg/controller/history. */
export class ControllerRevisions {
  readonly #byOwner: Index<ControllerRevision>;

  constructor(informer: Informer<ControllerRevision>) {
    this.#byOwner = byController(informer);
  }

  /** The revision that an owner's template is. */
  current(owner: KubeObject, template: PodTemplateSpec): CurrentRevision {
    const hash = templateHash(template);
    const name = `${owner.metadata.name}-${hash}`;
    const known = this.#byOwner.get(owner.metadata.uid);
    const newest = Math.max(0, ...known.map(({ revision }) => revision));
    const same = known.find(({ metadata }) => metadata.name === name);
    if (same === undefined) {
      const request = createRevision(owner, template, name, hash, newest + 1);
      return { name, hash, requests: [request] };
    }
    if (same.revision === newest) return { name, hash, requests: [] };
    return { name, hash, requests: [updateObject({ ...same, revision: newest + 1 } as ControllerRevision)] };
  }

  /** The template that was current under that name. */
  templateOf(owner: KubeObject, name: string): PodTemplateSpec | undefined {
    const revision = this.#byOwner.get(owner.metadata.uid).find(({ metadata }) => metadata.name === name);
    return (revision?.data as { readonly template?: PodTemplateSpec } | undefined)?.template;
  }

  /** Deletes revisions nothing runs any more beyond the limit, oldest first. */
  beyondLimit(owner: KubeObject, live: ReadonlySet<string>, limit: number): readonly ApiRequest[] {
    const idle = this.#byOwner.get(owner.metadata.uid).filter(({ metadata }) => !live.has(metadata.name));
    if (idle.length <= limit) return [];
    return idle
      .sort((a, b) => a.revision - b.revision)
      .slice(0, idle.length - limit)
      .map((revision) => deleteObject(revision));
  }
}

function createRevision(
  owner: KubeObject,
  template: PodTemplateSpec,
  name: string,
  hash: string,
  revision: number,
): ApiRequest {
  const namespace = owner.metadata.namespace ?? '';
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      namespace,
      labels: { ...template.metadata?.labels, [HASH_LABEL]: hash },
      ownerReferences: [controllerReference(owner)],
    },
    data: { template },
    revision,
  };
  return { verb: 'create', kind: 'ControllerRevision', namespace, name, body, ignore: ['AlreadyExists'] };
}
