import type { KubeNode, Pod } from '../api/core.ts';
import { kindInfo } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { ResourceClaim, ResourceClaimTemplate } from '../api/resource.ts';
import { matchesSelector } from '../api/selectors.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { PersistentVolumeClaim } from '../api/storage.ts';
import type { ResourceQuota } from '../api/workloads.ts';
import type { Entry, EtcdStore } from '../etcd/store.ts';
import type { ApiServerSettings } from '../settings.ts';
import { tolerating } from './admission/default-tolerations.ts';
import { forbidden } from './admission/forbidden.ts';
import { limited, limitViolations } from './admission/limit-ranger.ts';
import type { LimitRange } from './admission/limit-ranger.ts';
import { nodesSelected } from './admission/pod-node-selector.ts';
import { priorityOf } from './admission/priority.ts';
import { quotaCovers, quotaUsage } from './admission/quota-usage.ts';
import type { QuotaUsage } from './admission/quota-usage.ts';
import { quotaVerdict } from './admission/resource-quota.ts';
import { taintedNode } from './admission/taint-nodes.ts';
import { concerns, denialOf } from './admission/validating-policy.ts';
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Write,
} from './admission/validating-policy.ts';
import { objectKey } from './request.ts';
import { protectedObject, withDefaultClass } from './storage-admission.ts';

/** The admission plugins that are modelled, in the order of the chain; the names are --disable-admission-plugins'. */
export const ADMISSION_PLUGINS = [
  'LimitRanger',
  'ServiceAccount',
  'TaintNodesByCondition',
  'Priority',
  'DefaultTolerationSeconds',
  'DefaultStorageClass',
  'StorageObjectInUseProtection',
  'ValidatingAdmissionPolicy',
  'ResourceQuota',
] as const;

/** Plugins that are off unless --enable-admission-plugins names them. */
export const OPTIONAL_ADMISSION_PLUGINS = ['PodNodeSelector'] as const;

/** Kinds by which other objects are admitted. */
const RULES: ReadonlySet<Kind> = new Set([
  'PriorityClass',
  'LimitRange',
  'ServiceAccount',
  'ResourceQuota',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

const DEFAULT_ACCOUNT = 'default';
/** Source: resource/v1 DRAAdminNamespaceLabelKey. */
const ADMIN_ACCESS = 'resource.kubernetes.io/admin-access';

/** What admission makes of a spec, and for which namespace where that matters. */
interface AdmittedSpec {
  readonly version: number;
  readonly namespace: string;
  readonly spec: Pod['spec'];
  /** Annotations that go with it. */
  readonly annotations: Pod['metadata']['annotations'];
}

/** An object as admission lets it be written, or why it does not. */
type Admitted = KubeObject | ApiStatus;

/**
 * The admission chain: plugins that complete what is created (LimitRanger, ServiceAccount, TaintNodesByCondition,
 * PodNodeSelector, Priority, DefaultTolerationSeconds, DefaultStorageClass, StorageObjectInUseProtection), then those that judge it
 * (ValidatingAdmissionPolicy, ResourceQuota). Those that nothing in the cluster calls for cost nothing.
 */
export class Admission {
  readonly #store: EtcdStore;
  readonly #settings: ApiServerSettings;
  /** Pods of one template share one spec before admission, and share the admitted one after it. */
  readonly #admittedSpecs = new WeakMap<object, AdmittedSpec>();
  /** Counts changes to what specs are admitted by: what was resolved before one may be stale. */
  #version = 0;
  /** Whether namespaces may differ in how they complete pods. */
  #local = false;
  /** Whether there is anything that judges creations, and updates and deletions. */
  #judges = false;
  #policies = false;
  #stale = true;

  constructor(store: EtcdStore, settings: ApiServerSettings) {
    this.#store = store;
    this.#settings = settings;
  }

  /** Called for each write: of some kinds they change how others are admitted. */
  written(kind: Kind): void {
    if (!RULES.has(kind)) return;
    this.#stale = true;
    if (kind !== 'ResourceQuota') this.#version++;
  }

  /** After a restore: nothing that was resolved counts. */
  forget(): void {
    this.#stale = true;
    this.#version++;
  }

  #refresh(): void {
    this.#stale = false;
    const has = (kind: Kind): boolean => this.#store.count(kind) > 0;
    this.#local = (this.#isOn('LimitRanger') && has('LimitRange')) || this.#selectsNodes || has('ServiceAccount');
    this.#policies =
      this.#isOn('ValidatingAdmissionPolicy') &&
      has('ValidatingAdmissionPolicy') &&
      has('ValidatingAdmissionPolicyBinding');
    this.#judges = this.#policies || has('LimitRange') || (this.#isOn('ResourceQuota') && has('ResourceQuota'));
  }

  /** Completes an object that is created. */
  admit(object: KubeObject): Admitted {
    if (this.#stale) this.#refresh();
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

  /** Whether creations have to be judged. */
  get judges(): boolean {
    if (this.#stale) this.#refresh();
    return this.#judges;
  }

  /** Whether updates and deletions have to be judged. */
  get judgesAll(): boolean {
    if (this.#stale) this.#refresh();
    return this.#policies;
  }

  /** What speaks against a creation. `charge` writes a quota that the object counts in. */
  judgeCreation(
    object: KubeObject,
    user: string,
    charge: (entry: Entry, quota: ResourceQuota) => void,
  ): ApiStatus | undefined {
    const beyond = this.#isOn('LimitRanger') ? this.#beyondLimits(object) : undefined;
    return (
      beyond ??
      this.judgePolicies({ operation: 'CREATE', object, oldObject: undefined, user }) ??
      (this.#isOn('ResourceQuota') ? this.#beyondQuota(object, charge) : undefined)
    );
  }

  #beyondLimits(object: KubeObject): ApiStatus | undefined {
    if (object.kind !== 'Pod' && object.kind !== 'PersistentVolumeClaim') return undefined;
    const violations = limitViolations(object, this.#ranges(object.metadata.namespace ?? ''));
    if (violations.length === 0) return undefined;
    return forbidden(object, violations.length === 1 ? (violations[0] as string) : `[${violations.join(', ')}]`);
  }

  #beyondQuota(object: KubeObject, charge: (entry: Entry, quota: ResourceQuota) => void): ApiStatus | undefined {
    const { namespace } = object.metadata;
    const verdicts: [Entry, ResourceQuota][] = [];
    for (const entry of this.#store.list('ResourceQuota')) {
      const quota = entry.object as ResourceQuota;
      if (quota.metadata.namespace !== namespace || quota.metadata.uid === object.metadata.uid) continue;
      const verdict = quotaVerdict(quota, object, () => this.#used(quota));
      if (verdict === undefined) continue;
      if ('refusal' in verdict) return forbidden(object, verdict.refusal);
      verdicts.push([entry, verdict.charged]);
    }
    for (const [entry, charged] of verdicts) charge(entry, charged);
    return undefined;
  }

  /** What a quota's namespace uses, counted anew. */
  #used(quota: ResourceQuota): QuotaUsage {
    const total = new Map<string, number>();
    for (const kind of this.#store.kinds()) {
      for (const { object } of this.#store.list(kind)) {
        if (object.metadata.namespace !== quota.metadata.namespace || !quotaCovers(quota, object)) continue;
        for (const [name, amount] of quotaUsage(object)) total.set(name, (total.get(name) ?? 0) + amount);
      }
    }
    return total;
  }

  /** What policies say against a write. */
  judgePolicies(write: Omit<Write, 'namespaceObject'>): ApiStatus | undefined {
    if (!this.#policies) return undefined;
    const subject = (write.object ?? write.oldObject) as KubeObject;
    const { namespace } = subject.metadata;
    const namespaceObject = namespace === undefined ? undefined : this.#store.get('Namespace', namespace)?.object;
    const whole = { ...write, namespaceObject };
    for (const { object } of this.#store.list('ValidatingAdmissionPolicyBinding')) {
      const binding = object as ValidatingAdmissionPolicyBinding;
      const policy = this.#store.get('ValidatingAdmissionPolicy', binding.spec.policyName)?.object as
        ValidatingAdmissionPolicy | undefined;
      if (policy === undefined || binding.spec.validationActions?.includes('Deny') !== true) continue;
      if (!concerns(policy.spec.matchConstraints, whole) || !concerns(binding.spec.matchResources, whole)) continue;
      for (const params of this.#paramsOf(policy, binding, namespace)) {
        const denial = denialOf(policy, binding.metadata.name, whole, params);
        if (denial === undefined) continue;
        return failure(denial.reason, forbidden(subject, denial.message).message);
      }
    }
    return undefined;
  }

  #paramsOf(
    { spec }: ValidatingAdmissionPolicy,
    binding: ValidatingAdmissionPolicyBinding,
    namespace = '',
  ): readonly (KubeObject | undefined)[] {
    const { paramRef } = binding.spec;
    if (spec.paramKind === undefined || paramRef === undefined) return [undefined];
    const { kind } = spec.paramKind;
    const home = kindInfo(kind)?.namespaced === true ? (paramRef.namespace ?? namespace) : '';
    if (paramRef.name !== undefined) {
      const found = this.#store.get(kind, objectKey(home, paramRef.name))?.object;
      return found === undefined && paramRef.parameterNotFoundAction === 'Allow' ? [] : [found];
    }
    const all = [...this.#store.list(kind)].map(({ object }) => object);
    return all.filter(
      ({ metadata }) => (metadata.namespace ?? '') === home && matchesSelector(paramRef.selector, metadata.labels),
    );
  }

  #isOn(plugin: (typeof ADMISSION_PLUGINS)[number]): boolean {
    return !this.#settings.disableAdmissionPlugins.includes(plugin);
  }

  get #selectsNodes(): boolean {
    return this.#settings.enableAdmissionPlugins.includes('PodNodeSelector');
  }

  #pod(pod: Pod): Admitted {
    const { namespace = '' } = pod.metadata;
    const known = this.#admittedSpecs.get(pod.spec);
    if (known?.version === this.#version && (!this.#local || known.namespace === namespace))
      return completed(pod, known);
    const local = this.#local ? this.#localPod(pod, namespace) : pod;
    if (local.kind !== 'Pod') return local;
    const { spec: given, metadata } = local as Pod;
    const priority = this.#isOn('Priority') ? priorityOf(pod, this.#store) : {};
    if ('reason' in priority) return priority;
    const { tolerations = [] } = given;
    const tolerated = this.#isOn('DefaultTolerationSeconds') ? tolerating(tolerations, this.#settings) : tolerations;
    const account = this.#isOn('ServiceAccount')
      ? { serviceAccountName: given.serviceAccountName ?? DEFAULT_ACCOUNT }
      : {};
    const spec = { ...given, ...priority, ...account, tolerations: tolerated };
    const annotations = metadata === pod.metadata ? undefined : metadata.annotations;
    const admitted: AdmittedSpec = { version: this.#version, namespace, spec, annotations };
    this.#admittedSpecs.set(pod.spec, admitted);
    return completed(pod, admitted);
  }

  /** What the pod's namespace makes of it. */
  #localPod(pod: Pod, namespace: string): Admitted {
    const ranges = this.#isOn('LimitRanger') ? this.#ranges(namespace) : [];
    const within = ranges.length === 0 ? pod : limited(pod, ranges);
    const account = pod.spec.serviceAccountName ?? DEFAULT_ACCOUNT;
    // The real plugin looks for the default account ten times within two seconds, until its controller has made it.
    const missing =
      account !== DEFAULT_ACCOUNT &&
      this.#store.count('ServiceAccount') > 0 &&
      this.#store.get('ServiceAccount', objectKey(namespace, account)) === undefined;
    if (missing && this.#isOn('ServiceAccount')) {
      return forbidden(
        pod,
        `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
      );
    }
    return this.#selectsNodes ? nodesSelected(within, this.#store.get('Namespace', namespace)?.object) : within;
  }

  #ranges(namespace: string): readonly LimitRange[] {
    const ranges: LimitRange[] = [];
    for (const { object } of this.#store.list('LimitRange')) {
      if (object.metadata.namespace === namespace) ranges.push(object as LimitRange);
    }
    return ranges;
  }
}

function completed(pod: Pod, { spec, annotations }: AdmittedSpec): Pod {
  if (annotations === undefined) return { ...pod, spec };
  const metadata = { ...pod.metadata, annotations: { ...annotations, ...pod.metadata.annotations } };
  return { ...pod, metadata, spec };
}
