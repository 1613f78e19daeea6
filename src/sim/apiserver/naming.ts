import { hashState, identityAfter, identityOf } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';

/** The letters of generated names; no vowels, so no words. Source: apimachinery pkg/util/rand. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

function mixed(value: number): number {
  let x = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return (x ^ (x >>> 15)) >>> 0;
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The first digits of a word in hexadecimal: at most four, or all eight. */
function hex(word: number, digits: number): string {
  const first = (BYTES[word >>> 24] as string) + (BYTES[(word >>> 16) & 255] as string);
  if (digits < 4) return first.slice(0, digits);
  return digits === 4 ? first : first + (BYTES[(word >>> 8) & 255] as string) + (BYTES[word & 255] as string);
}

/**
 * A UUID-shaped name whose first eight digits are the object's identity. Some 100,000 objects are enough for two to share
 * those; the second word tells them apart.
 */
function uidOf(identity: number, second: number): string {
  const third = mixed(second + 0x85ebca6b);
  const fourth = mixed(third + 0xc2b2ae35);
  return `${hex(identity, 8)}-${hex(third, 4)}-4${hex(third >>> 4, 3)}-a${hex(fourth, 3)}-${hex(second, 8)}${hex(fourth >>> 3, 4)}`;
}

/** Five letters, as the server appends to `generateName`. */
function suffixOf(identity: number, attempt: number): string {
  let value = mixed(identity ^ Math.imul(attempt + 1, 0x45d9f3b));
  let suffix = '';
  for (let i = 0; i < 5; i++) {
    suffix += ALPHABET[value % ALPHABET.length];
    value = Math.floor(value / ALPHABET.length) ^ (i === 2 ? mixed(value + identity) : 0);
    value >>>= 0;
  }
  return suffix;
}

/** Objects created so far of one name or prefix, and what their identities begin with. */
interface Births {
  count: number;
  readonly identity: number;
  readonly state: number;
}

function birthsOf(base: string, count: number): Births {
  return { count, identity: identityOf(base), state: hashState(base) };
}

/**
 * Gives out UIDs and generated names. Both are functions of what the workload calls the object: its kind, namespace and
 * name (or generateName prefix), and how many of that name came before; so they do not depend on when or where it runs.
 */
export class Naming implements Saveable {
  /** By kind, namespace and name or prefix. */
  #births = new Map<string, Births>();

  /** Names the next object; `exists` says whether a generated name is taken. */
  next(
    kind: string,
    namespace: string,
    name: string,
    generateName: string | undefined,
    exists: (name: string) => boolean,
  ): { name: string; uid: string } {
    const generated = name === '' && generateName !== undefined;
    const base = `${kind}/${namespace}/${generated ? generateName : name}`;
    let births = this.#births.get(base);
    if (births === undefined) this.#births.set(base, (births = birthsOf(base, 0)));
    const ordinal = births.count++;
    const identity = identityAfter(births.state, `#${ordinal}`);
    const uid = uidOf(identity, mixed(births.identity + ordinal));
    if (!generated) return { name, uid };
    for (let attempt = 0; ; attempt++) {
      const candidate = `${generateName}${suffixOf(identity, attempt)}`;
      if (!exists(candidate)) return { name: candidate, uid };
    }
  }

  save(): [string, number][] {
    return [...this.#births].map(([base, { count }]) => [base, count]);
  }

  restore(saved: unknown): void {
    const counts = saved as [string, number][];
    this.#births = new Map(counts.map(([base, count]) => [base, birthsOf(base, count)]));
  }
}
