import type { KubeNode } from '../api/core.ts';
import type { Device } from '../api/resource.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import { Informers } from '../apiserver/informer.ts';
import type { CreateRequest } from '../apiserver/request.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { MachineSpec } from './machines.ts';

/** Devices of one driver on a machine. */
export interface DriverDevices {
  readonly driver: string;
  readonly devices: readonly Device[];
}

/** Requests that a driver's client may make, as those of any client-go program: a second, and at once. */
const CLIENT = { qps: 5, burst: 10 };

/**
 * The drivers of devices (DRA kubelet plugins): each publishes what its node has as a ResourceSlice, one pool a node, when
 * the node is registered. Slices belong to their Node and go with it.
 */
export class DeviceDrivers implements Component {
  readonly name = 'dra-kubelet-plugins';
  readonly #environment: Environment;
  readonly #informers: Informers;
  readonly #client: ApiClient;
  readonly #roster: Roster;
  /** By the name of the node. */
  #devices: ReadonlyMap<string, readonly DriverDevices[]>;

  constructor(environment: Environment, roster: Roster) {
    this.#environment = environment;
    this.#roster = roster;
    this.#devices = devicesOf(roster);
    roster.onLaunch(({ devices = [] }) => {
      if (devices.length > 0) this.#devices = devicesOf(roster);
    });
    this.#informers = new Informers(this.name, environment.hub);
    this.#client = environment.clients.client(this.name, CLIENT);
    if (this.#devices.size === 0) return;
    this.#informers.informer<KubeNode>('Node').on((type, node) => {
      if (type === 'added') for (const request of this.#missing(node)) this.#client.request(request);
    });
  }

  /** Nodes that were there before the run had their slices then. */
  start(): void {
    if (this.#devices.size === 0) return;
    const { server } = this.#environment;
    for (const name of this.#devices.keys()) {
      const node = server.get<KubeNode>('Node', '', name);
      if (node !== undefined) for (const request of this.#missing(node)) server.handle(request);
    }
    this.#informers.start();
  }

  /** What creates the slices that the node has not. */
  #missing({ metadata: { name: node, uid } }: KubeNode): CreateRequest[] {
    const requests: CreateRequest[] = [];
    for (const { driver, devices } of this.#devices.get(node) ?? []) {
      const name = `${node}-${driver}`;
      if (this.#environment.server.get('ResourceSlice', '', name) !== undefined) continue;
      const owner = { apiVersion: 'v1', kind: 'Node', name: node, uid, controller: true };
      const body = {
        apiVersion: 'resource.k8s.io/v1',
        kind: 'ResourceSlice',
        metadata: { name, ownerReferences: [owner] },
        spec: { driver, nodeName: node, pool: { name: node, generation: 1, resourceSliceCount: 1 }, devices },
      };
      requests.push({ verb: 'create', kind: 'ResourceSlice', namespace: '', name, body });
    }
    return requests;
  }

  save(): unknown {
    return this.#informers.save();
  }

  restore(saved: unknown): void {
    this.#devices = devicesOf(this.#roster);
    this.#informers.restore(saved);
  }
}

/** Where the machines are known. */
interface Roster {
  readonly specs: readonly MachineSpec[];
  onLaunch(listener: (machine: MachineSpec) => void): void;
}

function devicesOf({ specs }: Roster): ReadonlyMap<string, readonly DriverDevices[]> {
  return new Map(
    specs.flatMap(({ node, devices = [] }) =>
      devices.length === 0 ? [] : [[node.metadata.name ?? '', devices] as const],
    ),
  );
}
