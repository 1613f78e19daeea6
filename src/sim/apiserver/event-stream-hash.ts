import type { Pod } from '../api/core.ts';
import { identityOfObject } from '../api/uid.ts';
import type { Change } from '../etcd/store.ts';
import type { Saveable } from '../kernel/saveable.ts';

const TYPES = { ADDED: 1, MODIFIED: 2, DELETED: 3 } as const;

/**
 * A running 64-bit hash of all writes in order: when, what and whose, and for a pod where it is and how it does. Two runs
 * that did the same have the same one, at any instant.
 */
export class EventStreamHash implements Saveable {
  #low = 0x811c9dc5 | 0;
  #high = 0x9e3779b9 | 0;

  add({ time, type, kind, version, object }: Change): void {
    const { metadata } = object;
    this.#mix(time);
    this.#mix(Math.floor(time / 2 ** 32));
    this.#mix(TYPES[type] + 4 * kind.length + 1024 * version);
    this.#mix(identityOfObject(object));
    this.#mix(metadata.generation ?? 0);
    if (kind === 'Pod') this.#pod(object as Pod);
    else this.#text(kind);
  }

  #pod({ metadata, spec, status }: Pod): void {
    this.#text(spec.nodeName ?? '');
    this.#text(status.phase);
    this.#mix(metadata.deletionTimestamp === undefined ? 0 : 1);
    for (const { type, status: holds } of status.conditions ?? []) this.#mix(type.length * 256 + holds.charCodeAt(0));
    for (const { restartCount, ready } of status.containerStatuses ?? []) this.#mix(restartCount * 2 + Number(ready));
  }

  #text(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
  }

  /** FNV-1a's step on the one word, another multiplier fed by the first on the other. */
  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#high = Math.imul(this.#high ^ word, 0x85ebca6b) ^ (this.#low >>> 15);
  }

  /** Sixteen hexadecimal digits. */
  get value(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }

  save(): readonly [number, number] {
    return [this.#low, this.#high];
  }

  restore(saved: unknown): void {
    [this.#low, this.#high] = saved as [number, number];
  }
}
