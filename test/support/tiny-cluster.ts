import type { Pod } from '../../src/sim/api/core.ts';
import type { Draft, KubeObject } from '../../src/sim/api/meta.ts';
import { Calendar } from '../../src/sim/api/timestamps.ts';
import { identityOfObject } from '../../src/sim/api/uid.ts';
import { ApiClients } from '../../src/sim/apiserver/api-client.ts';
import { ApiServer } from '../../src/sim/apiserver/api-server.ts';
import { EventRecorder } from '../../src/sim/apiserver/event-recorder.ts';
import type { RecordedEvent } from '../../src/sim/apiserver/event-recorder.ts';
import type { ApiRequest } from '../../src/sim/apiserver/request.ts';
import { WatchHub } from '../../src/sim/apiserver/watch-hub.ts';
import { ControllerManager } from '../../src/sim/controllers/controller-manager.ts';
import type { ControllerFactory } from '../../src/sim/controllers/controller.ts';
import type { QueuePolicy } from '../../src/sim/controllers/queue-policy.ts';
import type { Environment } from '../../src/sim/environment.ts';
import { Kernel } from '../../src/sim/kernel/kernel.ts';
import type { KernelState } from '../../src/sim/kernel/kernel.ts';
import { seconds } from '../../src/sim/kernel/time.ts';
import { DEFAULT_SETTINGS } from '../../src/sim/default-settings.ts';
import type { ComponentSettings } from '../../src/sim/settings.ts';

/** What becomes of a pod, in seconds after its creation; a pod with neither end runs until it is deleted. */
export interface PodLife {
  /** Containers start. Infinity: never. @defaultValue 1.5 */
  readonly starts?: number;
  /** Ready. @defaultValue as it starts */
  readonly ready?: number;
  readonly fails?: number;
  readonly succeeds?: number;
  /** From deletion to its end. @defaultValue 1 */
  readonly stops?: number;
}

export interface TinyClusterOptions {
  readonly controllers: readonly ControllerFactory[];
  readonly lifeOf?: (pod: Pod) => PodLife;
  readonly nodes?: number;
  readonly settings?: Partial<ComponentSettings>;
  readonly queue?: QueuePolicy;
}

/** A real API server, watches and controllers; a stand-in for scheduler and kubelets moves pods through their lives. */
export class TinyCluster {
  readonly kernel = new Kernel({ seed: 1 });
  readonly calendar = new Calendar('2024-01-01T00:00:00Z');
  readonly server: ApiServer;
  readonly environment: Environment;
  readonly manager: ControllerManager;
  readonly events: RecordedEvent[] = [];
  readonly requests: ApiRequest[] = [];
  readonly #lifeOf: (pod: Pod) => PodLife;
  readonly #nodes: number;

  constructor({ controllers, lifeOf = () => ({}), nodes = 3, settings: changed = {}, queue }: TinyClusterOptions) {
    const { kernel, calendar } = this;
    const settings = { ...DEFAULT_SETTINGS, ...changed };
    this.#lifeOf = lifeOf;
    this.#nodes = nodes;
    this.server = new ApiServer(kernel, calendar, settings.apiServer);
    const hub = new WatchHub(kernel, this.server, settings.apiServer);
    const clients = new ApiClients(kernel, this.server, settings.apiServer);
    const events = new EventRecorder(kernel, settings.apiServer);
    events.observe((event) => this.events.push(event));
    this.environment = { kernel, calendar, settings, server: this.server, hub, clients, events };
    this.manager = new ControllerManager(this.environment, controllers, [], queue);
    const handlers = {
      bind: kernel.register('tiny/bind', (_a, _b, pod) => this.#bind(pod as Pod)),
      status: kernel.register('tiny/status', (_a, _b, payload) => {
        const { pod, status } = payload as { pod: Pod; status: object };
        this.#status(pod, status);
      }),
      end: kernel.register('tiny/end', (_a, _b, pod) => this.#end(pod as Pod)),
    };
    this.server.observeRequests((request) => this.requests.push(request));
    this.server.observe(({ kind, type, object, previous }) => {
      if (kind !== 'Pod') return;
      const pod = object as Pod;
      const life = this.#lifeOf(pod);
      if (type === 'ADDED') {
        kernel.after(seconds(Math.min(0.3, life.starts ?? 0.3)), handlers.bind, 0, 0, pod);
        const starts = life.starts ?? 1.5;
        if (starts === Infinity) return;
        const at = (after: number, status: object): void => {
          kernel.after(seconds(after), handlers.status, 0, 0, { pod, status });
        };
        at(starts, { phase: 'Running', ready: 'False' });
        if (life.fails === undefined && life.succeeds === undefined) {
          at(life.ready ?? starts, { phase: 'Running', ready: 'True' });
        }
        if (life.fails !== undefined) at(life.fails, { phase: 'Failed', ready: 'False' });
        if (life.succeeds !== undefined) at(life.succeeds, { phase: 'Succeeded', ready: 'False' });
      }
      const marked = pod.metadata.deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined;
      if (type === 'MODIFIED' && marked) kernel.after(seconds(life.stops ?? 1), handlers.end, 0, 0, pod);
    });
    this.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    this.manager.start();
  }

  create<T extends KubeObject>(object: Draft): T {
    return this.do({
      verb: 'create',
      kind: object.kind,
      namespace: object.metadata.namespace ?? '',
      name: object.metadata.name ?? '',
      body: object,
    }) as T;
  }

  /** Carries out a request at once; throws where it is refused. */
  do(request: ApiRequest): KubeObject {
    const result = this.server.handle(request);
    if (!result.ok) throw new Error(result.status.message);
    return result.object;
  }

  /** Merges a change into an object, as a user would. */
  patch(kind: string, name: string, patch: object): KubeObject {
    return this.do({ verb: 'patch', kind, namespace: 'default', name, patch });
  }

  delete(kind: string, name: string): void {
    this.do({ verb: 'delete', kind, namespace: 'default', name });
  }

  get<T extends KubeObject>(kind: string, name: string): T {
    const object = this.server.get<T>(kind, 'default', name);
    if (object === undefined) throw new Error(`there is no ${kind} "${name}"`);
    return object;
  }

  list<T extends KubeObject>(kind: string): readonly T[] {
    return this.server.list<T>(kind).items;
  }

  get pods(): readonly Pod[] {
    return this.list<Pod>('Pod');
  }

  /** Runs to an instant. */
  until(time: number): this {
    this.kernel.run({ until: seconds(time) });
    return this;
  }

  /** All state between two events. */
  save(): unknown[] {
    const { kernel, server, environment, manager } = this;
    const { hub, clients, events } = environment;
    return [server, hub, clients, events, manager, kernel].map((part) => part.save());
  }

  /** Goes on from what another cluster with the same options saved. */
  restore(saved: readonly unknown[]): this {
    const { kernel, server, environment, manager } = this;
    const { hub, clients, events } = environment;
    [server, hub, clients, events, manager].forEach((part, index) => part.restore(saved[index]));
    kernel.restore(saved.at(-1) as KernelState);
    return this;
  }

  /** Reasons of the events about objects of a kind, in order. */
  reasons(kind: string): string[] {
    return this.events.filter((event) => event.kind === kind).map(({ reason }) => reason);
  }

  #live(pod: Pod): Pod | undefined {
    const live = this.server.get<Pod>('Pod', pod.metadata.namespace ?? '', pod.metadata.name);
    return live?.metadata.uid === pod.metadata.uid ? live : undefined;
  }

  #bind(pod: Pod): void {
    const live = this.#live(pod);
    if (live === undefined || (live.spec.nodeName ?? '') !== '') return;
    const { namespace = '', name, uid } = pod.metadata;
    const pinned =
      pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]
        ?.matchFields?.[0]?.values?.[0];
    const nodeName = pinned ?? `node-${identityOfObject(pod) % this.#nodes}`;
    this.do({ verb: 'bind', kind: 'Pod', namespace, name, uid, nodeName });
  }

  #status(pod: Pod, { phase, ready }: { phase?: string; ready?: string }): void {
    const live = this.#live(pod);
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) return;
    const time = this.calendar.timestamp(this.kernel.now);
    const before = live.status.conditions ?? [];
    const known = before.find(({ type }) => type === 'Ready');
    const condition = known?.status === ready ? known : { type: 'Ready', status: ready, lastTransitionTime: time };
    const conditions = [...before.filter(({ type }) => type !== 'Ready'), condition];
    const failed = phase === 'Failed';
    const state =
      phase === 'Running'
        ? { running: { startedAt: time } }
        : { terminated: { exitCode: failed ? 1 : 0, reason: failed ? 'Error' : 'Completed', finishedAt: time } };
    const containerStatuses = live.spec.containers.map(({ name }) => ({
      name,
      ready: ready === 'True',
      restartCount: 0,
      state,
    }));
    const { namespace = '', name } = live.metadata;
    this.do({
      verb: 'patch',
      kind: 'Pod',
      namespace,
      name,
      subresource: 'status',
      patch: { status: { phase, conditions, containerStatuses } },
    });
  }

  #end(pod: Pod): void {
    const live = this.#live(pod);
    if (live === undefined) return;
    const { namespace = '', name } = live.metadata;
    this.do({ verb: 'delete', kind: 'Pod', namespace, name, options: { gracePeriodSeconds: 0 } });
  }
}

/** A pod template of one small container, labelled `app`. */
export function template(app: string, image = 'app:1'): { metadata: object; spec: { containers: object[] } } {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image }] } };
}
