import type { KubeNode, Pod } from '../../sim/api/core.ts';
import { CLAIM_FINALIZER } from '../../sim/api/resource.ts';
import type { AllocationResult, ResourceClaim, ResourceClaimSpec } from '../../sim/api/resource.ts';
import type { PatchRequest } from '../../sim/apiserver/request.ts';
import { keyOf } from '../../sim/apiserver/request.ts';
import { allocate, alternativesOf } from '../../sim/devices/allocator.ts';
import { AllocationError, NodeAllocationError } from '../../sim/devices/ask.ts';
import { canBeReserved, isReservedFor, podClaims, usesClaims } from '../../sim/devices/pod-claims.ts';
import { selects } from '../../sim/devices/pools.ts';
import type { Pool } from '../../sim/devices/pools.ts';
import type { Cycle, DeviceObjects, Plugin, PluginHandle, Waiting } from '../../sim/scheduler/framework.ts';
import { SKIP, unresolvable } from '../../sim/scheduler/status.ts';
import type { Status } from '../../sim/scheduler/status.ts';
import { deviceEvents } from './dynamic-resources-events.ts';

const NAME = 'DynamicResources';

const IN_USE = unresolvable('resourceclaim in use');
const NO_DEVICES = unresolvable('cannot allocate all claims');
const ELSEWHERE = unresolvable('resourceclaim not available on the node');

/** What PreFilter finds out for Filter and PostFilter. */
interface Found {
  readonly claims: readonly ResourceClaim[];
  /** Those of them that have no devices yet. */
  readonly open: readonly ResourceClaim[];
  /** Claims with devices that some node could not reach. */
  readonly elsewhere: Set<ResourceClaim>;
}

/** Whether a node's devices do for claims of these specs, as long as the version is the same. */
interface Known {
  readonly specs: readonly ResourceClaimSpec[];
  readonly version: number;
  readonly fits: boolean;
}

/** What Reserve leaves for PreBind: the claims in their order, and how far it has come with them. */
interface Bindings {
  readonly claims: readonly {
    readonly key: string;
    readonly uid: string;
    readonly allocation?: AllocationResult;
  }[];
  done: number;
  /** The version of the claim that the latest request was made from. */
  sent: string;
}

/** How long PreBind waits to see what it has written, and how long altogether: an assumption, the original has no limit. */
const LOOK_AGAIN_SECONDS = 0.01;
const PATIENCE_SECONDS = 60;

/**
 * Devices for pods with ResourceClaims (structured parameters, resource.k8s.io/v1): Filter looks for devices on each node,
 * Reserve takes those of the chosen one, PreBind writes allocation and reservation.
 * Source: plugins/dynamicresources/dynamicresources.go.
 */
export function dynamicResources({ objects, draws }: PluginHandle): Plugin {
  const { devices } = objects;
  const known = new WeakMap<readonly Pool[], Known>();
  const foundIn = ({ state }: Cycle): Found | undefined => state.get(NAME) as Found | undefined;
  const bindingsIn = ({ bindingState }: Cycle): Bindings | undefined => bindingState.get(NAME) as Bindings | undefined;

  return {
    name: NAME,
    repeatable: true,
    events: devices === undefined ? [] : deviceEvents(devices),
    preEnqueue({ pod }) {
      if (devices === undefined || !usesClaims(pod)) return undefined;
      const claims = podClaims(pod, (key) => devices.claim(key));
      return typeof claims === 'string' ? unresolvable(claims) : undefined;
    },
    preFilter({ state }, { pod }) {
      if (devices === undefined || !usesClaims(pod)) return SKIP;
      state.set(NAME, { claims: [], open: [], elsewhere: new Set() } satisfies Found);
      const found = find(devices, pod);
      if ('code' in found) return found;
      state.set(NAME, found);
      return found.claims.length === 0 ? SKIP : undefined;
    },
    filter(cycle, _pod, { node }) {
      const { claims, open, elsewhere } = foundIn(cycle) as Found;
      const outOfReach = claims.filter((claim) => !isWithinReach(claim, node));
      const problem = open.length > 0 ? lacks(open, node) : undefined;
      if (problem !== undefined) return problem;
      for (const claim of outOfReach) elsewhere.add(claim);
      return outOfReach.length > 0 ? ELSEWHERE : undefined;
    },
    postFilter(cycle, pod, { preFilterStatus }, attemptNumber) {
      const found = foundIn(cycle);
      // Its own state is missing where PreFilter ended before it.
      if (found === undefined && preFilterStatus !== undefined) return { message: 'not found', failed: true };
      if (found === undefined || found.claims.length === 0) return { message: 'no new claims to deallocate' };
      const free = [...found.elsewhere].filter(
        ({ status }) =>
          status?.reservedFor === undefined || status.reservedFor.every(({ uid }) => uid === pod.pod.metadata.uid),
      );
      if (free.length === 0) return { message: 'still not schedulable' };
      const claim = free[draws(pod, attemptNumber, free.length)] as ResourceClaim;
      const requests = [statusPatch(claim, { allocation: null, reservedFor: null })];
      return { message: 'deallocation of ResourceClaim completed', requests };
    },
    reserve(cycle, { pod }, { node }) {
      if (devices === undefined || !usesClaims(pod)) return undefined;
      const found = find(devices, pod);
      if ('code' in found) return found;
      const { claims, open } = found;
      if (claims.length === 0) return undefined;
      const allocations = attempt(() => allocate(open, node, devices.pools(node), devices));
      if (allocations === undefined) return NO_DEVICES;
      if ('code' in allocations) return allocations;
      const bindings: Bindings = {
        claims: claims.map((claim) => entryOf(claim, open, allocations)),
        done: 0,
        sent: '',
      };
      for (const { uid, allocation } of bindings.claims)
        if (allocation !== undefined) devices.setPending(uid, allocation);
      cycle.bindingState.set(NAME, bindings);
      return undefined;
    },
    unreserve(cycle, { pod }) {
      const bindings = bindingsIn(cycle);
      if (devices === undefined || bindings === undefined) return undefined;
      const requests: PatchRequest[] = [];
      for (const { key, uid } of bindings.claims) {
        devices.clearPending(uid);
        const claim = devices.claim(key);
        if (claim?.metadata.uid !== uid || !isReservedFor(claim, pod)) continue;
        const reservedFor = (claim.status?.reservedFor ?? []).filter((other) => other.uid !== pod.metadata.uid);
        requests.push(statusPatch(claim, { reservedFor }));
      }
      return requests;
    },
    preBind(cycle, { pod }) {
      const bindings = bindingsIn(cycle);
      if (devices === undefined || bindings === undefined) return undefined;
      for (; bindings.done < bindings.claims.length; bindings.done++, bindings.sent = '') {
        const answer = bindClaim(devices, bindings, pod);
        if (answer !== undefined) return answer;
      }
      return undefined;
    },
  };

  /** Why the node's devices do not do; most pods ask for what the one before them asked for, on nodes where nothing changed. */
  function lacks(open: readonly ResourceClaim[], node: KubeNode): Status | undefined {
    const pools = (devices as DeviceObjects).pools(node);
    const version = (devices as DeviceObjects).version(pools);
    const before = known.get(pools);
    const isKnown =
      before?.version === version &&
      before.specs.length === open.length &&
      open.every(({ spec }, i) => spec === before.specs[i]);
    if (isKnown) return before.fits ? undefined : NO_DEVICES;
    const allocations = attempt(() => allocate(open, node, pools, devices as DeviceObjects));
    // What an error says is about these claims.
    if (allocations !== undefined && 'code' in allocations) return allocations;
    const fits = allocations !== undefined;
    known.set(pools, { specs: open.map(({ spec }) => spec), version, fits });
    return fits ? undefined : NO_DEVICES;
  }
}

/** What a pod's claims come to, or why it cannot be scheduled now. */
function find(devices: DeviceObjects, pod: Pod): Found | Status {
  const claims = podClaims(pod, (key) => devices.claim(key));
  if (typeof claims === 'string') return unresolvable(claims);
  const open: ResourceClaim[] = [];
  for (const claim of claims) {
    if (claim.status?.allocation !== undefined) {
      if (!canBeReserved(claim) && !isReservedFor(claim, pod)) return IN_USE;
      continue;
    }
    open.push(claim);
    if (devices.isPending(claim.metadata.uid)) {
      return unresolvable(`resource claim ${keyOf(claim)} is in the process of being allocated`);
    }
    for (const request of claim.spec.devices?.requests ?? []) {
      for (const { name, deviceClassName } of alternativesOf(request)) {
        if (devices.deviceClass(deviceClassName) !== undefined) continue;
        const title = name === undefined ? request.name : `${request.name}/${name}`;
        return unresolvable(`request ${title}: device class ${deviceClassName} does not exist`);
      }
    }
  }
  return { claims, open, elsewhere: new Set() };
}

function isWithinReach({ status }: ResourceClaim, node: KubeNode): boolean {
  const selector = status?.allocation?.nodeSelector;
  return selector === undefined || selects(selector, node);
}

/** What is wrong with the node alone, or with the claims wherever they go. */
function attempt(run: () => AllocationResult[] | undefined): AllocationResult[] | Status | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof NodeAllocationError) return unresolvable(error.message);
    if (error instanceof AllocationError) return { code: 'Error', reasons: [error.message] };
    throw error;
  }
}

function entryOf(
  claim: ResourceClaim,
  open: readonly ResourceClaim[],
  allocations: readonly AllocationResult[],
): Bindings['claims'][number] {
  const entry = { key: keyOf(claim), uid: claim.metadata.uid };
  const allocation = allocations[open.indexOf(claim)];
  return allocation === undefined ? entry : { ...entry, allocation };
}

/**
 * The next step with a claim: the finalizer, then allocation and reservation; each is seen to be done before the next, and
 * made anew where someone else was faster. Undefined: the pod has it.
 */
function bindClaim(devices: DeviceObjects, bindings: Bindings, pod: Pod): Status | Waiting | undefined {
  const { key, uid, allocation } = bindings.claims[bindings.done] as Bindings['claims'][number];
  const claim = devices.claim(key);
  if (claim?.metadata.uid !== uid || claim.metadata.deletionTimestamp !== undefined) {
    return failure(`claim ${key} got deleted in the meantime`);
  }
  if (isReservedFor(claim, pod)) return undefined;
  if (allocation !== undefined && claim.status?.allocation !== undefined) {
    return failure(`claim ${key} got allocated elsewhere in the meantime`);
  }
  const wait = { code: 'Wait', timeoutSeconds: PATIENCE_SECONDS, pollSeconds: LOOK_AGAIN_SECONDS } as const;
  const { resourceVersion, finalizers = [] } = claim.metadata;
  if (bindings.sent === resourceVersion) return { ...wait, doing: `update of claim ${key}` };
  bindings.sent = resourceVersion;
  if (allocation !== undefined && !finalizers.includes(CLAIM_FINALIZER)) {
    const metadata = { uid, resourceVersion, finalizers: [...finalizers, CLAIM_FINALIZER] };
    return { ...wait, doing: `add finalizer to claim ${key}`, requests: [patchOf(claim, { metadata })] };
  }
  if (!canBeReserved(claim)) return failure(`add reservation to claim ${key}: too many pods`);
  const consumer = { resource: 'pods', name: pod.metadata.name, uid: pod.metadata.uid };
  const reservedFor = [...(claim.status?.reservedFor ?? []), consumer];
  const doing = `add ${allocation === undefined ? '' : 'allocation and '}reservation to claim ${key}`;
  const requests = [statusPatch(claim, { ...(allocation === undefined ? {} : { allocation }), reservedFor })];
  return { ...wait, doing, requests };
}

function failure(problem: string): Status {
  return { code: 'Error', reasons: [problem] };
}

function patchOf({ kind, metadata }: ResourceClaim, patch: object): PatchRequest {
  const { namespace = '', name } = metadata;
  return { verb: 'patch', kind, namespace, name, patch, ignore: ['Conflict'] };
}

function statusPatch(claim: ResourceClaim, status: object): PatchRequest {
  const { uid, resourceVersion } = claim.metadata;
  return { ...patchOf(claim, { metadata: { uid, resourceVersion }, status }), subresource: 'status' };
}
