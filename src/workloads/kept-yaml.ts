import { deserialize, serialize } from 'node:v8';
import { TOP, YamlSource } from './yaml.ts';
import type { Embedding } from './yaml.ts';

/**
 * YAML texts that are parsed once as long as they say the same, for those who do one run after the other, and on one
 * thread for all. What is kept is not to be changed.
 */

/** So many texts are kept at most, and as long as they hold no more characters than this together. */
const MOST_TEXTS = 64;
const MOST_CHARACTERS = 64 * 2 ** 20;

/** Those read, the longest unused first; absent where nothing is kept. */
let kept: Map<string, YamlSource> | undefined;

/** From now on texts are kept. */
export function keepYaml(): void {
  kept ??= new Map();
}

/** A text that is called `name`, parsed; the one that is kept where that says the same. */
export function parsedYaml(name: string, text: string, embedding: Embedding = TOP): YamlSource {
  if (kept === undefined) return new YamlSource(name, text, embedding);
  const key = keyOf(name, text, embedding);
  const known = kept.get(key) ?? new YamlSource(name, text, embedding);
  kept.delete(key);
  kept.set(key, known);
  forgetUnused(kept);
  return known;
}

function keyOf(name: string, text: string, { lines, columns }: Embedding): string {
  return `${name}\n${lines}:${columns}\n${text}`;
}

function forgetUnused(texts: Map<string, YamlSource>): void {
  let characters = 0;
  for (const key of texts.keys()) characters += key.length;
  for (const key of texts.keys()) {
    if (texts.size <= MOST_TEXTS && (characters <= MOST_CHARACTERS || texts.size === 1)) return;
    characters -= key.length;
    texts.delete(key);
  }
}

type Entry = readonly [name: string, text: string, embedding: Embedding, documents: readonly unknown[]];

/** What is kept, for another thread of this process. */
export function shareYaml(): SharedArrayBuffer {
  const entries = [...(kept?.values() ?? [])].map(({ file, text, embedding, documents }): Entry => [
    file,
    text,
    embedding,
    documents,
  ]);
  const bytes = serialize(entries);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}

/** Keeps what another thread has parsed. */
export function adoptYaml(shared: SharedArrayBuffer): void {
  keepYaml();
  for (const [name, text, embedding, documents] of deserialize(Buffer.from(shared)) as readonly Entry[]) {
    kept?.set(keyOf(name, text, embedding), new YamlSource(name, text, embedding, documents));
  }
}
