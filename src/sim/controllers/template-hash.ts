/** Letters of the source's SafeEncodeString: no vowels, so no words. Source: apimachinery pkg/util/rand. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

const hashes = new WeakMap<object, number>();

/**
 * The short name of a template's content, for `pod-template-hash` and `controller-revision-hash` labels. As upstream it
 * is a 32-bit FNV hash in letters; upstream hashes a dump of Go structures, so the letters are other ones.
 */
export function templateHash(template: object, collisionCount?: number): string {
  let hash = hashes.get(template);
  if (hash === undefined) {
    hash = fnv(0x811c9dc5, canonical(template));
    hashes.set(template, hash);
  }
  if (collisionCount !== undefined) hash = fnv(hash, String(collisionCount));
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}

function fnv(start: number, text: string): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** JSON with keys in order, without what is undefined. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}
