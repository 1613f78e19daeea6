import { DEFAULT_PROFILE } from '../../src/policies/scheduling/default-profile.ts';
import type { Pod } from '../../src/sim/api/core.ts';
import type { StringMap } from '../../src/sim/api/meta.ts';
import { Calendar } from '../../src/sim/api/timestamps.ts';
import { ApiClients } from '../../src/sim/apiserver/api-client.ts';
import { ApiServer } from '../../src/sim/apiserver/api-server.ts';
import { EventRecorder } from '../../src/sim/apiserver/event-recorder.ts';
import type { RecordedEvent } from '../../src/sim/apiserver/event-recorder.ts';
import { WatchHub } from '../../src/sim/apiserver/watch-hub.ts';
import type { Environment } from '../../src/sim/environment.ts';
import { Kernel } from '../../src/sim/kernel/kernel.ts';
import { SECOND } from '../../src/sim/kernel/time.ts';
import { DEFAULT_SETTINGS } from '../../src/sim/default-settings.ts';
import type { ComponentSettings } from '../../src/sim/settings.ts';
import type { Decision } from '../../src/sim/scheduler/decision.ts';
import type { Profile } from '../../src/sim/scheduler/framework.ts';
import type { ExtenderSet } from '../../src/sim/scheduler/extenders.ts';
import { Scheduler } from '../../src/sim/scheduler/scheduler.ts';

/** A cluster of an API server and a scheduler. */
export class Bench {
  readonly kernel: Kernel;
  readonly server: ApiServer;
  readonly scheduler: Scheduler;
  readonly decisions: Decision[] = [];
  readonly events: RecordedEvent[] = [];
  readonly #parts: { save(): unknown; restore(state: never): void }[];

  constructor(
    settings: ComponentSettings = DEFAULT_SETTINGS,
    profiles: readonly Profile[] = [DEFAULT_PROFILE],
    extenders?: ExtenderSet,
  ) {
    const kernel = new Kernel({ seed: 7 });
    const calendar = new Calendar('2026-01-01T00:00:00Z');
    const server = new ApiServer(kernel, calendar, settings.apiServer);
    const hub = new WatchHub(kernel, server, settings.apiServer);
    const clients = new ApiClients(kernel, server, settings.apiServer);
    const events = new EventRecorder(kernel, settings.apiServer);
    const environment: Environment = { kernel, calendar, settings, server, hub, clients, events };
    this.kernel = kernel;
    this.server = server;
    this.scheduler = new Scheduler(environment, profiles, extenders);
    this.scheduler.observe((decision) => this.decisions.push(decision));
    events.observe((event) => this.events.push(event));
    this.#parts = [kernel, server, hub, clients, events, this.scheduler];
    server.handle({
      verb: 'create',
      kind: 'Namespace',
      namespace: '',
      name: 'default',
      body: object('Namespace', 'default'),
    });
  }

  node(name: string, cpu: string, extra: object = {}): void {
    const allocatable = { cpu, memory: '64Gi', pods: '110' };
    const conditions = [{ type: 'Ready', status: 'True' }];
    const body = {
      ...object('Node', name),
      status: { allocatable, capacity: allocatable, conditions },
      spec: {},
      ...extra,
    };
    const result = this.server.handle({ verb: 'create', kind: 'Node', namespace: '', name, body });
    if (!result.ok) throw new Error(result.status.message);
  }

  pod(name: string, cpu: string, spec: object = {}, labels: StringMap = {}): void {
    const containers = [{ name: 'c', image: 'app:1', resources: { requests: { cpu } } }];
    const base = object('Pod', name, 'default');
    const body = { ...base, metadata: { ...base.metadata, labels }, spec: { containers, ...spec } };
    const result = this.server.handle({ verb: 'create', kind: 'Pod', namespace: 'default', name, body });
    if (!result.ok) throw new Error(result.status.message);
  }

  delete(kind: string, name: string): void {
    const namespace = kind === 'Pod' ? 'default' : '';
    this.server.handle({ verb: 'delete', kind, namespace, name, options: { gracePeriodSeconds: 0 } });
  }

  nodeOf(pod: string): string | undefined {
    return this.server.get<Pod>('Pod', 'default', pod)?.spec.nodeName;
  }

  run(untilSeconds: number): void {
    this.kernel.run({ until: untilSeconds * SECOND });
  }

  save(): unknown[] {
    return structuredClone(this.#parts.map((part) => part.save()));
  }

  restore(states: unknown[]): void {
    for (const [index, part] of this.#parts.entries()) part.restore(states[index] as never);
  }
}

export function object(
  kind: string,
  name: string,
  namespace?: string,
): { kind: string; apiVersion: string; metadata: object } {
  return { apiVersion: 'v1', kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}
