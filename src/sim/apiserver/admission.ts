import type { KubeNode, Pod, PriorityClass, Taint, Toleration } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import type { ResourceClaim, ResourceClaimTemplate } from '../api/resource.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { EtcdStore } from '../etcd/store.ts';
import type { PersistentVolumeClaim } from '../api/storage.ts';
import type { ApiServerSettings } from '../settings.ts';
import { protectedObject, withDefaultClass } from './storage-admission.ts';

/** Priorities every cluster has. Source: pkg/apis/scheduling/v1/helpers.go. */
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** The admission plugins that are modelled; the names are --disable-admission-plugins'. */
export const ADMISSION_PLUGINS = [
  'TaintNodesByCondition',
  'Priority',
  'DefaultTolerationSeconds',
  'DefaultStorageClass',
  'StorageObjectInUseProtection',
] as const;

/** Source: resource/v1 DRAAdminNamespaceLabelKey. */
const ADMIN_ACCESS = 'resource.kubernetes.io/admin-access';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** Whether a toleration names the taint key for NoExecute (an empty key or effect stands for all). */
function tolerates(toleration: Toleration, key: string): boolean {
  const effect = toleration.effect ?? 'NoExecute';
  const named = toleration.key === undefined || toleration.key === '' || toleration.key === key;
  return named && effect === 'NoExecute';
}

/**
 * The mutating admission plugins, in the order of the real chain for what they touch: TaintNodesByCondition, Priority,
 * DefaultTolerationSeconds, DefaultStorageClass, StorageObjectInUseProtection. Answers the object to store, or why it is refused.
 */
export class Admission {
  readonly #store: EtcdStore;
  readonly #settings: ApiServerSettings;
  /** Pods of one template share one spec before admission, and share the admitted one after it. */
  readonly #admittedSpecs = new WeakMap<object, { classes: number; spec: Pod['spec'] }>();
  /** Counts changes to PriorityClasses: what was resolved before one may be stale. */
  #classes = 0;

  constructor(store: EtcdStore, settings: ApiServerSettings) {
    this.#store = store;
    this.#settings = settings;
  }

  /** Called for each write of a PriorityClass. */
  priorityClassesChanged(): void {
    this.#classes++;
  }

  admit(object: KubeObject): KubeObject | ApiStatus {
    if (object.kind === 'Pod') return this.#pod(object as Pod);
    if (object.kind === 'ResourceClaim' || object.kind === 'ResourceClaimTemplate') return this.#claim(object);
    if (object.kind === 'Node' && this.#isOn('TaintNodesByCondition')) return taintedNode(object as KubeNode);
    if (object.kind === 'PersistentVolumeClaim' || object.kind === 'PersistentVolume') return this.#storage(object);
    return object;
  }

  /** Not a plugin, but the claims' own strategy: devices beside their users are for namespaces that are marked for it. */
  #claim(object: KubeObject): KubeObject | ApiStatus {
    const { spec } = object as ResourceClaim | ResourceClaimTemplate;
    const { devices } = 'spec' in spec ? spec.spec : spec;
    const index = devices?.requests?.findIndex(({ exactly }) => exactly?.adminAccess === true) ?? -1;
    const { namespace = '', name } = object.metadata;
    if (index < 0) return object;
    if (this.#store.get('Namespace', namespace)?.object.metadata.labels?.[ADMIN_ACCESS] === 'true') return object;
    const field = `${'spec' in spec ? 'spec.spec' : 'spec'}.devices.requests[${index}].exactly.adminAccess`;
    return failure(
      'Invalid',
      `${object.kind}.resource.k8s.io "${name}" is invalid: ${field}: Forbidden: admin access to devices requires the \`${ADMIN_ACCESS}: true\` label on the containing namespace`,
    );
  }

  #storage(object: KubeObject): KubeObject {
    const isClaim = object.kind === 'PersistentVolumeClaim';
    const classed =
      isClaim && this.#isOn('DefaultStorageClass')
        ? withDefaultClass(object as PersistentVolumeClaim, this.#store)
        : object;
    return this.#isOn('StorageObjectInUseProtection') ? protectedObject(classed) : classed;
  }

  #isOn(plugin: (typeof ADMISSION_PLUGINS)[number]): boolean {
    return !this.#settings.disableAdmissionPlugins.includes(plugin);
  }

  #pod(pod: Pod): Pod | ApiStatus {
    const known = this.#admittedSpecs.get(pod.spec);
    if (known?.classes === this.#classes) return { ...pod, spec: known.spec };
    const priority = this.#isOn('Priority') ? this.#priority(pod) : {};
    if ('reason' in priority) return priority;
    const { tolerations = [] } = pod.spec;
    const tolerated = this.#isOn('DefaultTolerationSeconds') ? this.#tolerations(tolerations) : tolerations;
    const spec = { ...pod.spec, ...priority, tolerations: tolerated };
    this.#admittedSpecs.set(pod.spec, { classes: this.#classes, spec });
    return { ...pod, spec };
  }

  #priority(pod: Pod): Pick<Pod['spec'], 'priority' | 'preemptionPolicy' | 'priorityClassName'> | ApiStatus {
    const name = pod.spec.priorityClassName;
    if (name === undefined || name === '') {
      const fallback = this.#globalDefault();
      if (fallback === undefined) return { priority: 0, preemptionPolicy: 'PreemptLowerPriority' };
      return {
        priorityClassName: fallback.metadata.name,
        priority: fallback.value,
        preemptionPolicy: fallback.preemptionPolicy ?? 'PreemptLowerPriority',
      };
    }
    const builtIn = SYSTEM_PRIORITIES[name];
    if (builtIn !== undefined) return { priority: builtIn, preemptionPolicy: 'PreemptLowerPriority' };
    const found = this.#store.get('PriorityClass', name)?.object as PriorityClass | undefined;
    if (found === undefined) {
      return failure(
        'Forbidden',
        `pods "${pod.metadata.name}" is forbidden: no PriorityClass with name ${name} was found`,
      );
    }
    return { priority: found.value, preemptionPolicy: found.preemptionPolicy ?? 'PreemptLowerPriority' };
  }

  #globalDefault(): PriorityClass | undefined {
    let best: PriorityClass | undefined;
    for (const entry of this.#store.list('PriorityClass')) {
      const candidate = entry.object as PriorityClass;
      // Of several global defaults the smallest value counts.
      if (candidate.globalDefault === true && (best === undefined || candidate.value < best.value)) best = candidate;
    }
    return best;
  }

  #tolerations(given: readonly Toleration[]): readonly Toleration[] {
    const added: Toleration[] = [];
    const add = (key: string, tolerationSeconds: number): void => {
      if (!given.some((toleration) => tolerates(toleration, key))) {
        added.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds });
      }
    };
    add(NOT_READY, this.#settings.defaultNotReadyTolerationSeconds);
    add(UNREACHABLE, this.#settings.defaultUnreachableTolerationSeconds);
    return added.length === 0 ? given : [...given, ...added];
  }
}

/**
 * TaintNodesByCondition: a node that registers starts with the not-ready taint until its controller clears it. One that
 * brings Ready=True was there before the run.
 */
function taintedNode(node: KubeNode): KubeNode {
  const { conditions = [] } = node.status;
  if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return node;
  const taints = node.spec.taints ?? [];
  if (taints.some((taint) => taint.key === NOT_READY && taint.effect === 'NoSchedule')) return node;
  const taint: Taint = { key: NOT_READY, effect: 'NoSchedule' };
  return { ...node, spec: { ...node.spec, taints: [...taints, taint] } };
}
