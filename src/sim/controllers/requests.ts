import type { Pod, PodTemplateSpec } from '../api/core.ts';
import type { KubeObject, OwnerReference } from '../api/meta.ts';
import type { CreateRequest, DeleteRequest, PatchRequest, UpdateRequest } from '../apiserver/request.ts';

/** The reference that makes an object one of this owner's. Source: metav1.NewControllerRef. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/**
 * Creates a pod from a template. Its spec is the template's own, so that all pods of a template share one. Named after
 * its owner, so that its identity for random draws is the workload's.
 */
export function createPod(
  owner: KubeObject,
  template: PodTemplateSpec,
  more: { readonly metadata?: Partial<Pod['metadata']>; readonly spec?: Pod['spec'] } = {},
): CreateRequest {
  const namespace = owner.metadata.namespace ?? '';
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      ...(more.metadata?.name === undefined ? { generateName: `${owner.metadata.name}-` } : {}),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
      ...more.metadata,
    },
    spec: more.spec ?? template.spec,
  };
  return { verb: 'create', kind: 'Pod', namespace, name: more.metadata?.name ?? '', body };
}

/** Deletes an object; that it is gone already is well. */
export function deleteObject(object: KubeObject, options?: DeleteRequest['options']): DeleteRequest {
  const { namespace, name } = object.metadata;
  return {
    verb: 'delete',
    kind: object.kind,
    namespace: namespace ?? '',
    name,
    ignore: ['NotFound'],
    ...(options === undefined ? {} : { options }),
  };
}

/** Writes an object's status, whatever version it is at: its controller is the only one to write it. */
export function updateStatus<T extends KubeObject & { readonly status?: unknown }>(
  object: T,
  status: Exclude<T['status'], undefined>,
): UpdateRequest {
  const { namespace, name, uid } = object.metadata;
  const metadata = { name, namespace, uid } as KubeObject['metadata'];
  const body = { apiVersion: object.apiVersion, kind: object.kind, metadata, status };
  return {
    verb: 'update',
    kind: object.kind,
    namespace: namespace ?? '',
    name,
    subresource: 'status',
    body,
    ignore: ['NotFound'],
  };
}

/** Replaces an object, refused with Conflict where it has moved on since it was read. */
export function updateObject(object: KubeObject): UpdateRequest {
  const { namespace, name } = object.metadata;
  return { verb: 'update', kind: object.kind, namespace: namespace ?? '', name, body: object };
}

/** Takes a finalizer away, refused with Conflict where the object has moved on since it was read. */
export function withoutFinalizer({ kind, metadata }: KubeObject, finalizer: string): PatchRequest {
  const { name, namespace = '', uid, resourceVersion } = metadata;
  const finalizers = (metadata.finalizers ?? []).filter((other) => other !== finalizer);
  const patch = { metadata: { uid, resourceVersion, finalizers } };
  return { verb: 'patch', kind, namespace, name, patch, ignore: ['NotFound'] };
}
