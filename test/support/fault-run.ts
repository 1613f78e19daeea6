import { defaultEviction } from '../../src/policies/reconcile/default-eviction.ts';
import { defaultScaleDown } from '../../src/policies/reconcile/default-scale-down.ts';
import { DEFAULT_PROFILE } from '../../src/policies/scheduling/default-profile.ts';
import type { KubeNode, Pod } from '../../src/sim/api/core.ts';
import { Invariants } from '../../src/sim/checks/invariants.ts';
import { Cluster } from '../../src/sim/cluster.ts';
import type { ClusterOptions } from '../../src/sim/cluster.ts';
import { SECOND, seconds } from '../../src/sim/kernel/time.ts';
import type { MachineSpec } from '../../src/sim/node/machines.ts';
import { DEFAULT_SETTINGS } from '../../src/sim/default-settings.ts';
import type { FaultNotice, TimedFault } from '../../src/sim/faults/timed-fault.ts';

function machine(index: number, cloud: boolean): MachineSpec {
  const zone = index % 2 === 0 ? 'a' : 'b';
  const capacity = { cpu: '8', memory: '16Gi', pods: '110' };
  const labels = { 'topology.kubernetes.io/zone': zone, 'topology.kubernetes.io/region': 'r' };
  const status = { capacity, allocatable: capacity };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: `n${index}`, labels }, spec: {}, status } as const;
  return { node, group: 'n', zone, cloud };
}

/** A cluster's parts, where they are others than usual. */
export interface FaultRunOptions extends Partial<ClusterOptions> {
  readonly nodes?: number;
  readonly cloud?: boolean;
}

/** A cluster of eight nodes in two zones with a Deployment of sixteen pods, and a log of what befell it. */
export class FaultRun {
  readonly cluster: Cluster;
  readonly notices: FaultNotice[] = [];
  readonly #written: { at: number; kind: string; name: string; object: KubeNode | Pod; deleted: boolean }[] = [];

  constructor({ nodes = 8, cloud = false, ...options }: FaultRunOptions = {}) {
    this.cluster = new Cluster({
      seed: '5',
      startTime: '2026-01-01T00:00:00Z',
      settings: { ...DEFAULT_SETTINGS, kubelet: { ...DEFAULT_SETTINGS.kubelet, imagesPresent: 'all' } },
      machines: Array.from({ length: nodes }, (_, index) => machine(index, cloud)),
      arrivals: [],
      profiles: [DEFAULT_PROFILE],
      reconcile: { scaleDown: defaultScaleDown, eviction: defaultEviction },
      ...options,
    });
    this.cluster.faults.observe((notice) => this.notices.push(notice));
    this.cluster.server.observe(({ time, kind, object, type }) => {
      if (kind !== 'Node' && kind !== 'Pod') return;
      const { name } = object.metadata;
      const deleted = type === 'DELETED';
      this.#written.push({ at: time / SECOND, kind, name, object: object as KubeNode | Pod, deleted });
    });
  }

  start(replicas = 16): this {
    this.cluster.start();
    new Invariants(this.cluster.server);
    const labels = { app: 'web' };
    const containers = [{ name: 'c', image: 'web:1', resources: { requests: { cpu: '500m' } } }];
    const template = { metadata: { labels }, spec: { containers } };
    const spec = { replicas, selector: { matchLabels: labels }, template };
    const metadata = { name: 'web', namespace: 'default' };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
    this.cluster.server.handle({ verb: 'create', kind: 'Deployment', namespace: 'default', name: 'web', body });
    return this;
  }

  restore(state: unknown): this {
    this.cluster.restore(state);
    new Invariants(this.cluster.server);
    return this;
  }

  until(time: number): this {
    this.cluster.run({ until: seconds(time) });
    return this;
  }

  /** When a node or pod was first written in a state, after an instant. */
  when(kind: string, name: string, from: number, holds: (object: never, deleted: boolean) => boolean): number {
    const write = this.#written.find(
      (one) => one.kind === kind && one.name === name && one.at > from && holds(one.object as never, one.deleted),
    );
    return write?.at ?? Infinity;
  }

  get pods(): readonly Pod[] {
    return this.cluster.server.list<Pod>('Pod').items;
  }

  podsOn(node: string): readonly Pod[] {
    return this.pods.filter(({ spec }) => spec.nodeName === node);
  }

  node(name: string): KubeNode | undefined {
    return this.cluster.server.get<KubeNode>('Node', '', name);
  }

  /** `kind node…` of each begin, with its time in seconds. */
  get begins(): [number, string][] {
    return this.notices
      .filter(({ phase }) => phase === 'begin')
      .map(({ time, kind, nodes }) => [time / SECOND, `${kind} ${nodes.join(' ')}`]);
  }
}

/** A fault at a time in seconds. */
export const at = (time: number, kind: TimedFault['kind'], more: Partial<TimedFault> = {}): TimedFault => {
  return { at: seconds(time), kind, ...more };
};

/** Whether a node's Ready condition has a status. */
export const readyIs =
  (wanted: string) =>
  (node: KubeNode): boolean =>
    node.status.conditions?.find(({ type }) => type === 'Ready')?.status === wanted;
export const isReady = (run: FaultRun, name: string): boolean => {
  const node = run.node(name);
  return node !== undefined && readyIs('True')(node);
};
