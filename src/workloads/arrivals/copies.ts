import type {
  PodAffinity,
  PodAffinityTerm,
  PodSpec,
  PodTemplateSpec,
  TopologySpreadConstraint,
} from '../../sim/api/core.ts';
import { kindInfo } from '../../sim/api/kinds.ts';
import type { Draft, LabelSelector, StringMap } from '../../sim/api/meta.ts';
import { matchesSelector } from '../../sim/api/selectors.ts';
import { changeTemplate, templateOf } from '../manifests/templates.ts';

/** Tells the copies of a workload apart: on their objects and pods, and in the selectors that mean them. */
const COPY_LABEL = 'orrery.dev/copy';

interface Naming {
  readonly suffix: string;
  readonly label: StringMap;
  /** `Kind/name` of what gets a number. */
  readonly renamed: ReadonlySet<string>;
  /** Labels of the workload's pods: selectors of these, and no others, are narrowed to the copy. */
  readonly pods: readonly StringMap[];
}

function isCopied(object: Draft): boolean {
  return kindInfo(object.kind)?.namespaced === true && (object.metadata.name ?? '') !== '';
}

function podLabels(object: Draft): StringMap | undefined {
  return object.kind === 'Pod' ? object.metadata.labels : templateOf(object)?.metadata?.labels;
}

function narrowed<T extends LabelSelector | undefined>(selector: T, naming: Naming): T {
  if (selector === undefined || !naming.pods.some((labels) => matchesSelector(selector, labels))) return selector;
  return { ...selector, matchLabels: { ...selector.matchLabels, ...naming.label } };
}

function renamedTo(kind: string, name: string, naming: Naming): string {
  return naming.renamed.has(`${kind}/${name}`) ? name + naming.suffix : name;
}

function narrowedAffinity(affinity: PodAffinity | undefined, naming: Naming): PodAffinity | undefined {
  if (affinity === undefined) return undefined;
  const term = (given: PodAffinityTerm): PodAffinityTerm =>
    given.labelSelector === undefined ? given : { ...given, labelSelector: narrowed(given.labelSelector, naming) };
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution;
  return {
    ...(required === undefined ? {} : { requiredDuringSchedulingIgnoredDuringExecution: required.map(term) }),
    ...(preferred === undefined
      ? {}
      : {
          preferredDuringSchedulingIgnoredDuringExecution: preferred.map((entry) => ({
            ...entry,
            podAffinityTerm: term(entry.podAffinityTerm),
          })),
        }),
  };
}

/** The same spec object where nothing in it names a copy. */
function numberedSpec(spec: PodSpec, naming: Naming): PodSpec {
  const { affinity, topologySpreadConstraints, volumes } = spec;
  const inPods = affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined;
  if (!inPods && topologySpreadConstraints === undefined && volumes === undefined) return spec;
  const parts: { -readonly [K in keyof PodSpec]?: PodSpec[K] } = {};
  if (affinity !== undefined && inPods) {
    const podAffinity = narrowedAffinity(affinity.podAffinity, naming);
    const podAntiAffinity = narrowedAffinity(affinity.podAntiAffinity, naming);
    parts.affinity = {
      ...affinity,
      ...(podAffinity === undefined ? {} : { podAffinity }),
      ...(podAntiAffinity === undefined ? {} : { podAntiAffinity }),
    };
  }
  if (topologySpreadConstraints !== undefined) {
    parts.topologySpreadConstraints = topologySpreadConstraints.map((constraint): TopologySpreadConstraint =>
      constraint.labelSelector === undefined
        ? constraint
        : { ...constraint, labelSelector: narrowed(constraint.labelSelector, naming) },
    );
  }
  if (volumes !== undefined) {
    parts.volumes = volumes.map((volume) => {
      const claim = volume.persistentVolumeClaim;
      if (claim === undefined) return volume;
      const claimName = renamedTo('PersistentVolumeClaim', claim.claimName, naming);
      return { ...volume, persistentVolumeClaim: { ...claim, claimName } };
    });
  }
  return { ...spec, ...parts };
}

interface SpecParts {
  readonly selector?: unknown;
  readonly serviceName?: string;
  readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
}

function numberedFields(object: Draft, spec: SpecParts, naming: Naming): object {
  const { selector, serviceName, scaleTargetRef } = spec;
  const fields: Record<string, unknown> = {};
  if (selector !== undefined && object.kind !== 'PersistentVolumeClaim') {
    const plain = object.kind === 'Service' || object.kind === 'ReplicationController';
    fields['selector'] = plain
      ? narrowed({ matchLabels: selector as StringMap }, naming).matchLabels
      : narrowed(selector as LabelSelector, naming);
  }
  if (serviceName !== undefined) fields['serviceName'] = renamedTo('Service', serviceName, naming);
  if (scaleTargetRef !== undefined) {
    const name = renamedTo(scaleTargetRef.kind, scaleTargetRef.name, naming);
    fields['scaleTargetRef'] = { ...scaleTargetRef, name };
  }
  return fields;
}

function numberedTemplate(template: PodTemplateSpec, naming: Naming): PodTemplateSpec {
  const metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...naming.label } };
  return { ...template, metadata, spec: numberedSpec(template.spec, naming) };
}

function numberedObject(object: Draft, naming: Naming): Draft {
  const { name = '', labels } = object.metadata;
  const metadata = { ...object.metadata, name: name + naming.suffix, labels: { ...labels, ...naming.label } };
  const { spec } = object as { readonly spec?: object };
  if (object.kind === 'Pod') return { ...object, metadata, spec: numberedSpec(spec as PodSpec, naming) } as Draft;
  const fields = spec === undefined ? {} : { spec: { ...spec, ...numberedFields(object, spec as SpecParts, naming) } };
  return changeTemplate({ ...object, metadata, ...fields }, (template) => numberedTemplate(template, naming));
}

/**
 * Copy number `copy` (from 1) of a workload's objects: namespaced objects with a name get "-<copy>" behind it and a
 * label, their pods too; selectors of the workload's own pods and names of its own objects follow. The rest is as it was.
 */
export function numberedCopy(objects: readonly Draft[], copy: number): readonly Draft[] {
  const copied = objects.filter(isCopied);
  const naming: Naming = {
    suffix: `-${copy}`,
    label: { [COPY_LABEL]: String(copy) },
    renamed: new Set(copied.map(({ kind, metadata }) => `${kind}/${metadata.name ?? ''}`)),
    pods: objects.map(podLabels).filter((labels) => labels !== undefined),
  };
  return objects.map((object) => (isCopied(object) ? numberedObject(object, naming) : object));
}
