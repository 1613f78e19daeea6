import type { ApiClient } from '../apiserver/api-client.ts';
import type { EventRef, HandlerId } from '../kernel/kernel.ts';
import type { Micros } from '../kernel/time.ts';
import type { EvictionSignal } from '../settings.ts';
import { NOTHING_LOST } from './cpu-account.ts';
import type { LostTime } from './cpu-account.ts';
import type { StarvedResource } from './eviction-signals.ts';
import type { MachineSpec, MachineState } from './machines.ts';
import type { Strain } from './node-strain.ts';
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

/** An image on its way onto a node. */
export interface Pull extends PullRequest {
  state: 'waiting' | 'fetching' | 'failing';
  /** What it has still to do, in seconds at its full rate, as of `since`; and at what share of that rate it goes. */
  left: number;
  since: Micros;
  rate: number;
  /** Bytes a second at its full rate. */
  bytesPerSecond: number;
  /** Its end, as it is planned. */
  end: EventRef;
}

/** A ConfigMap or Secret that a kubelet watches for the pods that mount it, by their numbers; plain data. */
export interface WatchedObject {
  isThere: boolean;
  readonly users: number[];
}

/** A sandbox or a container that a node's runtime is making; plain data. */
export interface RuntimeOperation {
  readonly pod: number;
  readonly epoch: number;
  readonly container: number;
  /** The step of the pod's life that is taken when it is done. */
  readonly step: HandlerId;
  /** What it would still take with the runtime to itself, as of `since`, and at what part of full speed it goes. */
  left: Micros;
  since: Micros;
  speed: number;
  end: EventRef;
}

/** A machine and its kubelet. */
export interface NodeRecord {
  readonly index: number;
  readonly name: string;
  readonly identity: number;
  readonly machine: MachineSpec;
  /** Stages describe what becomes of it and its pods, where there are any, and not its kubelet. */
  readonly staged: boolean;
  readonly client: ApiClient;
  state: MachineState;
  /** What it says does not reach the API server; what it would hear does not reach it. */
  cut: boolean;
  deaf: boolean;
  /** Counts boots, freezes and the like: timers of an earlier life are void. */
  life: number;
  /** Images on its disk, with their sizes. */
  images: Map<string, number>;
  /** Images were pulled that the node's status does not list yet. */
  imagesChanged: boolean;
  /** Pulls under way and waiting, in order; one at a time where pulls are serialised. */
  pulls: Pull[];
  /** Tokens for pulls (registryPullQPS), as of a time; and pulls that the registry counts against the node. */
  pullTokens: number;
  pullTokensAt: Micros;
  pullTimes: Micros[];
  /** What its runtime is making, where its capacity is limited. */
  operations: RuntimeOperation[];
  /** Pods that wait to be reported, and whether one is, where that is done one after the other. */
  statusQueue: number[];
  statusBusy: boolean;
  /** ConfigMaps and Secrets that its pods mount, where they are fetched. */
  watched: Map<string, WatchedObject>;
  /** When an image that no container has was last in use. */
  imageUsed: Map<string, Micros>;
  /** Pulls take so many times as long. */
  slowness: number;
  /** Ids of its pods by UID. */
  pods: Map<string, number>;
  /** Why its kubelet says that it is not Ready; undefined: it is. */
  notReady: string | undefined;
  /** Its kubelet ends all pods before the machine is switched off; and switched on again, if it is to be. */
  shutdown: 'no' | 'down' | 'reboot';
  /** It was switched off in good order, and not on again. */
  shutDown: boolean;
  /** What faults take of it. */
  strains: readonly Strain[];
  /** All that its processor does takes so many times as long; 1: as usual. */
  drag: number;
  /** The eviction manager's next pass, and when it comes; its rhythm, once it has one. */
  pass: EventRef;
  passAt: Micros;
  passPhase: Micros | undefined;
  /** Numbers of the thresholds that are met, since when signals are, and when a shortage was seen last. */
  met: readonly number[];
  observed: Partial<Record<EvictionSignal, Micros>>;
  pressure: Partial<Record<StarvedResource, Micros>>;
  /** When its memory will be full; when its images are looked at; when its processor is shared out anew. */
  oom: EventRef;
  imageGc: EventRef;
  cpuCorner: EventRef;
  /** What its admitted pods ask for. */
  used: Map<string, number>;
  /** Volumes that its pods have mounted or are to, by their names in its status, with the number of pods. */
  volumes: Map<string, number>;
  /** Those that its status lists as in use. */
  reportedVolumes: readonly string[];
  /** The list is not what it should be. */
  volumesChanged: boolean;
  addressesGiven: number;
  /** The kubelet does nothing: it hangs, is being restarted, or has no runtime. */
  paused: boolean;
  /** That is for its runtime's sake; counts turns for the better or worse of it. */
  stalled: boolean;
  runtimeTurn: number;
  /** What it has not come to meanwhile: handler's name and numbers. */
  deferred: [string, number, number][];
  reports: number;
  /** The kubelet has registered its node since it started. */
  registered: boolean;
}

type SavedNode = Omit<
  NodeRecord,
  'machine' | 'client' | 'images' | 'imageUsed' | 'pods' | 'used' | 'volumes' | 'watched'
> & {
  images: [string, number][];
  imageUsed: [string, Micros][];
  pods: [string, number][];
  used: [string, number][];
  volumes: [string, number][];
  watched: [string, WatchedObject][];
};

interface SavedState {
  readonly nodes: readonly SavedNode[];
  readonly pods: readonly PodRecord[];
  readonly nextPod: number;
  readonly fetching: readonly number[];
  readonly registryDown: boolean;
  readonly tight: readonly number[];
  readonly cpuLost: LostTime;
}

function copies(watched: Iterable<[string, WatchedObject]>): [string, WatchedObject][] {
  return Array.from(watched, ([id, { isThere, users }]) => [id, { isThere, users: [...users] }]);
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

  /** Forgets all machines but the first so many. */
  keepNodes(count: number): void {
    for (const { name } of this.nodes.splice(count)) this.byName.delete(name);
  }

  /** Nodes onto which images are being fetched. */
  fetching = new Set<number>();
  registryDown = false;
  /** Nodes on which containers may get less of the processor than they want; what containers have lost up to its last change. */
  tight = new Set<number>();
  cpuLost = NOTHING_LOST;

  /** The node's pods, as they are now: they may be taken out meanwhile. */
  podsOf(node: NodeRecord): readonly PodRecord[] {
    return [...node.pods.values()].map((id) => this.pods.get(id) as PodRecord);
  }

  podWithUid(node: NodeRecord, uid: string): PodRecord | undefined {
    const id = node.pods.get(uid);
    return id === undefined ? undefined : this.pods.get(id);
  }

  /** What runs for a pod of the API server: it may be the mirror of a static one. */
  podBehind(node: NodeRecord, uid: string): PodRecord | undefined {
    return (
      this.podWithUid(node, uid) ?? this.podsOf(node).find(({ isStatic, mirrorUid }) => isStatic && mirrorUid === uid)
    );
  }

  /** Whether one of the node's pods has an address. */
  hasAddress(node: NodeRecord, address: string): boolean {
    for (const id of node.pods.values()) if (this.pods.get(id)?.podIP === address) return true;
    return false;
  }

  nodeOf(record: PodRecord): NodeRecord {
    return this.nodes[record.node] as NodeRecord;
  }

  save(): SavedState {
    return {
      nodes: this.nodes.map(({ machine: _machine, client: _client, ...node }) => ({
        ...node,
        images: [...node.images],
        imageUsed: [...node.imageUsed],
        pods: [...node.pods],
        used: [...node.used],
        volumes: [...node.volumes],
        watched: copies(node.watched),
        pulls: node.pulls.map((pull) => ({ ...pull })),
        pullTimes: [...node.pullTimes],
        operations: node.operations.map((operation) => ({ ...operation })),
        statusQueue: [...node.statusQueue],
        observed: { ...node.observed },
        pressure: { ...node.pressure },
        deferred: [...node.deferred],
      })),
      pods: [...this.pods.values()].map(copyPodRecord),
      nextPod: this.nextPod,
      fetching: [...this.fetching],
      registryDown: this.registryDown,
      tight: [...this.tight],
      cpuLost: this.cpuLost,
    };
  }

  /** Restores onto the same machines. */
  restore(saved: unknown): void {
    const state = saved as SavedState;
    for (const [index, node] of state.nodes.entries()) {
      Object.assign(this.nodes[index] as NodeRecord, {
        ...node,
        images: new Map(node.images),
        imageUsed: new Map(node.imageUsed),
        pods: new Map(node.pods),
        used: new Map(node.used),
        volumes: new Map(node.volumes),
        watched: new Map(copies(node.watched)),
        pulls: node.pulls.map((pull) => ({ ...pull })),
        pullTimes: [...node.pullTimes],
        operations: node.operations.map((operation) => ({ ...operation })),
        statusQueue: [...node.statusQueue],
        observed: { ...node.observed },
        pressure: { ...node.pressure },
        deferred: [...node.deferred],
      });
    }
    this.pods.clear();
    for (const record of state.pods) this.pods.set(record.id, copyPodRecord(record));
    this.nextPod = state.nextPod;
    this.fetching = new Set(state.fetching);
    this.registryDown = state.registryDown;
    this.tight = new Set(state.tight);
    this.cpuLost = state.cpuLost;
  }
}
