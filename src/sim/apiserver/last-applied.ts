import type { Draft, KubeObject, StringMap } from '../api/meta.ts';
import type { Kind } from '../api/kinds.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { isObject } from './merge-patch.ts';

/** What was applied to an object last, and to which of that name. */
interface Applied {
  readonly uid: string;
  readonly draft: Draft;
}

/**
 * What `kubectl apply` has said of each object: what kubectl itself keeps in an annotation. A field that it set and no
 * longer sets goes; one that others have set (an autoscaler's replicas, a pause) stays.
 */
export class LastApplied implements Saveable {
  readonly #applied = new Map<string, Applied>();

  /** Remembers that a draft was applied; pods' specs do not change, so theirs need not be kept. */
  note(kind: Kind, object: KubeObject, draft: Draft): void {
    if (kind === 'Pod') return;
    const { namespace = '', name, uid } = object.metadata;
    this.#applied.set(`${kind}/${namespace}/${name}`, { uid, draft });
  }

  /** The object as applying a draft leaves it. */
  merged(live: KubeObject, draft: Draft): KubeObject {
    const { namespace = '', name, uid } = live.metadata;
    const known = this.#applied.get(`${live.kind}/${namespace}/${name}`);
    const last = known?.uid === uid ? known.draft : undefined;
    const { metadata, ...content } = draft as Draft & { readonly status?: unknown };
    const { metadata: lastMetadata, ...lastContent } = last ?? { metadata: undefined };
    const { metadata: own, ...rest } = live as KubeObject & { readonly status?: unknown };
    const part = (field: 'labels' | 'annotations'): object => {
      const value = threeWay(lastMetadata?.[field], own[field], metadata[field] ?? {}) as StringMap;
      return own[field] === undefined && Object.keys(value).length === 0 ? {} : { [field]: value };
    };
    const merged = threeWay(lastContent, rest, content) as object;
    const status = rest.status === undefined ? {} : { status: rest.status };
    return { ...merged, ...status, metadata: { ...own, ...part('labels'), ...part('annotations') } } as KubeObject;
  }

  save(): [string, Applied][] {
    return [...this.#applied];
  }

  restore(saved: unknown): void {
    this.#applied.clear();
    for (const [key, applied] of saved as [string, Applied][]) this.#applied.set(key, applied);
  }
}

/** What is to be, over what is, without what was said before and is not any more. Lists are replaced as a whole. */
export function threeWay(last: unknown, live: unknown, next: unknown): unknown {
  if (!isObject(next) || !isObject(live)) return next;
  const result: Record<string, unknown> = { ...live };
  if (isObject(last)) for (const key in last) if (next[key] === undefined) delete result[key];
  for (const [key, value] of Object.entries(next)) {
    if (value !== undefined) result[key] = threeWay(isObject(last) ? last[key] : undefined, live[key], value);
  }
  return result;
}
