import type { KubeNode } from '../api/core.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { PodRecord } from './pod-record.ts';
import { CONFIG_HASH, CONFIG_MIRROR } from './static-pods.ts';

/** The mirror of a static pod, to be made in the API server. Source: pkg/kubelet/pod/mirror_client.go CreateMirrorPod. */
export function mirrorCreation({ pod, key }: PodRecord, node: KubeNode): ApiRequest {
  const { name, namespace = '', labels, annotations } = pod.metadata;
  const owner = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true };
  const metadata = {
    name,
    namespace,
    ...(labels === undefined ? {} : { labels }),
    annotations: { ...annotations, [CONFIG_MIRROR]: annotations?.[CONFIG_HASH] ?? '' },
    ownerReferences: [owner],
  };
  const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: pod.spec };
  return { verb: 'create', kind: 'Pod', namespace, name, key, body };
}

/** A mirror that somebody has marked for deletion goes at once. Source: mirror_client.go DeleteMirrorPod. */
export function mirrorDeletion({ pod, key, mirrorUid: uid }: PodRecord): ApiRequest {
  const { name, namespace = '' } = pod.metadata;
  const options = { gracePeriodSeconds: 0, preconditions: { uid } };
  return { verb: 'delete', kind: 'Pod', namespace, name, key, options };
}
