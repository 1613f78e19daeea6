import { DurationTally, REQUEST_BUCKETS } from '../../src/reporting/duration-tally.ts';
import { stageLatencies } from '../../src/reporting/latencies.ts';
import { NodeLedger } from '../../src/reporting/node-ledger.ts';
import { PodLedger } from '../../src/reporting/pod-ledger.ts';
import type { Recording } from '../../src/reporting/recording.ts';
import type { Container, KubeNode, Pod, PodSpec, PodStatus, ResourceList } from '../../src/sim/api/core.ts';
import type { ObjectMeta } from '../../src/sim/api/meta.ts';
import type { Change } from '../../src/sim/etcd/store.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { TrafficLedger } from '../../src/reporting/traffic-ledger.ts';
import { ServiceLedger } from '../../src/reporting/service-ledger.ts';
import { Tally } from '../../src/reporting/tally.ts';

/** A run whose every write is made by hand, and the ledgers that saw it. Times are seconds. */
export class HandMadeRun {
  readonly nodes = new NodeLedger();
  readonly pods: PodLedger;
  #now = 0;
  #revision = 0;
  readonly #latest = new Map<string, KubeNode | Pod>();

  constructor() {
    this.pods = new PodLedger((node, pod, sign) => this.nodes.occupied(node, pod, sign, seconds(this.#now)));
  }

  /** Writes a new state of an object. */
  write(at: number, object: KubeNode | Pod): void {
    const { kind, metadata } = object;
    const key = `${kind} ${metadata.name}`;
    const previous = this.#latest.get(key);
    this.#latest.set(key, object);
    this.#changed(at, previous === undefined ? 'ADDED' : 'MODIFIED', object, previous);
  }

  /** Deletes an object in its last state. */
  delete(at: number, object: KubeNode | Pod): void {
    const key = `${object.kind} ${object.metadata.name}`;
    const last = this.#latest.get(key) ?? object;
    this.#latest.delete(key);
    this.#changed(at, 'DELETED', last, last);
  }

  #changed(at: number, type: Change['type'], object: KubeNode | Pod, previous: Change['previous']): void {
    this.#now = at;
    const { kind, metadata } = object;
    const place = {
      kind,
      key: metadata.name,
      version: 1,
      revision: ++this.#revision,
      createRevision: 1,
      previousRevision: 0,
    };
    const ledger = kind === 'Pod' ? this.pods : this.nodes;
    ledger.changed({ ...place, type, object, previous, time: seconds(at) });
  }

  /** What a recorder would hand on at the end. */
  recording(end: number, more: Partial<Recording> = {}): Recording {
    return {
      identity: {
        name: 'by-hand',
        description: '',
        file: 'by-hand.yaml',
        hash: '',
        seed: '1',
        version: '0',
        startTime: '',
      },
      partial: false,
      reason: '',
      now: seconds(end),
      warmUp: 0,
      kernelEvents: 0,
      revision: this.#revision,
      hash: '',
      pods: this.pods,
      nodes: this.nodes,
      samples: [],
      frames: [],
      loads: { controllers: [], verbs: [], samples: [] },
      responses: {},
      services: new ServiceLedger(),
      traffic: new TrafficLedger(undefined, () => seconds(end), 0),
      faults: [],
      warnings: [],
      tallies: {
        requests: new Tally(),
        durations: new DurationTally(REQUEST_BUCKETS),
        attempts: { scheduled: 0, unschedulable: 0, error: 0 },
        attemptsByProfile: new Map(),
        events: new Tally(),
        cycleMicros: 0,
        evaluatedNodes: 0,
        refusals: 0,
      },
      latencies: stageLatencies(this.pods.pods.values(), more.warmUp ?? 0, seconds(end)),
      ...more,
    };
  }
}

/** A node as its kubelet reports it. */
export function node(name: string, allocatable: ResourceList, { ready = true, labels = {} } = {}): KubeNode {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...metadata(name), labels },
    spec: {},
    status: { capacity: allocatable, allocatable, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

/** What of a pod is not as with any other. */
export interface PodState extends Partial<PodStatus> {
  readonly uid?: string;
  readonly node?: string;
  readonly requests?: ResourceList;
  readonly ready?: boolean;
  readonly restarts?: number;
  readonly deleting?: boolean;
  readonly meta?: Partial<ObjectMeta>;
  readonly spec?: Partial<PodSpec>;
}

/** A pod with one container, Pending where nothing else is said. */
export function pod(name: string, state: PodState = {}): Pod {
  const { uid = name, node: nodeName, requests = {}, ready, restarts = 0, deleting, meta, spec, ...status } = state;
  const container: Container = { name: 'main', image: 'image', resources: { requests } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata(name),
      namespace: 'default',
      uid,
      ...(deleting === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
      ...meta,
    },
    spec: { containers: [container], ...(nodeName === undefined ? {} : { nodeName }), ...spec },
    status: {
      phase: 'Pending',
      containerStatuses: [{ name: 'main', ready: ready === true, restartCount: restarts, state: {} }],
      ...(ready === undefined ? {} : { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] }),
      ...status,
    },
  };
}

function metadata(name: string): ObjectMeta {
  return { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
}
