import { isObject } from './merge-patch.ts';

/**
 * How a list merges: by the keys of its items, as a set of values, or not at all (it is replaced as a whole). Strategic
 * merge patch goes by the first key, server-side apply by all of them.
 */
export type ListMerging = readonly string[] | 'set' | undefined;

/**
 * Lists that merge, by their field's name, which says enough among the kinds that are served. Source: patchMergeKey and
 * listMapKey markers of k8s.io/api.
 */
const BY_KEY: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  schedulingGates: ['name'],
  resourceClaims: ['name'],
  conditions: ['type'],
  addresses: ['type'],
  podIPs: ['ip'],
  ownerReferences: ['uid'],
  secrets: ['name'],
  validations: ['expression'],
  matchConditions: ['name'],
  variables: ['name'],
};

/** Lists of plain values without order. */
const SETS = new Set(['finalizers']);

/** What stands where a key of an item is absent. */
const KEY_DEFAULTS: Readonly<Record<string, string>> = { protocol: 'TCP' };

/** How the list in a field merges; `items` are some of its items, which tell ports of containers from those of Services. */
export function mergingOf(field: string, items: readonly unknown[]): ListMerging {
  if (field === 'ports') {
    const [first] = items;
    if (!isObject(first)) return undefined;
    if ('containerPort' in first) return ['containerPort', 'protocol'];
    return 'port' in first ? ['port', 'protocol'] : undefined;
  }
  return SETS.has(field) ? 'set' : BY_KEY[field];
}

/** The item's values under the keys. */
export function keysOf(item: unknown, keys: readonly string[]): Readonly<Record<string, unknown>> {
  const fields = isObject(item) ? item : {};
  return Object.fromEntries(keys.map((key) => [key, fields[key] ?? KEY_DEFAULTS[key]]));
}
