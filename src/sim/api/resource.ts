import type { NodeSelector } from './core.ts';
import type { KubeObject, ObjectMetaInput } from './meta.ts';

/** Dynamic resource allocation: resource.k8s.io/v1 (Kubernetes 1.34), as far as it is not behind alpha gates. */

/** The finalizer that keeps an allocated claim from going away. */
export const CLAIM_FINALIZER = 'resource.kubernetes.io/delete-protection';

/** Most devices that one claim can be allocated. Source: resource/v1 AllocationResultsMaxSize. */
export const MOST_DEVICES_OF_A_CLAIM = 32;

/** Most pods that can share a claim. Source: resource/v1 ResourceClaimReservedForMaxSize. */
export const MOST_CONSUMERS_OF_A_CLAIM = 256;

export interface DeviceSelector {
  readonly cel?: { readonly expression: string };
}

/** What one request asks for: so many devices of a class, or all that match. */
export interface DeviceAsk {
  readonly deviceClassName: string;
  readonly selectors?: readonly DeviceSelector[];
  readonly allocationMode?: 'ExactCount' | 'All';
  readonly count?: number;
  /** Devices are had beside their users, for monitoring. */
  readonly adminAccess?: boolean;
}

/** Exactly one of `exactly` and `firstAvailable`: the latter is a list of alternatives, best first. */
export interface DeviceRequest {
  readonly name: string;
  readonly exactly?: DeviceAsk;
  readonly firstAvailable?: readonly (DeviceAsk & { readonly name: string })[];
}

/** All devices of these requests (of all, where none are named) have the same value of the attribute. */
export interface DeviceConstraint {
  readonly requests?: readonly string[];
  readonly matchAttribute?: string;
}

export interface OpaqueConfiguration {
  readonly opaque?: { readonly driver: string; readonly parameters: unknown };
}

export interface ResourceClaimSpec {
  readonly devices?: {
    readonly requests?: readonly DeviceRequest[];
    readonly constraints?: readonly DeviceConstraint[];
    readonly config?: readonly (OpaqueConfiguration & { readonly requests?: readonly string[] })[];
  };
}

export interface AllocatedDevice {
  /** The request, or `request/subrequest`. */
  readonly request: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly adminAccess?: boolean;
}

export interface AllocatedConfiguration extends OpaqueConfiguration {
  readonly source: 'FromClass' | 'FromClaim';
  readonly requests?: readonly string[];
}

export interface AllocationResult {
  readonly devices: {
    readonly results: readonly AllocatedDevice[];
    readonly config?: readonly AllocatedConfiguration[];
  };
  /** Where the devices can be used; absent: everywhere. */
  readonly nodeSelector?: NodeSelector;
}

export interface ClaimConsumer {
  readonly resource: string;
  readonly name: string;
  readonly uid: string;
}

export interface ResourceClaim extends KubeObject {
  readonly kind: 'ResourceClaim';
  readonly spec: ResourceClaimSpec;
  readonly status?: {
    readonly allocation?: AllocationResult;
    readonly reservedFor?: readonly ClaimConsumer[];
  };
}

export interface ResourceClaimTemplate extends KubeObject {
  readonly kind: 'ResourceClaimTemplate';
  readonly spec: { readonly metadata?: ObjectMetaInput; readonly spec: ResourceClaimSpec };
}

export interface DeviceClass extends KubeObject {
  readonly kind: 'DeviceClass';
  readonly spec: { readonly selectors?: readonly DeviceSelector[]; readonly config?: readonly OpaqueConfiguration[] };
}

/** One of its fields is set. */
export interface DeviceAttribute {
  readonly int?: number;
  readonly bool?: boolean;
  readonly string?: string;
  readonly version?: string;
}

export interface Device {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, DeviceAttribute>>;
  readonly capacity?: Readonly<Record<string, { readonly value: string }>>;
  /** Partitionable devices, device binding conditions: alpha in 1.34, so such devices are never given out. */
  readonly consumesCounters?: readonly unknown[];
  readonly bindingConditions?: readonly string[];
}

/** Devices of a driver: of one node, of nodes that are selected, or within reach of all. */
export interface ResourceSlice extends KubeObject {
  readonly kind: 'ResourceSlice';
  readonly spec: {
    readonly driver: string;
    readonly pool: { readonly name: string; readonly generation?: number; readonly resourceSliceCount: number };
    readonly nodeName?: string;
    readonly nodeSelector?: NodeSelector;
    readonly allNodes?: boolean;
    readonly perDeviceNodeSelection?: boolean;
    readonly devices?: readonly Device[];
  };
}
