import type { QueuePolicy } from '../../sim/controllers/queue-policy.ts';

/** Whatever came last is worked on first. */
export const newestFirst: QueuePolicy = {
  name: 'newest-first',
  next: (waiting) => waiting.at(-1) as string,
};

/** Namespaces take turns, so that one with thousands of objects does not hold up the others. */
export const fairNamespaces: QueuePolicy = {
  name: 'fair-namespaces',
  next(waiting, last) {
    const before = last === undefined ? '' : namespaceOf(last);
    let first: string | undefined;
    let after: string | undefined;
    for (const key of waiting) {
      const namespace = namespaceOf(key);
      if (first === undefined || namespace < namespaceOf(first)) first = key;
      if (namespace > before && (after === undefined || namespace < namespaceOf(after))) after = key;
    }
    return (after ?? first) as string;
  },
};

/** Parameters of `batching`. */
export interface BatchingParams {
  readonly seconds: number;
  readonly controllers?: readonly string[] | undefined;
}

/** Events of one object are collected for a while, so that many of them become one sync: fewer syncs, later ones. */
export function batching({ seconds, controllers }: BatchingParams): QueuePolicy {
  return {
    name: 'batching',
    batchSeconds: (controller) => (controllers === undefined || controllers.includes(controller) ? seconds : 0),
  };
}

function namespaceOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? '' : key.slice(0, slash);
}
