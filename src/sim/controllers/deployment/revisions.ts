import type { StringMap } from '../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../api/workloads.ts';
import { objectKey } from '../../apiserver/request.ts';
import type { CreateRequest } from '../../apiserver/request.ts';
import { controllerReference } from '../requests.ts';
import { templateHash } from '../template-hash.ts';
import { MEMORY } from './roll-out-memory.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS } from './scaling.ts';
import { HASH_LABEL, sizeOf } from './view.ts';
import type { View } from './view.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';

/** Annotations of a Deployment that its ReplicaSets do not take over. Source: deployment_util.go annotationsToSkip. */
const OWN_ANNOTATIONS = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
  MEMORY,
]);

export function revisionOf({ metadata }: ReplicaSet | Deployment): number {
  return Number(metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** The number the current template has: one more than all older ones. */
export function currentRevision({ olds }: View): number {
  return Math.max(0, ...olds.map((set) => revisionOf(set))) + 1;
}

/** The annotations the current ReplicaSet is to have; a template that comes back remembers what it was before. */
export function currentAnnotations(view: View): StringMap {
  const { deployment, current } = view;
  const known = current?.metadata.annotations ?? {};
  const wanted = deployment.metadata.annotations ?? {};
  const revision = currentRevision(view);
  const before = current === undefined ? 0 : revisionOf(current);
  const news = Object.keys(wanted).filter((key) => !OWN_ANNOTATIONS.has(key) && known[key] !== wanted[key]);
  if (news.length === 0 && before >= revision) return known;
  const annotations: Record<string, string> = Object.assign({}, known);
  for (const key of news) annotations[key] = wanted[key] as string;
  if (before < revision) {
    annotations[REVISION] = String(revision);
    if (before > 0) {
      const history = annotations[REVISION_HISTORY];
      annotations[REVISION_HISTORY] = history === undefined ? String(before) : `${history},${before}`;
    }
  }
  return annotations;
}

/** Name of the ReplicaSet for the Deployment's template. */
export function currentName({ metadata, spec, status }: Deployment): string {
  return `${metadata.name}-${templateHash(spec.template, status.collisionCount)}`;
}

/** Creates the ReplicaSet for the Deployment's template, with so many pods. */
export function createCurrent(view: View, size: number): CreateRequest {
  const { deployment, replicas, maxSurge } = view;
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status.collisionCount);
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const namespace = deployment.metadata.namespace ?? '';
  const name = currentName(deployment);
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace,
      labels,
      annotations: {
        ...currentAnnotations(view),
        [DESIRED_REPLICAS]: String(replicas),
        [MAX_REPLICAS]: String(replicas + maxSurge),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: size,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  return { verb: 'create', kind: 'ReplicaSet', namespace, name, body, ignore: ['AlreadyExists'] };
}

/** Key of the ReplicaSet that createCurrent makes. */
export function currentKey(deployment: Deployment): string {
  return objectKey(deployment.metadata.namespace, currentName(deployment));
}

/** Old ReplicaSets without pods beyond the history limit, lowest revision first. Source: deployment/sync.go. */
export function beyondHistory({ olds, deployment }: View): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const alive = olds.filter((set) => set.metadata.deletionTimestamp === undefined);
  const count = alive.length - limit;
  if (count <= 0) return [];
  alive.sort((a, b) => revisionOf(a) - revisionOf(b));
  return alive
    .slice(0, count)
    .filter(
      (set) =>
        set.status.replicas === 0 &&
        sizeOf(set) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status.observedGeneration ?? 0),
    );
}
