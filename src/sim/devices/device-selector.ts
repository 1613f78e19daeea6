import type { Device, DeviceAttribute } from '../api/resource.ts';
import { celEnvironment, CelError, compileCel } from '../cel/cel.ts';
import type { CelEnvironment, CelProgram } from '../cel/cel.ts';
import { CelQuantity } from '../cel/library-quantity.ts';
import { CelSemver } from '../cel/library-semver.ts';

/** What a CEL selector sees of a device. */
interface CelDevice {
  readonly driver: string;
  readonly attributes: Map<string, Map<string, unknown>>;
  readonly capacity: Map<string, Map<string, CelQuantity>>;
}

/**
 * Whether devices meet a CEL expression on `device.driver`, `device.attributes[domain].name` and
 * `device.capacity[domain].name`. A name without a domain is in the driver's. Source: dynamic-resource-allocation/cel.
 */
export class DeviceSelector {
  readonly #program: CelProgram;
  readonly #verdicts = new WeakMap<Device, boolean>();

  /** Throws a CelError for an expression that is none, or is certain not to be true or false. */
  constructor(expression: string) {
    environment ??= deviceEnvironment();
    this.#program = compileCel(environment, expression, 'bool');
  }

  /** Throws a CelError where the expression fails on the device: "no such key: model". */
  matches(driver: string, device: Device): boolean {
    let verdict = this.#verdicts.get(device);
    if (verdict === undefined) {
      const value = this.#program.evaluate({ device: celDevice(driver, device) });
      if (typeof value !== 'boolean') throw new CelError('did not evaluate to true or false');
      verdict = value;
      this.#verdicts.set(device, verdict);
    }
    return verdict;
  }
}

/** The selector of an expression, or the error that it is; compiled once. */
export function deviceSelector(expression: string): DeviceSelector | CelError {
  let selector = selectors.get(expression);
  if (selector === undefined) {
    try {
      selector = new DeviceSelector(expression);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      selector = error;
    }
    if (selectors.size >= MOST_SELECTORS) selectors.clear();
    selectors.set(expression, selector);
  }
  return selector;
}

/** Bounds the memory of compiled expressions; real clusters have a handful. */
const MOST_SELECTORS = 1000;
const selectors = new Map<string, DeviceSelector | CelError>();
let environment: CelEnvironment | undefined;

function deviceEnvironment(): CelEnvironment {
  return celEnvironment()
    .registerType('v1.Device', {
      fields: {
        driver: 'string',
        attributes: 'map<string, map<string, dyn>>',
        capacity: 'map<string, map<string, kubernetes.Quantity>>',
      },
    })
    .registerVariable('device', 'v1.Device');
}

const celDevices = new WeakMap<Device, CelDevice>();

function celDevice(driver: string, device: Device): CelDevice {
  let converted = celDevices.get(device);
  if (converted === undefined) {
    converted = {
      driver,
      attributes: byDomain(driver, device.attributes ?? {}, attributeValue),
      capacity: byDomain(driver, device.capacity ?? {}, ({ value }) => CelQuantity.parse(value)),
    };
    celDevices.set(device, converted);
  }
  return converted;
}

/** By domain, then name. A domain that the device has nothing of counts as empty, so that only names are ever missing. */
function byDomain<T, V>(
  driver: string,
  entries: Readonly<Record<string, T>>,
  valueOf: (entry: T) => V,
): Map<string, Map<string, V>> {
  const domains = new Map<string, Map<string, V>>();
  for (const [key, entry] of Object.entries(entries)) {
    const slash = key.indexOf('/');
    const domain = slash < 0 ? driver : key.slice(0, slash);
    const names = domains.get(domain);
    const name = key.slice(slash + 1);
    if (names === undefined) domains.set(domain, new Map([[name, valueOf(entry)]]));
    else names.set(name, valueOf(entry));
  }
  const get = domains.get.bind(domains);
  const nothing = new Map<string, V>();
  domains.get = (domain) => get(domain) ?? nothing;
  return domains;
}

function attributeValue({ int, bool, string, version }: DeviceAttribute): unknown {
  if (int !== undefined) return BigInt(int);
  if (bool !== undefined) return bool;
  if (version === undefined) return string ?? null;
  const semver = CelSemver.parse(version);
  if (semver === undefined) throw new CelError(`"${version}" is no semantic version`);
  return semver;
}
