import type { Draft } from '../../sim/api/meta.ts';
import { quantityValue } from '../../sim/api/quantity.ts';
import type { PersistentVolume, PersistentVolumeClaimSpec, StorageClass } from '../../sim/api/storage.ts';
import { describeValue } from '../input-error.ts';
import type { DocumentPath } from '../input-error.ts';
import { checkLabelSelector, checkNodeSelectorTerm } from './check-selectors.ts';
import { Misfit } from './misfit.ts';

/** What the server refuses in volumes, claims and classes. Source: pkg/apis/core/validation, pkg/apis/storage/validation. */

/** Fields of a PersistentVolume's spec that are not its source. */
const NO_SOURCE = new Set<string>([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

function checkAccessModes(modes: readonly string[] | undefined, path: DocumentPath): void {
  if (modes === undefined || modes.length === 0) {
    throw new Misfit(path, {
      message: modes === undefined ? 'this field is missing' : 'at least one access mode is required',
      allowed: 'ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod',
    });
  }
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    throw new Misfit(path, {
      message: 'ReadWriteOncePod stands alone',
      found: modes.join(', '),
      allowed: '[ReadWriteOncePod]',
    });
  }
}

function checkSize(size: string | undefined, path: DocumentPath): void {
  if (size === undefined)
    throw new Misfit(path, { message: 'this field is missing', allowed: 'a quantity such as 10Gi' });
  if (quantityValue(size) > 0) return;
  throw new Misfit(path, { message: 'must be greater than zero', found: size, allowed: 'a quantity such as 10Gi' });
}

/** A claim, or the template of one. */
export function checkVolumeClaim(spec: PersistentVolumeClaimSpec, path: DocumentPath = ['spec']): void {
  checkAccessModes(spec.accessModes, [...path, 'accessModes']);
  checkSize(spec.resources?.requests?.['storage'], [...path, 'resources', 'requests', 'storage']);
  if (spec.selector !== undefined) checkLabelSelector(spec.selector, [...path, 'selector']);
}

export function checkVolume(spec: PersistentVolume['spec']): void {
  checkAccessModes(spec.accessModes, ['spec', 'accessModes']);
  checkSize(spec.capacity?.['storage'], ['spec', 'capacity', 'storage']);
  const sources = Object.keys(spec).filter((field) => !NO_SOURCE.has(field));
  if (sources.length !== 1) {
    throw new Misfit(['spec'], {
      message: sources.length === 0 ? 'a volume needs a source' : 'a volume has one source',
      ...(sources.length === 0 ? {} : { found: sources.join(', ') }),
      allowed: 'one of csi, local, hostPath, nfs and so on',
    });
  }
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms;
  for (const [i, term] of (terms ?? []).entries()) {
    checkNodeSelectorTerm(term, ['spec', 'nodeAffinity', 'required', 'nodeSelectorTerms', i]);
  }
  if (sources[0] === 'local' && terms === undefined) {
    throw new Misfit(['spec', 'nodeAffinity'], {
      message: 'a local volume needs a node affinity',
      allowed: 'required: {nodeSelectorTerms: […]}',
    });
  }
}

export function checkStorageClass({ provisioner, allowedTopologies = [] }: StorageClass): void {
  if ((provisioner ?? '') === '') {
    throw new Misfit(['provisioner'], { message: 'must not be empty', found: describeValue(provisioner) });
  }
  for (const [i, { matchLabelExpressions = [] }] of allowedTopologies.entries()) {
    for (const [j, { values }] of matchLabelExpressions.entries()) {
      if (values.length > 0) continue;
      const path = ['allowedTopologies', i, 'matchLabelExpressions', j, 'values'];
      throw new Misfit(path, { message: 'at least one value is required', found: 'an empty list' });
    }
  }
}

/** Finalizers of a volume that a controller of this cluster takes away again. */
const OWN_FINALIZERS = ['kubernetes.io/pv-protection', 'external-provisioner.volume.kubernetes.io/finalizer'];

const BOUND = ['pv.kubernetes.io/bind-completed', 'volume.kubernetes.io/selected-node'] as const;

/**
 * A volume or a claim from another cluster: bound there by UIDs that are nobody's here. What it is bound to is kept, by name,
 * and the binder makes it so again.
 */
export function unboundElsewhere(draft: Draft): Draft {
  if (draft.kind === 'PersistentVolumeClaim') {
    const { annotations } = draft.metadata;
    if (annotations === undefined) return draft;
    const kept = Object.entries(annotations).filter(([name]) => !(BOUND as readonly string[]).includes(name));
    return { ...draft, metadata: { ...draft.metadata, annotations: Object.fromEntries(kept) } };
  }
  if (draft.kind !== 'PersistentVolume') return draft;
  const { spec } = draft as unknown as PersistentVolume;
  const { finalizers, ...metadata } = draft.metadata;
  const kept = finalizers?.filter((finalizer) => OWN_FINALIZERS.includes(finalizer));
  const { uid: _uid, resourceVersion: _version, ...claimRef } = spec.claimRef ?? {};
  return {
    ...draft,
    metadata: { ...metadata, ...(kept === undefined ? {} : { finalizers: kept }) },
    spec: { ...spec, ...(spec.claimRef === undefined ? {} : { claimRef }) },
  } as Draft;
}
