import seedrandom from 'seedrandom';

import { KernelError } from './kernel-error.ts';

/**
 * All the chance of a run. Every draw is a pure function of (seed, purpose, identity, ordinal), so the third image pull
 * of *this* pod takes as long wherever it is placed, and two policies compared on one seed face the same luck. There is
 * no state to save: who draws keeps the ordinal.
 */
export class RandomSource {
  readonly #seed: string;
  readonly #purposes = new Map<string, Purpose>();

  constructor(seed: string | number) {
    if (typeof seed === 'number' && !Number.isFinite(seed)) {
      throw new KernelError('BAD_SEED', `the seed ${seed} is not a finite number or a text`);
    }
    this.#seed = String(seed);
  }

  /** The draws for one purpose, such as `image-pull`: independent of those for any other. */
  purpose(name: string): Purpose {
    let purpose = this.#purposes.get(name);
    if (purpose === undefined) {
      purpose = new Purpose(JSON.stringify([this.#seed, name]));
      this.#purposes.set(name, purpose);
    }
    return purpose;
  }
}

/** The standard normal distribution's 0.99 quantile. */
const Z99 = 2.3263478740408408;

const TO_UNIT_32 = 2 ** -32;
const TO_UNIT_53 = 2 ** -53;

/**
 * Draws for one purpose. `identity` says whose draw it is and `ordinal` which of its draws, both unsigned 32-bit
 * integers. Draws of one (identity, ordinal) come from the same bits whatever the distribution.
 *
 * The bits are four rounds of a Feistel network over (identity, ordinal), keyed from seedrandom's Alea: as a bijection
 * it gives no two of them the same 64 bits.
 */
export class Purpose {
  readonly #keys = new Int32Array(4);
  /** The words of the last draw: returned through fields, since an object for each would cost more than the hash. */
  readonly #words = new Uint32Array(2);

  /** @internal Made by `RandomSource.purpose`. */
  constructor(key: string) {
    const generator = seedrandom.alea(key);
    for (let i = 0; i < this.#keys.length; i++) this.#keys[i] = generator.int32();
  }

  /** Uniform in [0, 1), of 53 bits. */
  uniform(identity: number, ordinal: number): number {
    this.#draw(identity, ordinal);
    const words = this.#words;
    return ((words[0] as number) * 2 ** 21 + ((words[1] as number) >>> 11)) * TO_UNIT_53;
  }

  /** Uniform in [lo, hi). */
  between(identity: number, ordinal: number, lo: number, hi: number): number {
    return lo + this.uniform(identity, ordinal) * (hi - lo);
  }

  /** A whole number from 0 to n - 1, each as likely. */
  integer(identity: number, ordinal: number, n: number): number {
    return Math.floor(this.uniform(identity, ordinal) * n);
  }

  /** True with the given probability. */
  chance(identity: number, ordinal: number, probability: number): boolean {
    return this.uniform(identity, ordinal) < probability;
  }

  exponential(identity: number, ordinal: number, mean: number): number {
    return mean * this.#standardExponential(identity, ordinal);
  }

  /** Normal, by Box and Muller's transform of the draw's two words. */
  normal(identity: number, ordinal: number, mean = 0, deviation = 1): number {
    this.#draw(identity, ordinal);
    const radius = Math.sqrt(-2 * Math.log(((this.#words[0] as number) + 0.5) * TO_UNIT_32));
    return mean + deviation * radius * Math.cos(2 * Math.PI * TO_UNIT_32 * (this.#words[1] as number));
  }

  /** Lognormal, given by its median and its 0.99 quantile. */
  lognormal(identity: number, ordinal: number, median: number, p99: number): number {
    return median * Math.exp((Math.log(p99 / median) / Z99) * this.normal(identity, ordinal));
  }

  /** Weibull: failures get rarer with age below shape 1, more frequent above; at 1 it is the exponential. */
  weibull(identity: number, ordinal: number, shape: number, scale: number): number {
    return scale * this.#standardExponential(identity, ordinal) ** (1 / shape);
  }

  /** Pareto: P(X > x) = (minimum / x) ^ shape for x over the minimum. */
  pareto(identity: number, ordinal: number, shape: number, minimum: number): number {
    return minimum * Math.exp(this.#standardExponential(identity, ordinal) / shape);
  }

  /** Exponential of mean 1, by inversion: it grows with the uniform draw. */
  #standardExponential(identity: number, ordinal: number): number {
    return -Math.log1p(-this.uniform(identity, ordinal));
  }

  #draw(identity: number, ordinal: number): void {
    const keys = this.#keys;
    let left = identity | 0;
    let right = ordinal | 0;
    left ^= scrambled(right ^ (keys[0] as number));
    right ^= scrambled(left ^ (keys[1] as number));
    left ^= scrambled(right ^ (keys[2] as number));
    right ^= scrambled(left ^ (keys[3] as number));
    this.#words[0] = left;
    this.#words[1] = right;
  }
}

/** A 32-bit hash of a text, as the identity of a draw. Two of 100,000 texts may share one, and then share their luck. */
export function identityOf(text: string): number {
  return identityAfter(EMPTY, text);
}

/** How far the hash has come when it has read a text, for many that begin alike; see `identityAfter`. */
export function hashState(text: string): number {
  return hashed(EMPTY, text);
}

/** The identity of what was read up to a state and what follows: `identityAfter(hashState(a), b)` is `identityOf(a + b)`. */
export function identityAfter(state: number, text: string): number {
  return scrambled(hashed(state, text)) >>> 0;
}

const EMPTY = 0x811c9dc5;

function hashed(state: number, text: string): number {
  let hash = state;
  for (let i = 0; i < text.length; i++) hash = scrambled(hash ^ text.charCodeAt(i)) + 0x9e3779b9;
  return hash;
}

/** Mixes 32 bits so that each depends on all: MurmurHash3's last step (Appleby, public domain). */
function scrambled(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
