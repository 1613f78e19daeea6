import type { KubeObject } from '../api/meta.ts';
import { objectKey } from '../apiserver/request.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';

/** After this time what did not show up is not waited for any more. Source: pkg/controller/controller_utils.go. */
const EXPECTATIONS_TIMEOUT: Micros = 5 * 60 * SECOND;

interface Expected {
  creations: number;
  /** Keys of the objects whose deletion is still to be seen. */
  readonly deletions: Set<string>;
  readonly since: Micros;
}

type ExpectedState = readonly [string, { creations: number; deletions: readonly string[]; since: Micros }];

/**
 * What a controller has asked for and its informers have not shown yet. Until they do, its cache must not be taken for
 * the truth: it would create or delete the same again.
 */
export class Expectations implements Saveable {
  #byKey = new Map<string, Expected>();

  /** Replaces what was expected for the key. `deletions` names the objects. */
  expect(key: string, creations: number, deletions: readonly string[], now: Micros): void {
    if (creations === 0 && deletions.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, { creations, deletions: new Set(deletions), since: now });
  }

  /** One was created, or will not be. */
  creationObserved(key: string): void {
    const expected = this.#byKey.get(key);
    if (expected === undefined || expected.creations === 0) return;
    expected.creations--;
    this.#dropIfMet(key, expected);
  }

  /** The object is going or gone, or will not be deleted. */
  deletionObserved(key: string, object: string): void {
    const expected = this.#byKey.get(key);
    if (expected?.deletions.delete(object) === true) this.#dropIfMet(key, expected);
  }

  /** What an informer shows of an object under its name: it is there, or going or gone. */
  observed(key: string, type: 'added' | 'modified' | 'deleted', { metadata }: KubeObject, name: string): void {
    if (type === 'deleted' || metadata.deletionTimestamp !== undefined) this.deletionObserved(key, name);
    else if (type === 'added') this.creationObserved(key);
  }

  /** A request for one of them will not be sent. */
  notAsked(key: string, { verb, namespace, name }: ApiRequest): void {
    if (verb === 'create') this.creationObserved(key);
    if (verb === 'delete') this.deletionObserved(key, objectKey(namespace, name));
  }

  /** Whether the cache can be trusted for the key. */
  satisfied(key: string, now: Micros): boolean {
    const expected = this.#byKey.get(key);
    return expected === undefined || now - expected.since > EXPECTATIONS_TIMEOUT;
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }

  #dropIfMet(key: string, expected: Expected): void {
    if (expected.creations === 0 && expected.deletions.size === 0) this.#byKey.delete(key);
  }

  save(): readonly ExpectedState[] {
    return [...this.#byKey].map(([key, expected]) => [key, { ...expected, deletions: [...expected.deletions] }]);
  }

  restore(saved: unknown): void {
    this.#byKey = new Map(
      (saved as readonly ExpectedState[]).map(([key, expected]) => [
        key,
        { ...expected, deletions: new Set(expected.deletions) },
      ]),
    );
  }
}
