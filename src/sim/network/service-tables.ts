import type { Service } from '../api/core.ts';
import type { Endpoint, EndpointSlice } from '../api/workloads.ts';
import { objectKey } from '../apiserver/request.ts';
import type { Change } from '../etcd/store.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { Micros } from '../kernel/time.ts';

/** The label by which a slice names its Service. Source: discovery/v1 LabelServiceName. */
const SERVICE_NAME = 'kubernetes.io/service-name';

/** A Service and its endpoints as they stood after some change; immutable. What a node's rules for it are made from. */
export interface ServiceTable {
  readonly service: string;
  readonly spec: Service['spec'];
  readonly endpoints: readonly Endpoint[];
}

/** A change of what proxies have to write into their rules; they are numbered from 1. */
export interface TableChange {
  readonly number: number;
  /** When it was committed. */
  readonly at: Micros;
  /** Key of the Service. */
  readonly service: string;
  /** Rules of the Service afterwards: one for itself, one for each endpoint. */
  readonly rules: number;
  /** Rules and endpoints of all Services afterwards. */
  readonly allRules: number;
  readonly allEndpoints: number;
}

interface Version {
  /** The change that made it; of a Service without rules, the latest one before it. */
  readonly number: number;
  /** When that was committed. */
  readonly at: Micros;
  /** Undefined: the Service is not there. */
  readonly table: ServiceTable | undefined;
}

/** A Service that has changed. */
export interface ChangedService {
  readonly service: string;
  readonly proxied: boolean;
}

interface ServiceParts {
  spec: Service['spec'] | undefined;
  /** Endpoints by the key of their slice. */
  readonly slices: Map<string, readonly Endpoint[]>;
  versions: Version[];
}

interface SavedTables {
  readonly log: readonly TableChange[];
  readonly latest: number;
  readonly services: readonly (readonly [
    string,
    {
      readonly spec: ServiceParts['spec'];
      readonly slices: [string, readonly Endpoint[]][];
      readonly versions: Version[];
    },
  ])[];
  readonly rules: number;
  readonly endpoints: number;
}

/**
 * Every Service's endpoints as they were after each change. All nodes share it: as watches keep to the order of the store,
 * what a node's proxy has written is said by one number, the last change that it has.
 */
export class ServiceTables implements Saveable {
  #log: TableChange[] = [];
  #latest = 0;
  #services = new Map<string, ServiceParts>();
  #rules = 0;
  #endpoints = 0;

  /** Takes in what was written, and says which Service is another one now, and whether proxies have rules to write for it. */
  changed({ kind, type, object, key, time }: Change): ChangedService | undefined {
    if (kind === 'Service') {
      this.#parts(key).spec = type === 'DELETED' ? undefined : (object as Service).spec;
      return this.#changed(key, time);
    }
    if (kind !== 'EndpointSlice') return undefined;
    const { metadata, endpoints } = object as EndpointSlice;
    const name = metadata.labels?.[SERVICE_NAME];
    if (name === undefined) return undefined;
    const service = objectKey(metadata.namespace, name);
    const { slices } = this.#parts(service);
    if (type === 'DELETED') slices.delete(key);
    else slices.set(key, endpoints);
    return this.#changed(service, time);
  }

  /** The number of the latest change. */
  get latest(): number {
    return this.#latest;
  }

  /** A change by its number; undefined where there is none yet, or it is forgotten. */
  change(number: number): TableChange | undefined {
    return this.#log[number - this.#oldest];
  }

  /** The first change that is not forgotten, or the next one to come. */
  get #oldest(): number {
    return this.#latest - this.#log.length + 1;
  }

  /** A change that comes after `number`, the nearest that is still known. */
  after(number: number): TableChange | undefined {
    return this.change(Math.max(number + 1, this.#oldest));
  }

  /** Keys of all Services. */
  services(): Iterable<string> {
    return this.#services.keys();
  }

  /** A Service as of a change; undefined where it was not there. */
  at(service: string, number: number): ServiceTable | undefined {
    const versions = this.#services.get(service)?.versions;
    if (versions === undefined) return undefined;
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i] as Version;
      if (version.number <= number) return version.table;
    }
    return undefined;
  }

  /** A Service as of an instant; undefined where it was not there. */
  asOf(service: string, time: Micros): ServiceTable | undefined {
    return this.#services.get(service)?.versions.findLast(({ at }) => at <= time)?.table;
  }

  /** A Service as it is written now. */
  now(service: string): ServiceTable | undefined {
    return this.#services.get(service)?.versions.at(-1)?.table;
  }

  /** Forgets what nobody asks for any more who has come as far as `number`, and asks for no time before `since`. */
  forget(number: number, since: Micros): void {
    this.#log.splice(0, Math.max(0, Math.min(number, this.#latest) - this.#oldest + 1));
    for (const [key, parts] of this.#services) {
      const kept = parts.versions.findLastIndex((version) => version.number <= number && version.at <= since);
      if (kept > 0) parts.versions.splice(0, kept);
      const [only] = parts.versions;
      if (parts.versions.length === 1 && only?.table === undefined && parts.slices.size === 0)
        this.#services.delete(key);
    }
  }

  #parts(service: string): ServiceParts {
    let parts = this.#services.get(service);
    if (parts === undefined) {
      parts = { spec: undefined, slices: new Map(), versions: [] };
      this.#services.set(service, parts);
    }
    return parts;
  }

  #changed(service: string, at: Micros): ChangedService | undefined {
    const parts = this.#parts(service);
    const { spec, slices, versions } = parts;
    const before = versions.at(-1)?.table;
    const table = spec === undefined ? undefined : { service, spec, endpoints: [...slices.values()].flat() };
    if (before === undefined && table === undefined) return undefined;
    const proxied = isProxied(table) || isProxied(before);
    const number = proxied ? ++this.#latest : this.#latest;
    versions.push({ number, at, table });
    if (!proxied) return { service, proxied };
    this.#rules += rulesOf(table) - rulesOf(before);
    this.#endpoints += endpointsOf(table) - endpointsOf(before);
    this.#log.push({
      number,
      at,
      service,
      rules: rulesOf(table),
      allRules: this.#rules,
      allEndpoints: this.#endpoints,
    });
    return { service, proxied };
  }

  save(): SavedTables {
    return {
      log: [...this.#log],
      latest: this.#latest,
      services: [...this.#services].map(([key, { spec, slices, versions }]) => [
        key,
        { spec, slices: [...slices], versions: [...versions] },
      ]),
      rules: this.#rules,
      endpoints: this.#endpoints,
    };
  }

  restore(saved: unknown): void {
    const state = saved as SavedTables;
    this.#log = [...state.log];
    this.#latest = state.latest;
    this.#services = new Map(
      state.services.map(([key, { spec, slices, versions }]) => [
        key,
        { spec, slices: new Map(slices), versions: [...versions] },
      ]),
    );
    this.#rules = state.rules;
    this.#endpoints = state.endpoints;
  }
}

/** Whether proxies have rules for it: headless Services are the DNS's. Source: pkg/proxy/util ShouldSkipService. */
export function isProxied(table: ServiceTable | undefined): boolean {
  return table !== undefined && table.spec.type !== 'ExternalName' && table.spec.clusterIP !== 'None';
}

function endpointsOf(table: ServiceTable | undefined): number {
  return isProxied(table) ? (table as ServiceTable).endpoints.length : 0;
}

function rulesOf(table: ServiceTable | undefined): number {
  return isProxied(table) ? 1 + endpointsOf(table) : 0;
}
