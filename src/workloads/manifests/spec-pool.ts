import type { PodSpec } from '../../sim/api/core.ts';
import type { StringMap } from '../../sim/api/meta.ts';
import { deepFreeze } from './field-reader.ts';

/**
 * One object for equal contents: pods whose specs are alike share one frozen spec, which is checked once, defaulted
 * once and compiled once by the scheduler.
 */
export class SpecPool {
  readonly #byText = new Map<string, PodSpec>();
  readonly #maps = new Map<string, StringMap>();
  readonly #derived = new Map<PodSpec, Map<string, PodSpec>>();

  /** The spec for this input; `read` makes it where its like has not been seen. */
  spec(raw: unknown, read: () => PodSpec): PodSpec {
    const text = JSON.stringify(raw);
    let spec = this.#byText.get(text);
    if (spec === undefined) {
      spec = read();
      this.#byText.set(text, spec);
    }
    return spec;
  }

  /** Equal labels or annotations as one object. */
  map(map: StringMap | undefined): StringMap | undefined {
    if (map === undefined) return undefined;
    const text = JSON.stringify(map);
    const known = this.#maps.get(text);
    if (known !== undefined) return known;
    this.#maps.set(text, Object.freeze(map));
    return map;
  }

  /** A variant of a spec, made once for each key. */
  derive(spec: PodSpec, key: string, make: () => PodSpec): PodSpec {
    let variants = this.#derived.get(spec);
    if (variants === undefined) this.#derived.set(spec, (variants = new Map()));
    let variant = variants.get(key);
    if (variant === undefined) variants.set(key, (variant = deepFreeze(make())));
    return variant;
  }

  /** How many specs there are, for tests and figures. */
  get size(): number {
    return this.#byText.size;
  }
}
