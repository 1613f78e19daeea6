import type { NodeSelectorTerm, Pod, PodAffinityTerm, PodSpec } from '../api/core.ts';
import type { OwnerReference, StringMap } from '../api/meta.ts';
import { canonicalText } from './canonical.ts';
import { DEFAULT_SCHEDULER_NAME } from './scheduler-name.ts';
import { podRequests, resizeOf } from './pod-resources.ts';
import type { PodRequests } from './pod-resources.ts';
import { CPU, MEMORY } from './resource-names.ts';
import type { ResourceNames } from './resource-names.ts';

/** A port a pod takes on its node. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/**
 * What scheduling reads of a pod's spec, compiled once for all pods with the same content. A DaemonSet pod's own node
 * name is taken out (see `PodInfo.pinnedNode`), so that all pods of a DaemonSet share one.
 */
export interface SpecClass {
  /** Counts from 0 in the order of appearance; never saved. */
  readonly id: number;
  /** The same number for all specs that differ in nothing but the names of their claims, which tell no node from another. */
  readonly rowId: number;
  /** The spec, without a pinned node name. */
  readonly spec: PodSpec;
  readonly requests: PodRequests;
  /** Requests that are not 0, by resource id. */
  readonly amounts: readonly (readonly [resource: number, amount: number])[];
  readonly scoringCpu: number;
  readonly scoringMemory: number;
  readonly hostPorts: readonly HostPort[];
  /** Images of all containers, init containers included; normalised names. */
  readonly images: readonly string[];
  readonly containerCount: number;
  readonly priority: number;
  /** Required and preferred terms towards other pods, if any. */
  readonly affinity: {
    readonly required: readonly PodAffinityTerm[];
    readonly requiredAnti: readonly PodAffinityTerm[];
    readonly preferred: readonly WeightedTerm[];
    readonly preferredAnti: readonly WeightedTerm[];
  };
}

export interface WeightedTerm {
  readonly weight: number;
  readonly podAffinityTerm: PodAffinityTerm;
}

/** A spec class together with what other pods and services see of a pod: namespace, labels, owner. */
export interface PodClass {
  readonly id: number;
  readonly spec: SpecClass;
  readonly namespace: string;
  readonly labels: StringMap;
  /** The owner that manages the pod. */
  readonly controller: Pick<OwnerReference, 'apiVersion' | 'kind' | 'name'> | undefined;
}

/** A pod as the scheduler handles it. */
export interface PodInfo {
  readonly pod: Pod;
  /** `namespace/name`. */
  readonly key: string;
  readonly podClass: PodClass;
  /** The one node its required node affinity names (a DaemonSet's pod). */
  readonly pinnedNode: string | undefined;
}

/** The profile that a pod is for. */
export function schedulerNameOf({ spec }: Pod): string {
  return spec.schedulerName ?? DEFAULT_SCHEDULER_NAME;
}

interface CompiledSpec {
  readonly specClass: SpecClass;
  readonly pinnedNode: string | undefined;
  /** Classes by what is outside the spec. */
  readonly classes: Map<string, PodClass>;
  /** The one that was found last. */
  latest: { readonly ownerReferences: Pod['metadata']['ownerReferences']; readonly podClass: PodClass } | undefined;
}

const NO_LABELS: StringMap = {};

/** Classes kept for reuse. Beyond it all are forgotten: an equal pod then gets a class of its own, and no more is lost. */
const CLASS_LIMIT = 200_000;

/** Compiles pods to classes, keyed by content; a shared spec's identity is the fast path to that key. */
export class PodClasses {
  readonly resources: ResourceNames;
  readonly #specs = new Map<string, { specClass: SpecClass; classes: Map<string, PodClass> }>();
  #bySpec = new WeakMap<PodSpec, CompiledSpec>();
  /** By the list of volumes, or else of containers, which a bound pod's spec shares with the spec it had before. */
  #byContent = new WeakMap<object, { readonly spec: PodSpec; readonly compiled: CompiledSpec }>();
  readonly #labelTexts = new WeakMap<StringMap, string>();
  readonly #rowIds = new Map<string, number>();
  #classCount = 0;
  #specCount = 0;

  constructor(resources: ResourceNames) {
    this.resources = resources;
  }

  /** The same for a newer state of a pod, of which mostly nothing changed but where it is. */
  infoAfter(before: PodInfo, pod: Pod): PodInfo {
    const { metadata, spec, status } = before.pod;
    const sameClass =
      metadata.labels === pod.metadata.labels &&
      metadata.ownerReferences === pod.metadata.ownerReferences &&
      spec.containers === pod.spec.containers &&
      status.containerStatuses === undefined &&
      pod.status.containerStatuses === undefined &&
      differOnlyInNode(spec, pod.spec);
    return sameClass
      ? { pod, key: before.key, podClass: before.podClass, pinnedNode: before.pinnedNode }
      : this.info(pod, before.key);
  }

  /** `key` is the pod's, from those who have it: look-ups by one and the same string are cheap. */
  info(pod: Pod, key = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`): PodInfo {
    const compiled = this.#compiled(pod);
    const { namespace = '', labels = NO_LABELS, ownerReferences } = pod.metadata;
    const { pinnedNode, latest } = compiled;
    if (latest !== undefined && latest.ownerReferences === ownerReferences) {
      const { podClass } = latest;
      if (podClass.labels === labels && podClass.namespace === namespace) return { pod, key, podClass, pinnedNode };
    }
    const controller = ownerReferences?.find((owner) => owner.controller === true);
    const outside =
      controller === undefined
        ? `${namespace}\n${this.#labelText(labels)}`
        : `${namespace}\n${this.#labelText(labels)}\n${controller.apiVersion} ${controller.kind} ${controller.name}`;
    let podClass = compiled.classes.get(outside);
    if (podClass === undefined) {
      if (this.#classCount % CLASS_LIMIT === CLASS_LIMIT - 1) this.#forget();
      podClass = { id: this.#classCount++, spec: compiled.specClass, namespace, labels, controller };
      compiled.classes.set(outside, podClass);
    }
    if (podClass.labels === labels) compiled.latest = { ownerReferences, podClass };
    return { pod, key, podClass, pinnedNode };
  }

  #forget(): void {
    this.#specs.clear();
    this.#rowIds.clear();
    this.#bySpec = new WeakMap();
    this.#byContent = new WeakMap();
  }

  #labelText(labels: StringMap): string {
    let text = this.#labelTexts.get(labels);
    if (text === undefined) {
      text = canonicalText(labels);
      this.#labelTexts.set(labels, text);
    }
    return text;
  }

  #compiled(pod: Pod): CompiledSpec {
    const resize = pod.status.containerStatuses === undefined ? undefined : resizeOf(pod);
    const content = pod.spec.volumes ?? pod.spec.containers;
    const shared = resize === undefined ? this.#byContent.get(content) : undefined;
    if (shared !== undefined && differOnlyInNode(shared.spec, pod.spec)) return shared.compiled;
    const known = resize === undefined ? this.#bySpec.get(pod.spec) : undefined;
    if (known !== undefined) return known;
    const { spec, pinnedNode } = unpinned(pod.spec);
    const { key, rowKey } = keysOf(spec, resize);
    let entry = this.#specs.get(key);
    if (entry === undefined) {
      entry = { specClass: this.#compile(this.#rowId(rowKey), pod, spec), classes: new Map() };
      this.#specs.set(key, entry);
    }
    // Written out, as all such objects are: what is spread and then added to has a shape of its own each time.
    const { specClass, classes } = entry;
    const compiled: CompiledSpec = { specClass, classes, pinnedNode, latest: undefined };
    if (resize === undefined) {
      if (shared === undefined) this.#byContent.set(content, { spec: pod.spec, compiled });
      else this.#bySpec.set(pod.spec, compiled);
    }
    return compiled;
  }

  #rowId(rowKey: string): number {
    const known = this.#rowIds.get(rowKey);
    if (known === undefined) this.#rowIds.set(rowKey, this.#specCount);
    return known ?? this.#specCount;
  }

  #compile(rowId: number, pod: Pod, spec: PodSpec): SpecClass {
    const requests = podRequests(pod);
    const amounts = [...requests.amounts].map(([name, amount]) => [this.resources.id(name), amount] as const);
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
    return {
      id: this.#specCount++,
      rowId,
      spec,
      requests,
      amounts: amounts.filter(([, amount]) => amount !== 0),
      scoringCpu: requests.scoring.get(this.resources.name(CPU)) ?? 0,
      scoringMemory: requests.scoring.get(this.resources.name(MEMORY)) ?? 0,
      hostPorts: hostPortsOf(spec),
      images: containers.map(({ image }) => normalizedImage(image ?? '')),
      containerCount: containers.length,
      priority: spec.priority ?? 0,
      affinity: {
        required: podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
        requiredAnti: podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
        preferred: podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
        preferredAnti: podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
      },
    };
  }
}

/** What tells specs apart (`key`), and the same without their claims' names (`rowKey`). */
function keysOf(spec: PodSpec, resize: unknown): { readonly key: string; readonly rowKey: string } {
  const claims = spec.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim ?? null) ?? [];
  if (claims.every((claim) => claim === null)) {
    const key = schedulingText(spec, spec.volumes, resize);
    return { key, rowKey: key };
  }
  const volumes = spec.volumes?.map((volume, i) => (claims[i] === null ? volume : { ...volume, ...NAMELESS }));
  const rowKey = schedulingText(spec, volumes, resize);
  return { key: `${rowKey} ${canonicalText(claims)}`, rowKey };
}

const NAMELESS = { persistentVolumeClaim: {} };

/** The parts of a spec that scheduling reads, as text, with these in place of its volumes. */
function schedulingText(spec: PodSpec, volumes: unknown, resize: unknown): string {
  const { requests, limits } = spec.resources ?? {};
  const rest = [
    spec.nodeSelector,
    spec.affinity,
    spec.tolerations,
    spec.topologySpreadConstraints,
    spec.priority,
    spec.preemptionPolicy,
    spec.overhead,
    requests,
    limits,
    spec.hostNetwork,
    volumes,
    spec.nodeName === undefined ? undefined : 'bound',
    resize,
  ];
  return `${containersText(spec.containers)} ${containersText(spec.initContainers)} ${canonicalText(rest)}`;
}

/** By list, which specs of one template share even where they differ in their volumes. */
const containersTexts = new WeakMap<object, string>();

function containersText(list: PodSpec['containers'] | undefined): string {
  if (list === undefined) return '';
  let text = containersTexts.get(list);
  if (text === undefined) {
    const content = list.map(({ name, image, resources, ports, restartPolicy }) => [
      name,
      image,
      resources?.requests,
      ports?.filter((port) => (port.hostPort ?? 0) > 0),
      restartPolicy,
    ]);
    text = canonicalText(content);
    containersTexts.set(list, text);
  }
  return text;
}

/** The one node name that every term of the required node affinity asks for by field. */
function pinOf(terms: readonly NodeSelectorTerm[]): string | undefined {
  const [first] = terms;
  if (terms.length !== 1 || first?.matchFields?.length !== 1) return undefined;
  const [field] = first.matchFields;
  if (field?.key !== 'metadata.name' || field.operator !== 'In' || field.values?.length !== 1) return undefined;
  return field.values[0];
}

const PINNED = { key: 'metadata.name', operator: 'Exists' } as const;

/** The spec with the name of a pinned node taken out: PreFilter keeps such a pod to that node anyway. */
function unpinned(spec: PodSpec): { spec: PodSpec; pinnedNode: string | undefined } {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const pinnedNode = required === undefined ? undefined : pinOf(required.nodeSelectorTerms);
  if (required === undefined || pinnedNode === undefined) return { spec, pinnedNode: undefined };
  const nodeSelectorTerms = required.nodeSelectorTerms.map((term) => ({ ...term, matchFields: [PINNED] }));
  const nodeAffinity = {
    ...spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
  };
  return { spec: { ...spec, affinity: { ...spec.affinity, nodeAffinity } }, pinnedNode };
}

const NO_PORTS: readonly HostPort[] = [];

/** Sidecars' ports count, other init containers' do not. Source: schedutil `GetHostPorts`. */
export function hostPortsOf(spec: PodSpec): readonly HostPort[] {
  if (spec.initContainers === undefined && spec.containers.every(({ ports }) => ports === undefined)) return NO_PORTS;
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => (hostPort ?? 0) > 0)
      .map(({ hostIP, protocol, hostPort }) => ({
        ip: hostIP === undefined || hostIP === '' ? '0.0.0.0' : hostIP,
        protocol: protocol ?? 'TCP',
        port: hostPort as number,
      })),
  );
}

/** A name without a tag means `latest`. Source: the ImageLocality plugin's `normalizedImageName`. */
export function normalizedImage(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}

/** Whether two specs consist of the same parts but for where they are bound; scheduling reads nothing of that. */
function differOnlyInNode(one: PodSpec, other: PodSpec): boolean {
  let parts = 0;
  for (const part in one) {
    if (part === 'nodeName') continue;
    parts++;
    if (one[part as keyof PodSpec] !== other[part as keyof PodSpec]) return false;
  }
  for (const part in other) if (part !== 'nodeName') parts--;
  return parts === 0;
}
