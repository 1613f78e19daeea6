/** A point in calendar time as the API server serialises it: RFC 3339, UTC, whole seconds. */
export type Timestamp = string;

/** Which object owns this one, as the garbage collector and the controllers read it. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** The one owner that manages the object. */
  readonly controller?: boolean;
  /** Foreground deletion of the owner waits for this object. */
  readonly blockOwnerDeletion?: boolean;
}

export type StringMap = Readonly<Record<string, string>>;

/** The fields of an object that one manager has set (server-side apply). */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: Timestamp;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSetJson;
  readonly subresource?: string;
}

/** A set of fields as FieldsV1 writes it; an empty one is a leaf. */
export interface FieldSetJson {
  readonly [element: string]: FieldSetJson;
}

/** What every stored object has. An object is immutable: a write makes a new one that shares what did not change. */
export interface ObjectMeta {
  readonly name: string;
  /** Empty string or absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly generateName?: string;
  /** Its first eight hexadecimal digits are the object's identity for random draws (see uid.ts). */
  readonly uid: string;
  /** Revision of the last write, in decimal. */
  readonly resourceVersion: string;
  /** Counts changes of `spec`. */
  readonly generation?: number;
  readonly creationTimestamp: Timestamp;
  readonly deletionTimestamp?: Timestamp;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  /** Kept only for objects that something was applied to on the server's side. */
  readonly managedFields?: readonly ManagedFields[];
}

/** Metadata as a client may send it: the server fills in the rest. */
export type ObjectMetaInput = Partial<ObjectMeta>;

/** Any stored object. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** Any object on its way in, before the server has named, numbered and defaulted it. */
export type Draft<T extends KubeObject = KubeObject> = Omit<T, 'metadata' | 'status'> & {
  readonly metadata: ObjectMetaInput;
  readonly status?: unknown;
};

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels?: StringMap;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

/** The form all conditions share. `status` is 'True', 'False' or 'Unknown'. */
export interface Condition<Type extends string = string> {
  readonly type: Type;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: Timestamp;
  readonly lastHeartbeatTime?: Timestamp;
  readonly lastUpdateTime?: Timestamp;
  readonly lastProbeTime?: Timestamp | null;
  readonly observedGeneration?: number;
}

/** A whole number or a percentage such as "25%". */
export type IntOrString = number | string;
