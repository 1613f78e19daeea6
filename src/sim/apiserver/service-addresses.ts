import type { Service } from '../api/core.ts';
import type { Saveable } from '../kernel/saveable.ts';

/** --service-node-port-range starts here. Source: pkg/controlplane/apiserver/options. */
const FIRST_NODE_PORT = 30_000;

/** Gives out cluster IPs from 10.96.0.0/12 and node ports, in order of creation, never one twice. */
export class ServiceAddresses implements Saveable {
  /** 10.96.0.1 is the API server's own, 10.96.0.10 by custom the DNS service's. */
  #addresses = 10;
  #ports = 0;

  /** The spec with the addresses that its type calls for; those it has are kept. */
  assign(spec: Service['spec'], previous?: Service['spec']): Service['spec'] {
    if (spec.type === 'ExternalName') return spec;
    const clusterIP = spec.clusterIP ?? previous?.clusterIP ?? this.#nextAddress();
    const withAddress = spec.clusterIP === clusterIP ? spec : { ...spec, clusterIP };
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return withAddress;
    const ports = (spec.ports ?? []).map((port) => {
      if (port.nodePort !== undefined) return port;
      const known = previous?.ports?.find((old) => old.port === port.port && old.protocol === port.protocol);
      return { ...port, nodePort: known?.nodePort ?? FIRST_NODE_PORT + this.#ports++ };
    });
    return { ...withAddress, ports };
  }

  #nextAddress(): string {
    const n = ++this.#addresses;
    return `10.${96 + ((n >>> 16) & 15)}.${(n >>> 8) & 255}.${n & 255}`;
  }

  save(): readonly [number, number] {
    return [this.#addresses, this.#ports];
  }

  restore(saved: unknown): void {
    [this.#addresses, this.#ports] = saved as [number, number];
  }
}
