import type { Pod, PodTemplateSpec } from '../../api/core.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { StatefulSet } from '../../api/workloads.ts';
import { objectKey } from '../../apiserver/request.ts';
import type { ApiRequest } from '../../apiserver/request.ts';
import { REVISION_LABEL } from '../controller-revisions.ts';
import { isReady } from '../pod-state.ts';
import { createPod } from '../requests.ts';

/** The number at the end of a member's name; undefined for a pod that is named otherwise. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  if (!pod.metadata.name.startsWith(prefix)) return undefined;
  const rest = pod.metadata.name.slice(prefix.length);
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status.phase === 'Running' && isReady(pod);
}

export function isHealthy(pod: Pod): boolean {
  return isRunningAndReady(pod) && !isTerminating(pod);
}

/** The ControllerRevision a member was made from. */
export function revisionOfMember(pod: Pod): string | undefined {
  return pod.metadata.labels?.[REVISION_LABEL];
}

interface ClaimTemplate {
  readonly metadata?: { readonly name?: string; readonly labels?: object; readonly annotations?: object };
  readonly spec?: object;
}

function claimName(template: ClaimTemplate, set: StatefulSet, ordinal: number): string {
  return `${template.metadata?.name ?? ''}-${set.metadata.name}-${ordinal}`;
}

/** Names of a member's claims. */
export function claimNames(set: StatefulSet, ordinal: number): readonly string[] {
  const templates = (set.spec.volumeClaimTemplates ?? []) as readonly ClaimTemplate[];
  return templates.map((template) => claimName(template, set, ordinal));
}

/** Creates the claims of a member that do not exist; they outlive it. */
export function createClaims(
  set: StatefulSet,
  ordinal: number,
  exists: (key: string) => KubeObject | undefined,
): ApiRequest[] {
  const namespace = set.metadata.namespace ?? '';
  const requests: ApiRequest[] = [];
  for (const template of (set.spec.volumeClaimTemplates ?? []) as readonly ClaimTemplate[]) {
    const name = claimName(template, set, ordinal);
    if (exists(objectKey(namespace, name)) !== undefined) continue;
    const { labels, annotations } = template.metadata ?? {};
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name,
        namespace,
        labels: { ...set.spec.selector.matchLabels, ...labels },
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec: template.spec ?? {},
    };
    requests.push({ verb: 'create', kind: 'PersistentVolumeClaim', namespace, name, body, ignore: ['AlreadyExists'] });
  }
  return requests;
}

/**
 * Creates the member of that number. Its hostname and subdomain, which nothing here can look up, are left out, so that
 * members without claims of their own share one spec.
 */
export function createMember(
  set: StatefulSet,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
): ApiRequest {
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = {
    ...template.metadata?.labels,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [REVISION_LABEL]: revision,
  };
  const claims = (set.spec.volumeClaimTemplates ?? []) as readonly ClaimTemplate[];
  const volumes = claims.map((claim) => ({
    name: claim.metadata?.name ?? '',
    persistentVolumeClaim: { claimName: claimName(claim, set, ordinal) },
  }));
  const own = new Set(volumes.map((volume) => volume.name));
  const others = (template.spec.volumes ?? []).filter((volume) => !own.has(volume.name));
  const spec = claims.length === 0 ? template.spec : { ...template.spec, volumes: [...others, ...volumes] };
  return { ...createPod(set, template, { metadata: { name, labels }, spec }), ignore: ['AlreadyExists'] };
}
