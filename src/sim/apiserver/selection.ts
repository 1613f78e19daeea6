import { matchesSelector } from '../api/selectors.ts';
import type { KubeObject, LabelSelector } from '../api/meta.ts';

/** Which objects of a kind a list is to hold; all where nothing is said. */
export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: LabelSelector;
  /** As kubectl takes it: `spec.nodeName=node-1,status.phase!=Running`. */
  readonly fieldSelector?: string;
}

interface FieldRequirement {
  readonly path: readonly string[];
  readonly value: string;
  readonly equal: boolean;
}

/** Reads a field selector. Throws RangeError where a term is none. */
function parseFieldSelector(text: string): FieldRequirement[] {
  return text
    .split(',')
    .filter((term) => term.trim() !== '')
    .map((term) => {
      const match = /^\s*([A-Za-z0-9_.]+)\s*(!=|==|=)\s*(.*?)\s*$/.exec(term);
      if (match === null) throw new RangeError(`"${term}" is not a field selector term (path=value or path!=value)`);
      return { path: (match[1] as string).split('.'), value: match[3] as string, equal: match[2] !== '!=' };
    });
}

function fieldOf(object: unknown, path: readonly string[]): string {
  let value: unknown = object;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return '';
    value = (value as Record<string, unknown>)[step];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Decides for each object whether a list with these options holds it. A field that is absent counts as ''. */
export function selection(options: ListOptions): (object: KubeObject) => boolean {
  const { namespace, labelSelector } = options;
  const fields = options.fieldSelector === undefined ? [] : parseFieldSelector(options.fieldSelector);
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (labelSelector === undefined || matchesSelector(labelSelector, object.metadata.labels)) &&
    fields.every(({ path, value, equal }) => (fieldOf(object, path) === value) === equal);
}
