import type { ApiClient } from '../apiserver/api-client.ts';
import type { Micros } from '../kernel/time.ts';
import type { MachineSpec, MachineState } from './machines.ts';
import { copyPodRecord } from './pod-record.ts';
import type { PodRecord } from './pod-record.ts';

/** An image that is being fetched or waits for it; plain data. */
export interface PullRequest {
  readonly pod: number;
  readonly epoch: number;
  readonly container: number;
  readonly image: string;
  readonly asked: Micros;
  /** Whose pull it is and which, for its draw: the same wherever the pod is placed. */
  readonly identity: number;
  readonly ordinal: number;
}

/** A machine and its kubelet. */
export interface NodeRecord {
  readonly index: number;
  readonly name: string;
  readonly identity: number;
  readonly machine: MachineSpec;
  readonly client: ApiClient;
  state: MachineState;
  /** Cut off from the API server. */
  cut: boolean;
  /** Counts boots, freezes and the like: timers of an earlier life are void. */
  life: number;
  /** Images on its disk, with their sizes. */
  images: Map<string, number>;
  /** Images were pulled that the node's status does not list yet. */
  imagesChanged: boolean;
  /** Pulls under way and waiting, in order; one at a time where pulls are serialised. */
  pulls: PullRequest[];
  /** Pulls take so many times as long. */
  slowness: number;
  /** Ids of its pods by UID. */
  pods: Map<string, number>;
  /** What its admitted pods ask for. */
  used: Map<string, number>;
  addressesGiven: number;
  /** What a frozen kubelet has not come to: handler's name and numbers. */
  deferred: [string, number, number][];
  reports: number;
  /** The kubelet has registered its node since it started. */
  registered: boolean;
}

type SavedNode = Omit<NodeRecord, 'machine' | 'client' | 'images' | 'pods' | 'used'> & {
  images: [string, number][];
  pods: [string, number][];
  used: [string, number][];
};

interface SavedState {
  readonly nodes: readonly SavedNode[];
  readonly pods: readonly PodRecord[];
  readonly nextPod: number;
}

/** The state of all kubelets: nodes by number, pods by id. */
export class KubeletState {
  readonly nodes: NodeRecord[] = [];
  readonly byName = new Map<string, NodeRecord>();
  readonly pods = new Map<number, PodRecord>();
  nextPod = 1;

  addNode(node: NodeRecord): void {
    this.nodes.push(node);
    this.byName.set(node.name, node);
  }

  nodeOf(record: PodRecord): NodeRecord {
    return this.nodes[record.node] as NodeRecord;
  }

  save(): SavedState {
    return {
      nodes: this.nodes.map(({ machine: _machine, client: _client, ...node }) => ({
        ...node,
        images: [...node.images],
        pods: [...node.pods],
        used: [...node.used],
        pulls: [...node.pulls],
        deferred: [...node.deferred],
      })),
      pods: [...this.pods.values()].map(copyPodRecord),
      nextPod: this.nextPod,
    };
  }

  /** Restores onto the same machines. */
  restore(saved: unknown): void {
    const state = saved as SavedState;
    for (const [index, node] of state.nodes.entries()) {
      Object.assign(this.nodes[index] as NodeRecord, {
        ...node,
        images: new Map(node.images),
        pods: new Map(node.pods),
        used: new Map(node.used),
        pulls: [...node.pulls],
        deferred: [...node.deferred],
      });
    }
    this.pods.clear();
    for (const record of state.pods) this.pods.set(record.id, copyPodRecord(record));
    this.nextPod = state.nextPod;
  }
}
