import type { ObjectMetaInput, StringMap } from '../../sim/api/meta.ts';
import { describeValue } from '../input-error.ts';
import type { DocumentPath } from '../input-error.ts';
import { Misfit } from './misfit.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const LABEL_RULE = 'up to 63 lower-case letters, digits and "-", beginning and ending with a letter or digit';
const SUBDOMAIN_RULE = 'up to 253 lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit';
const VALUE_RULE =
  'up to 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit, or nothing';
const KEY_RULE = 'a name of up to 63 letters, digits, "-", "_" and ".", with a domain and "/" before it if need be';

/** Kinds whose names become part of a DNS label (RFC 1123; RFC 1035 for Services). */
const LABEL_NAMED = new Set(['Namespace', 'Service']);

/** An RFC 1123 label (container names, namespaces). */
export function checkLabelName(name: string, path: DocumentPath): void {
  if (name.length <= 63 && LABEL.test(name)) return;
  throw new Misfit(path, { message: 'not a valid name', found: describeValue(name), allowed: LABEL_RULE });
}

function checkName(name: string, kind: string, path: DocumentPath): void {
  if (LABEL_NAMED.has(kind)) {
    checkLabelName(name, path);
  } else if (name.length > 253 || !SUBDOMAIN.test(name)) {
    throw new Misfit(path, { message: 'not a valid name', found: describeValue(name), allowed: SUBDOMAIN_RULE });
  }
}

/** A label's or annotation's key: an optional domain, a slash, a name. */
export function checkKey(key: string, path: DocumentPath): void {
  const slash = key.indexOf('/');
  const domain = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  const good = QUALIFIED.test(name) && name.length <= 63 && (domain === undefined || SUBDOMAIN.test(domain));
  if (!good)
    throw new Misfit(path, { message: 'not a valid key', found: describeValue(key), allowed: KEY_RULE }, 'key');
}

/** Label values seen to be good already: workloads repeat a few. */
const goodValues = new Set<string>(['']);

export function checkLabelValue(value: string, path: DocumentPath): void {
  if (goodValues.has(value)) return;
  if (value.length > 63 || !QUALIFIED.test(value)) {
    throw new Misfit(path, { message: 'not a valid label value', found: describeValue(value), allowed: VALUE_RULE });
  }
  if (goodValues.size < 10_000) goodValues.add(value);
}

const goodKeys = new Set<string>();

function checkKeys(map: StringMap, path: DocumentPath): void {
  for (const key of Object.keys(map)) {
    if (goodKeys.has(key)) continue;
    checkKey(key, [...path, key]);
    if (goodKeys.size < 10_000) goodKeys.add(key);
  }
}

export function checkLabels(labels: StringMap | undefined, path: DocumentPath): void {
  if (labels === undefined) return;
  checkKeys(labels, path);
  for (const [key, value] of Object.entries(labels)) checkLabelValue(value, [...path, key]);
}

/** Labels and annotations of an object or a pod template. */
export function checkMaps(metadata: ObjectMetaInput | undefined): void {
  checkLabels(metadata?.labels, ['metadata', 'labels']);
  if (metadata?.annotations !== undefined) checkKeys(metadata.annotations, ['metadata', 'annotations']);
}

/** A whole object's metadata: a name it must have, or the beginning of one. */
export function checkMetadata(metadata: ObjectMetaInput | undefined, kind: string, namespaced: boolean): void {
  const name = metadata?.name;
  if (name === undefined || name === '') {
    const generated = metadata?.generateName;
    if (generated === undefined || generated === '') {
      throw new Misfit(['metadata', 'name'], { message: `the ${kind} has no name`, allowed: SUBDOMAIN_RULE });
    }
    checkName(`${generated}x`, kind, ['metadata', 'generateName']);
  } else {
    checkName(name, kind, ['metadata', 'name']);
  }
  const namespace = metadata?.namespace;
  if (namespace !== undefined && namespace !== '') {
    if (!namespaced) {
      const problem = { message: `a ${kind} belongs to the whole cluster and has no namespace`, found: namespace };
      throw new Misfit(['metadata', 'namespace'], problem);
    }
    checkLabelName(namespace, ['metadata', 'namespace']);
  }
  checkMaps(metadata);
}
