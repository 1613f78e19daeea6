import type { Draft } from '../../sim/api/meta.ts';
import type { CreatePods } from './config.ts';
import type { TemplateValues } from './perf-template.ts';
import type { Templates } from './templates.ts';

function claimName(index: number): string {
  return `pvc-${index}`;
}

/** The volume and the claim bound to it that are made before a pod, where an operation asks for them. */
export function podVolumes(
  operation: CreatePods,
  templates: Templates,
  values: TemplateValues,
  namespace: string,
  index: number,
): readonly Draft[] {
  const { persistentVolumeTemplatePath: volumePath, persistentVolumeClaimTemplatePath: claimPath } = operation;
  if (volumePath === undefined || claimPath === undefined) return [];
  const name = `${namespace}-pv-${index}`;
  const claim = claimName(index);
  const volume = templates.get(volumePath)(values) as Draft & { readonly spec?: object };
  const request = templates.get(claimPath)(values) as Draft & { readonly spec?: object };
  const spec = { ...volume.spec, claimRef: { namespace, name: claim } };
  const metadata = { ...request.metadata, name: claim };
  return [
    { ...volume, metadata: { ...volume.metadata, name }, spec } as Draft,
    { ...request, metadata, spec: { ...request.spec, volumeName: name } } as Draft,
  ];
}

/** The pod with the claim that is made for it. */
export function withClaim(operation: CreatePods, draft: Draft, index: number): Draft {
  if (operation.persistentVolumeClaimTemplatePath === undefined) return draft;
  const { spec } = draft as { readonly spec?: { readonly volumes?: readonly object[] } };
  const volume = { name: 'vol', persistentVolumeClaim: { claimName: claimName(index) } };
  return { ...draft, spec: { ...spec, volumes: [...(spec?.volumes ?? []), volume] } } as Draft;
}
