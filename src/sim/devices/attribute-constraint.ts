import type { Device, DeviceAttribute } from '../api/resource.ts';
import type { Ask } from './ask.ts';
import type { PooledDevice } from './pools.ts';

/**
 * `matchAttribute`: all devices of the requests have the attribute, and with one value. Which devices there are does not
 * matter, only how many. Source: matchAttributeConstraint, allocator_stable.go.
 */
export class AttributeConstraint {
  readonly #attribute: string;
  /** Requests it is about; none: all. */
  readonly #requests: ReadonlySet<string>;
  #value: unknown;
  #devices = 0;

  constructor(attribute: string, requests: readonly string[]) {
    this.#attribute = attribute;
    this.#requests = new Set(requests);
  }

  /** Whether the device may be among them; if so it counts. */
  add(ask: Ask, { driver, device }: PooledDevice): boolean {
    if (!this.#isAbout(ask)) return true;
    const value = valueText(attributeOf(driver, device, this.#attribute));
    if (value === undefined) return false;
    if (this.#devices === 0) this.#value = value;
    else if (value !== this.#value) return false;
    this.#devices++;
    return true;
  }

  /** Takes back an `add` that was true. */
  remove(ask: Ask): void {
    if (this.#isAbout(ask)) this.#devices--;
  }

  #isAbout({ name, request }: Ask): boolean {
    return this.#requests.size === 0 || this.#requests.has(request) || this.#requests.has(name);
  }
}

/** By its whole name, or without the domain where that is the driver's. */
function attributeOf(driver: string, { attributes = {} }: Device, name: string): DeviceAttribute | undefined {
  const slash = name.indexOf('/');
  return attributes[name] ?? (name.slice(0, slash) === driver ? attributes[name.slice(slash + 1)] : undefined);
}

/** Tells values of different types apart, too. */
function valueText(attribute: DeviceAttribute | undefined): string | undefined {
  for (const type of ['string', 'int', 'bool', 'version'] as const) {
    const value = attribute?.[type];
    if (value !== undefined) return `${type} ${String(value)}`;
  }
  return undefined;
}
