import type { Pod } from '../api/core.ts';
import { matchesSelector } from '../api/selectors.ts';
import type { Change } from '../etcd/store.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { MachineSpec } from '../node/machines.ts';
import type { ClientsSpec } from './traffic-spec.ts';

/** What clients are looked for among: the pods and machines as they are, whoever knows of them. */
export interface ClientGround {
  machine(node: string): MachineSpec;
  /** Whether any container of a pod runs. */
  runs(node: string, uid: string): boolean;
  isUp(node: string): boolean;
}

/** Told of a client that begins to send, or ends, in the traffic of that number. */
export type ClientListener = (index: number, node: string, client: string, there: boolean) => void;

interface ClientsState {
  readonly pods: readonly (readonly [string, readonly number[]])[];
  readonly running: readonly string[];
}

/** Who sends requests at present: pods that run, or nodes that are up. */
export class Clients implements Saveable {
  readonly #specs: readonly ClientsSpec[];
  readonly #ground: ClientGround;
  readonly #tell: ClientListener;
  /** Traffics of each node that is a client. */
  readonly #nodes = new Map<string, readonly number[]>();
  /** Traffics of each pod that is a client, by UID; and those that run. */
  #pods = new Map<string, readonly number[]>();
  #running = new Set<string>();

  constructor(specs: readonly ClientsSpec[], ground: ClientGround, tell: ClientListener) {
    this.#specs = specs;
    this.#ground = ground;
    this.#tell = tell;
  }

  /** The nodes that are up begin. */
  start(nodes: readonly string[]): void {
    for (const node of nodes) if (this.#ground.isUp(node)) this.#node(node, true);
  }

  /** Whether any of the clients are pods. */
  get arePods(): boolean {
    return this.#specs.some(({ kind }) => kind === 'pods');
  }

  /** A pod was written. */
  changed({ type, object }: Change): void {
    const { metadata } = object as Pod;
    if (type === 'ADDED') {
      const indexes = this.#specs.flatMap((spec, index) => {
        if (spec.kind !== 'pods' || spec.namespace !== metadata.namespace) return [];
        return matchesSelector(spec.selector, metadata.labels) ? [index] : [];
      });
      if (indexes.length > 0) this.#pods.set(metadata.uid, indexes);
    } else if (type === 'DELETED' && !this.#running.has(metadata.uid)) {
      this.#pods.delete(metadata.uid);
    }
  }

  /** Containers of a pod began or ended, or it is another one's. */
  runsChanged(node: string, uid: string): void {
    const indexes = this.#pods.get(uid);
    if (indexes === undefined) return;
    const runs = this.#ground.runs(node, uid);
    if (runs === this.#running.has(uid)) return;
    if (runs) this.#running.add(uid);
    else this.#running.delete(uid);
    for (const index of indexes) this.#tell(index, node, uid, runs);
  }

  /** A machine came up or went down. */
  machineChanged(node: string): void {
    this.#node(node, this.#ground.isUp(node));
  }

  #node(node: string, up: boolean): void {
    for (const index of this.#trafficsOf(node)) this.#tell(index, node, node, up);
  }

  #trafficsOf(name: string): readonly number[] {
    let indexes = this.#nodes.get(name);
    if (indexes === undefined) {
      const { node, zone } = this.#ground.machine(name);
      indexes = this.#specs.flatMap((spec, index) => {
        if (spec.kind !== 'nodes' || (spec.zone !== undefined && spec.zone !== zone)) return [];
        return matchesSelector(spec.selector, node.metadata.labels) ? [index] : [];
      });
      this.#nodes.set(name, indexes);
    }
    return indexes;
  }

  save(): ClientsState {
    return { pods: [...this.#pods], running: [...this.#running] };
  }

  restore(saved: unknown): void {
    const { pods, running } = saved as ClientsState;
    this.#pods = new Map(pods);
    this.#running = new Set(running);
  }
}
