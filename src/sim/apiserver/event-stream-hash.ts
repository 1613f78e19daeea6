import type { Pod } from '../api/core.ts';
import type { Change } from '../etcd/store.ts';
import type { Saveable } from '../kernel/saveable.ts';

/** What of a change tells two runs apart: when, what, whose, and for a pod where it is and how it does. */
function textOf({ time, type, kind, key, version, object }: Change): string {
  const text = `${time} ${type} ${kind} ${key} ${version} ${object.metadata.uid} ${object.metadata.generation}`;
  if (kind !== 'Pod') return text;
  const { spec, status } = object as Pod;
  let pod = `${text} ${spec.nodeName} ${status.phase} ${object.metadata.deletionTimestamp}`;
  for (const condition of status.conditions ?? []) pod += ` ${condition.type}${condition.status}`;
  return pod;
}

/** A running 64-bit hash of all writes in order. Two runs that did the same have the same one, at any instant. */
export class EventStreamHash implements Saveable {
  #low = 0x811c9dc5 | 0;
  #high = 0x9e3779b9 | 0;

  add(change: Change): void {
    const text = textOf(change);
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x85ebca6b) ^ (low >>> 15);
    }
    this.#low = low;
    this.#high = high;
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
