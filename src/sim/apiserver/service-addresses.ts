import type { Service } from '../api/core.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { Change } from '../etcd/store.ts';
import type { Saveable } from '../kernel/saveable.ts';

type Spec = Service['spec'];

/** --service-node-port-range. Source: pkg/controlplane/apiserver/options. */
const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;
const RANGE = LAST_NODE_PORT - FIRST_NODE_PORT + 1;

interface AddressesState {
  readonly addresses: number;
  readonly ports: number;
  readonly taken: readonly (readonly [string, number])[];
}

/**
 * Gives out cluster IPs from 10.96.0.0/12 and node ports: those that are asked for, if nobody has them, and else the next
 * ones in order, where the real one draws them. Source: pkg/registry/core/service/storage/alloc.go.
 */
export class ServiceAddresses implements Saveable {
  /** 10.96.0.1 is the API server's own, 10.96.0.10 by custom the DNS service's. */
  #addresses = 10;
  #ports = 0;
  /** Addresses and ports that Services have, and how many do: two ports may share a number by their protocols. */
  #taken = new Map<string, number>();
  #portsTaken = 0;

  /** A Service was written: what it has is taken, what it had is free. */
  written({ type, object, previous }: Change): void {
    if (previous !== undefined) for (const one of usedBy((previous as Service).spec)) this.#take(one, -1);
    if (type !== 'DELETED') for (const one of usedBy((object as Service).spec)) this.#take(one, 1);
  }

  #take(one: string, by: number): void {
    const before = this.#taken.get(one) ?? 0;
    const count = before + by;
    if (count > 0) this.#taken.set(one, count);
    else this.#taken.delete(one);
    if (isPort(one) && count > 0 !== before > 0) this.#portsTaken += by;
  }

  /** Why a Service cannot have what its spec asks for; undefined where it can. `previous`: what it has so far. */
  refusal(name: string, spec: Spec, previous?: Spec): ApiStatus | undefined {
    const own = previous === undefined ? undefined : new Set(usedBy(previous));
    const isTaken = (one: string): boolean => this.#taken.has(one) && own?.has(one) !== true;
    const invalid = (field: string, value: string, why: string): ApiStatus =>
      failure('Invalid', `Service "${name}" is invalid: ${field}: Invalid value: ${value}: ${why}`);
    const { clusterIP, ports = [] } = spec;
    if (clusterIP !== undefined && isTaken(clusterIP)) {
      const why = `failed to allocate IP ${clusterIP}: provided IP is already allocated`;
      return invalid('spec.clusterIPs', `["${clusterIP}"]`, why);
    }
    for (const [i, { nodePort }] of ports.entries()) {
      if (nodePort === undefined) continue;
      const field = `spec.ports[${i}].nodePort`;
      if (nodePort < FIRST_NODE_PORT || nodePort > LAST_NODE_PORT) {
        const range = `${FIRST_NODE_PORT}-${LAST_NODE_PORT}`;
        return invalid(
          field,
          String(nodePort),
          `provided port is not in the valid range. The range of valid ports is ${range}`,
        );
      }
      if (isTaken(String(nodePort))) return invalid(field, String(nodePort), 'provided port is already allocated');
    }
    const wanted = spec.type === 'NodePort' || spec.type === 'LoadBalancer' ? ports.length + 1 : 0;
    if (previous !== undefined || wanted <= RANGE - this.#portsTaken) return undefined;
    return failure('InternalError', 'failed to allocate a nodePort: range is full');
  }

  /** The spec with the addresses that its type calls for; those it has are kept. */
  assign(spec: Spec, previous?: Spec): Spec {
    if (spec.type === 'ExternalName') return spec;
    const clusterIP = spec.clusterIP ?? previous?.clusterIP ?? this.#nextAddress();
    const withAddress = spec.clusterIP === clusterIP ? spec : { ...spec, clusterIP };
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return withAddress;
    const ports = (spec.ports ?? []).map((port) => {
      if (port.nodePort !== undefined) return port;
      const known = previous?.ports?.find((old) => old.port === port.port && old.protocol === port.protocol);
      return { ...port, nodePort: known?.nodePort ?? this.#nextPort() };
    });
    if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return { ...withAddress, ports };
    const healthCheckNodePort = spec.healthCheckNodePort ?? previous?.healthCheckNodePort ?? this.#nextPort();
    return { ...withAddress, ports, healthCheckNodePort };
  }

  #nextAddress(): string {
    for (;;) {
      const n = ++this.#addresses;
      const address = `10.${96 + ((n >>> 16) & 15)}.${(n >>> 8) & 255}.${n & 255}`;
      if (!this.#taken.has(address)) return address;
    }
  }

  /** The next one that is free; when all were given out once, from the beginning. */
  #nextPort(): number {
    let port: number;
    do port = FIRST_NODE_PORT + (this.#ports++ % RANGE);
    while (this.#taken.has(String(port)) && this.#portsTaken < RANGE);
    return port;
  }

  save(): AddressesState {
    return { addresses: this.#addresses, ports: this.#ports, taken: [...this.#taken] };
  }

  restore(saved: unknown): void {
    const { addresses, ports, taken } = saved as AddressesState;
    this.#addresses = addresses;
    this.#ports = ports;
    this.#taken = new Map(taken);
    this.#portsTaken = taken.filter(([one]) => isPort(one)).length;
  }
}

function isPort(one: string): boolean {
  return !one.includes('.');
}

/** Addresses and node ports of a Service, as texts. */
function usedBy({ clusterIP, ports = [], healthCheckNodePort }: Spec): readonly string[] {
  const used = new Set(ports.flatMap(({ nodePort }) => (nodePort === undefined ? [] : [String(nodePort)])));
  if (clusterIP !== undefined && clusterIP !== '' && clusterIP !== 'None') used.add(clusterIP);
  if (healthCheckNodePort !== undefined) used.add(String(healthCheckNodePort));
  return [...used];
}
