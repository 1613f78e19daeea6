import type { CSIDriver } from './storage.ts';
import type {
  Container,
  ContainerPort,
  KubeNode,
  PodSpec,
  PodTemplateSpec,
  Probe,
  ResourceList,
  Service,
} from './core.ts';
import type { Draft, StringMap } from './meta.ts';
import type { DeviceAsk, DeviceRequest, ResourceClaimSpec } from './resource.ts';
import type { CronJob, DaemonSet, Deployment, JobSpec, ReplicaSet, StatefulSet } from './workloads.ts';

/**
 * What the API server fills in on write, where a simulation can tell the difference: pkg/apis/…/v1/defaults.go of
 * Kubernetes v1.34. Cosmetic defaults (dnsPolicy, terminationMessagePath …) are left out.
 *
 * Objects are shared on purpose: the same spec or template going in gives the same one out, so that all pods of a
 * template have one frozen spec; and what needs no default comes back as it is.
 */

/** The object with those of `defaults` that it lacks; itself where it lacks none. */
function fill<T extends object>(object: T, defaults: Partial<T>): T {
  let filled: T | undefined;
  for (const key of Object.keys(defaults) as (keyof T)[]) {
    if (object[key] !== undefined || defaults[key] === undefined) continue;
    filled ??= { ...object };
    filled[key] = defaults[key] as T[keyof T];
  }
  return filled === undefined ? object : Object.freeze(filled);
}

/** Maps a list; the list itself where nothing in it changed. */
function mapShared<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  let changed = false;
  const mapped = list.map((item) => {
    const result = change(item);
    changed ||= result !== item;
    return result;
  });
  return changed ? Object.freeze(mapped) : list;
}

/** The object with one field replaced; itself where the field is the same. */
function replace<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): T {
  return object[key] === value ? object : Object.freeze({ ...object, [key]: value });
}

/** `:latest` or no tag at all means Always (parsers.ParseImageName); a digest counts as a tag. */
function pullPolicyOf(image: string | undefined): 'Always' | 'IfNotPresent' {
  if (image === undefined || image.includes('@')) return 'IfNotPresent';
  const last = image.slice(image.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 || last.slice(colon + 1) === 'latest' ? 'Always' : 'IfNotPresent';
}

const PROBE: Partial<Probe> = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const PORT: Partial<ContainerPort> = { protocol: 'TCP' };

function defaultContainer(container: Container): Container {
  let result = fill(container, { imagePullPolicy: pullPolicyOf(container.image) });
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const given = result[probe];
    if (given !== undefined) result = replace(result, probe, fill(given, PROBE));
  }
  if (result.ports !== undefined) {
    result = replace(
      result,
      'ports',
      mapShared(result.ports, (port) => fill(port, PORT)),
    );
  }
  return result;
}

type Containers = PodSpec['containers'];

/** A change of all containers of a list: one result for one list, which specs that differ elsewhere share. */
function ofContainers(change: (container: Container) => Container): (list: Containers) => Containers {
  const changed = new WeakMap<Containers, Containers>();
  return (list) => cached(changed, list, (given) => mapShared(given, change));
}

const defaultContainers = ofContainers(defaultContainer);

function mapContainers(spec: PodSpec, change: (list: Containers) => Containers): PodSpec {
  const result = replace(spec, 'containers', change(spec.containers));
  return result.initContainers === undefined
    ? result
    : replace(result, 'initContainers', change(result.initContainers));
}

/** SetDefaults_PodSpec and SetDefaults_Container: for pods and templates alike. */
function defaultPodSpec(spec: PodSpec): PodSpec {
  const filled = fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
  });
  return mapContainers(filled, defaultContainers);
}

/** A limit without a request is the request, too; for each resource by itself. */
function requestsFromLimits(container: Container): Container {
  const limits = container.resources?.limits;
  if (container.resources === undefined || limits === undefined) return container;
  const requests = fill<ResourceList>(container.resources.requests ?? {}, limits);
  return requests === container.resources.requests
    ? container
    : replace(container, 'resources', Object.freeze({ ...container.resources, requests }));
}

const requestsFromLimitsOf = ofContainers(requestsFromLimits);

/** With hostNetwork a container's port is the host's. */
function hostPorts(container: Container): Container {
  if (container.ports === undefined) return container;
  const ports = mapShared(container.ports, (port) => fill(port, { hostPort: port.containerPort }));
  return replace(container, 'ports', ports);
}

const hostPortsOf = ofContainers(hostPorts);

/** SetDefaults_Pod: for pods only, not for templates. */
function defaultPod(spec: PodSpec): PodSpec {
  const defaulted = mapContainers(cached(templateSpecs, spec, defaultPodSpec), requestsFromLimitsOf);
  return defaulted.hostNetwork === true ? mapContainers(defaulted, hostPortsOf) : defaulted;
}

function cached<T extends object>(cache: WeakMap<T, T>, key: T, make: (key: T) => T): T {
  let value = cache.get(key);
  if (value === undefined) {
    value = make(key);
    cache.set(key, value);
    // Defaulting is idempotent: what came out needs no second look.
    cache.set(value, value);
  }
  return value;
}

const templateSpecs = new WeakMap<PodSpec, PodSpec>();
const podSpecs = new WeakMap<PodSpec, PodSpec>();
const templates = new WeakMap<PodTemplateSpec, PodTemplateSpec>();

/** The pod spec as the server stores it in a pod; one result for one spec. */
export function defaultedPodSpec(spec: PodSpec): PodSpec {
  return cached(podSpecs, spec, defaultPod);
}

function withTemplate<T extends { readonly template: PodTemplateSpec }>(spec: T): T {
  const template = cached(templates, spec.template, (given) =>
    replace(given, 'spec', cached(templateSpecs, given.spec, defaultPodSpec)),
  );
  return replace(spec, 'template', template);
}

/** apps/v1 SetDefaults_Deployment. */
function deployment(spec: Deployment['spec']): Deployment['spec'] {
  const filled = fill(withTemplate(spec), { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = fill(filled.strategy ?? {}, { type: 'RollingUpdate' });
  if (strategy.type === 'Recreate') return replace(filled, 'strategy', strategy);
  const rollingUpdate = fill(strategy.rollingUpdate ?? {}, { maxUnavailable: '25%', maxSurge: '25%' });
  const whole = replace(strategy, 'rollingUpdate', rollingUpdate);
  return replace(filled, 'strategy', whole);
}

/** apps/v1 SetDefaults_StatefulSet. */
function statefulSet(spec: StatefulSet['spec']): StatefulSet['spec'] {
  const filled = fill(withTemplate(spec), {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
  });
  const strategy = fill(filled.updateStrategy ?? {}, { type: 'RollingUpdate' });
  if (strategy.type === 'OnDelete') return replace(filled, 'updateStrategy', strategy);
  const rollingUpdate = fill(strategy.rollingUpdate ?? {}, { partition: 0 });
  return replace(filled, 'updateStrategy', replace(strategy, 'rollingUpdate', rollingUpdate));
}

/** apps/v1 SetDefaults_DaemonSet. */
function daemonSet(spec: DaemonSet['spec']): DaemonSet['spec'] {
  const filled = fill(withTemplate(spec), { revisionHistoryLimit: 10 });
  const strategy = fill(filled.updateStrategy ?? {}, { type: 'RollingUpdate' });
  if (strategy.type === 'OnDelete') return replace(filled, 'updateStrategy', strategy);
  const rollingUpdate = fill(strategy.rollingUpdate ?? {}, { maxUnavailable: 1, maxSurge: 0 });
  return replace(filled, 'updateStrategy', replace(strategy, 'rollingUpdate', rollingUpdate));
}

/** The greatest count there is: where each index has a limit of its own, the Job as a whole has none. */
const NO_LIMIT = 2_147_483_647;

/**
 * batch/v1 SetDefaults_Job: neither count given means one of each; parallelism alone means a work queue, whose
 * completions stay open.
 */
function job(spec: JobSpec): JobSpec {
  const one = spec.completions === undefined && spec.parallelism === undefined ? { completions: 1 } : {};
  return fill(withTemplate(spec), {
    ...one,
    parallelism: 1,
    backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : NO_LIMIT,
    completionMode: 'NonIndexed',
    suspend: false,
  });
}

/** batch/v1 SetDefaults_CronJob; the Job inside is defaulted when it is made, only its pod template now. */
function cronJob(spec: CronJob['spec']): CronJob['spec'] {
  const filled = fill(spec, {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  return replace(filled, 'jobTemplate', replace(filled.jobTemplate, 'spec', withTemplate(filled.jobTemplate.spec)));
}

/** core/v1 SetDefaults_Service and SetDefaults_ServicePort (targetPort is the port). */
function service(spec: Service['spec']): Service['spec'] {
  let result = fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
  if (result.type !== 'ExternalName') result = fill(result, { internalTrafficPolicy: 'Cluster' });
  if (result.type === 'NodePort' || result.type === 'LoadBalancer') {
    result = fill(result, { externalTrafficPolicy: 'Cluster' });
  }
  if (result.ports === undefined) return result;
  const ports = mapShared(result.ports, (port) => fill(port, { protocol: 'TCP', targetPort: port.port }));
  return replace(result, 'ports', ports);
}

/** core/v1 SetDefaults_ReplicationController: the selector is the template's labels. */
function replicationController(spec: ReplicaSet['spec']): ReplicaSet['spec'] {
  const selector = spec.template.metadata?.labels as unknown as ReplicaSet['spec']['selector'] | undefined;
  return fill(withTemplate(spec), { replicas: 1, ...(selector === undefined ? {} : { selector }) });
}

/** resource/v1 SetDefaults_ExactDeviceRequest and SetDefaults_DeviceSubRequest: one device. */
function deviceAsk<T extends DeviceAsk>(ask: T): T {
  const filled = fill<DeviceAsk>(ask, { allocationMode: 'ExactCount' });
  return (filled.allocationMode === 'ExactCount' ? fill(filled, { count: 1 }) : filled) as T;
}

function resourceClaim(spec: ResourceClaimSpec): ResourceClaimSpec {
  const { requests } = spec.devices ?? {};
  if (spec.devices === undefined || requests === undefined) return spec;
  const defaulted = mapShared(requests, (request: DeviceRequest) => {
    const { exactly, firstAvailable } = request;
    const whole = exactly === undefined ? request : replace(request, 'exactly', deviceAsk(exactly));
    return firstAvailable === undefined
      ? whole
      : replace(whole, 'firstAvailable', mapShared(firstAvailable, deviceAsk));
  });
  return replace(spec, 'devices', replace(spec.devices, 'requests', defaulted));
}

/** Defaults of a kind's `spec`. */
const SPECS: Readonly<Record<string, (spec: never) => object>> = {
  Pod: defaultedPodSpec,
  Deployment: deployment,
  ReplicaSet: (spec: ReplicaSet['spec']) => fill(withTemplate(spec), { replicas: 1 }),
  ReplicationController: replicationController,
  StatefulSet: statefulSet,
  DaemonSet: daemonSet,
  Job: job,
  CronJob: cronJob,
  Service: service,
  ResourceClaim: resourceClaim,
  ResourceClaimTemplate: (spec: { spec: ResourceClaimSpec }) => replace(spec, 'spec', resourceClaim(spec.spec)),
  HorizontalPodAutoscaler: (spec: { minReplicas?: number }) => fill(spec, { minReplicas: 1 }),
  PersistentVolumeClaim: (spec: { volumeMode?: string }) => fill(spec, { volumeMode: 'Filesystem' }),
  PersistentVolume: (spec: { volumeMode?: string; persistentVolumeReclaimPolicy?: string }) =>
    fill(spec, { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain' }),
  CSIDriver: (spec: CSIDriver['spec']) => fill(spec, { attachRequired: true, storageCapacity: false }),
};

/** Defaults outside the `spec`. */
const TOPS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  PriorityClass: { preemptionPolicy: 'PreemptLowerPriority', globalDefault: false },
  StorageClass: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  Secret: { type: 'Opaque' },
};

/** core/v1 SetDefaults_NodeStatus: what is allocatable is the capacity. A node without a spec has an empty one. */
function node(given: Draft<KubeNode>): Draft<KubeNode> {
  const draft = given.spec === undefined ? replace(given, 'spec', {}) : given;
  const status = draft.status as KubeNode['status'] | undefined;
  if (status?.capacity === undefined) return draft;
  return replace(draft, 'status', fill(status, { allocatable: status.capacity }));
}

/** core/v1 SetDefaults_Namespace: the label that selectors of namespaces by name rest on. */
function namespace(draft: Draft): Draft {
  const name: StringMap = { 'kubernetes.io/metadata.name': draft.metadata.name ?? '' };
  const labels = fill(draft.metadata.labels ?? {}, name);
  return replace(draft, 'metadata', replace(draft.metadata, 'labels', labels));
}

/**
 * The draft with the server's defaults. Status is left alone but for a Node's allocatable; what admission adds
 * (priority, tolerations, the service account) is not a default and is not added here.
 */
export function applyDefaults<T extends Draft>(kind: string, draft: T): T {
  let result: Draft & { readonly spec?: unknown } = draft;
  const spec = SPECS[kind];
  if (spec !== undefined && result.spec !== undefined) result = replace(result, 'spec', spec(result.spec as never));
  const top = TOPS[kind];
  if (top !== undefined) result = fill(result, top as Partial<Draft>);
  if (kind === 'Node') result = node(result as Draft<KubeNode>);
  if (kind === 'Namespace') result = namespace(result);
  return result as unknown as T;
}
