import type { Container, KubeNode, Pod, PodSpec, ResourceList } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import { Calendar } from '../api/timestamps.ts';
import { ApiClients } from '../apiserver/api-client.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import { EventRecorder } from '../apiserver/event-recorder.ts';
import { WatchHub } from '../apiserver/watch-hub.ts';
import { Kernel } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import type { KubeletSettings } from '../settings.ts';
import { Kubelets } from './kubelets.ts';
import type { MachineSpec } from './machines.ts';

/** What a pod looked like after each write of it. */
export interface Seen {
  readonly at: number;
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: string;
  readonly gone: boolean;
}

/** An API server and kubelets; the test binds pods itself. */
export class Bench {
  readonly kernel: Kernel;
  readonly server: ApiServer;
  readonly kubelets: Kubelets;
  readonly seen = new Map<string, Seen[]>();
  readonly reasons: string[] = [];
  readonly #parts: { save(): unknown; restore(state: never): void }[];

  constructor(changes: Partial<KubeletSettings> = {}, nodes = 1, seed = 3, more: ResourceList = {}) {
    const kubelet: KubeletSettings = { ...DEFAULT_SETTINGS.kubelet, imagesPresent: 'all', ...changes };
    const settings = { ...DEFAULT_SETTINGS, kubelet };
    const kernel = new Kernel({ seed });
    const calendar = new Calendar('2026-01-01T00:00:00Z');
    const server = new ApiServer(kernel, calendar, settings.apiServer);
    const hub = new WatchHub(kernel, server, settings.apiServer);
    const clients = new ApiClients(kernel, server, settings.apiServer);
    const events = new EventRecorder(kernel, settings.apiServer);
    this.kernel = kernel;
    this.server = server;
    const machines = Array.from({ length: nodes }, (_, index) => machine(`n${index}`, more));
    this.kubelets = new Kubelets({ kernel, calendar, settings, server, hub, clients, events }, machines);
    this.#parts = [kernel, server, clients, hub, events, this.kubelets];
    events.observe(({ reason, name }) => this.reasons.push(`${name} ${reason}`));
    server.observe(({ kind, type, object }) => {
      if (kind !== 'Pod') return;
      const pod = object as Pod;
      const list = this.seen.get(pod.metadata.name) ?? [];
      this.seen.set(pod.metadata.name, list);
      const [status] = pod.status.containerStatuses ?? [];
      list.push({
        at: kernel.now / SECOND,
        phase: pod.status.phase,
        ready: pod.status.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True',
        restarts: status?.restartCount ?? 0,
        state: status?.state.waiting?.reason ?? Object.keys(status?.state ?? {})[0] ?? '',
        gone: type === 'DELETED',
      });
    });
  }

  start(): this {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
    this.server.handle({ verb: 'create', kind: 'Namespace', namespace: '', name: 'default', body });
    this.kubelets.start();
    return this.until(0.1);
  }

  pod(name: string, { annotations, container, ...spec }: PodInput = {}): void {
    const containers = [{ name: 'c', image: 'app:1', resources: { requests: { cpu: '1' } }, ...container }];
    const metadata = { name, namespace: 'default', ...(annotations === undefined ? {} : { annotations }) };
    const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'n0', containers, ...spec } };
    const result = this.server.handle({ verb: 'create', kind: 'Pod', namespace: 'default', name, body });
    if (!result.ok) throw new Error(result.status.message);
  }

  delete(name: string, gracePeriodSeconds?: number): void {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    this.server.handle({ verb: 'delete', kind: 'Pod', namespace: 'default', name, options });
  }

  get(name: string): Pod | undefined {
    return this.server.get<Pod>('Pod', 'default', name);
  }

  /** The status of one of the node's conditions. */
  condition(type: string, node = 'n0'): string | undefined {
    const conditions = this.server.get<KubeNode>('Node', '', node)?.status.conditions;
    return conditions?.find((condition) => condition.type === type)?.status;
  }

  /** The first sight of the pod for which something holds. */
  when(name: string, holds: (seen: Seen) => boolean): number {
    return this.seen.get(name)?.find(holds)?.at ?? Infinity;
  }

  until(time: number): this {
    this.kernel.run({ until: seconds(time) });
    return this;
  }

  save(): unknown[] {
    return structuredClone(this.#parts.map((part) => part.save()));
  }

  restore(states: unknown[]): this {
    for (const [index, part] of this.#parts.entries()) part.restore(states[index] as never);
    return this;
  }
}

type PodInput = Partial<PodSpec> & { annotations?: StringMap; container?: Partial<Container> };

function machine(name: string, more: ResourceList): MachineSpec {
  const capacity = { cpu: '8', memory: '16Gi', pods: '110', ...more };
  const status = { capacity, allocatable: capacity };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { pool: 'a' } }, spec: {}, status } as const;
  return { node, group: 'n', zone: 'z', cloud: true };
}
