import type { KeyRange } from './kv-messages.ts';

/** A range's end that stands for all keys from its beginning on. */
const TO_THE_END = '\0';

/** Whether a range holds a key. */
export function inRange({ key: from, rangeEnd }: KeyRange, key: string): boolean {
  if (rangeEnd === undefined || rangeEnd === '') return key === from;
  return key >= from && (rangeEnd === TO_THE_END || key < rangeEnd);
}

/** The end of the range of all keys with a prefix: the prefix with its last character raised by one. */
export function prefixEnd(prefix: string): string {
  if (prefix === '') return TO_THE_END;
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
