import type { KubeNode } from '../api/core.ts';
import type { Condition } from '../api/meta.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { Informer, Informers } from '../apiserver/informer.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { drawLatency } from '../latency.ts';
import type { LatencySettings } from '../settings.ts';
import type { CloudProvider } from './provider.ts';

const COMPONENT = 'route-controller';

/** Routes that are made at one time. Source: cloud-provider controllers/route/route_controller.go. */
const MOST_AT_ONCE = 200;

interface State {
  readonly routes: readonly string[];
  readonly missing: readonly string[];
  readonly creating: readonly string[];
  readonly pass: EventRef;
}

/** A node's condition as long as pods on it cannot be reached from others, and then. Source: the same file, and node_controller.go. */
export function networkCondition(available: boolean, now: string): Condition {
  const [status, reason, message] = available
    ? (['False', 'RouteCreated', 'RouteController created a route'] as const)
    : (['True', 'NoRouteCreated', 'Node created without a route'] as const);
  return { type: 'NetworkUnavailable', status, reason, message, lastTransitionTime: now };
}

/** Writes one condition of a node, whatever others it has. */
export function conditionRequest(name: string, condition: Condition): ApiRequest {
  const patch = { status: { conditions: [condition] } };
  const how = { verb: 'patch', subresource: 'status', patchType: 'strategic' } as const;
  return { ...how, kind: 'Node', namespace: '', name, patch, ignore: ['NotFound'] };
}

/**
 * cloud-controller-manager's route controller: every --route-reconciliation-period it has the provider make a route for the pods
 * of each node that has none, and says on the node that its network is there. Passes that would find nothing are not run.
 * Nodes that were there when the run began have theirs.
 */
export class CloudRoutes implements Component {
  readonly name = COMPONENT;
  readonly #environment: Environment;
  readonly #provider: CloudProvider;
  readonly #latency: LatencySettings;
  readonly #nodes: Informer<KubeNode>;
  readonly #client: ApiClient;
  readonly #draws: Purpose;
  readonly #period: Micros;
  readonly #pass: HandlerId;
  readonly #created: HandlerId;
  #routes = new Set<string>();
  /** Nodes that have no route, or that do not say that they have one. */
  #missing = new Set<string>();
  #creating = new Set<string>();
  #pending: EventRef = NO_EVENT;

  constructor(environment: Environment, informers: Informers, provider: CloudProvider, latency: LatencySettings) {
    const { kernel, clients, settings } = environment;
    this.#environment = environment;
    this.#provider = provider;
    this.#latency = latency;
    this.#client = clients.client(COMPONENT, settings.cloud);
    this.#draws = kernel.random.purpose('cloud-route');
    this.#period = seconds(settings.cloud.routeReconciliationPeriodSeconds);
    this.#pass = kernel.register('cloud/route-pass', () => this.#check());
    this.#created = kernel.register('cloud/route', (_a, _b, name) => this.#onCreated(name as string));
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#nodes.on((type, node) => {
      const { name } = node.metadata;
      if (type === 'deleted') {
        this.#routes.delete(name);
        this.#missing.delete(name);
      } else if (provider.instance(name)?.launched === 0) {
        this.#routes.add(name);
      } else if (provider.instance(name) !== undefined && !(this.#routes.has(name) && saysSo(node))) {
        this.#missing.add(name);
        this.#plan();
      }
    });
  }

  /** What it does follows from what it sees. */
  start(): void {
    this.#pending = NO_EVENT;
  }

  #plan(): void {
    const { kernel } = this.#environment;
    if (kernel.isPending(this.#pending) || ![...this.#missing].some((name) => !this.#creating.has(name))) return;
    const next = (Math.floor(kernel.now / this.#period) + 1) * this.#period;
    this.#pending = kernel.at(next, this.#pass, 0, 0, undefined, Priority.timer);
  }

  #check(): void {
    const { kernel } = this.#environment;
    for (const name of this.#missing) {
      if (this.#creating.has(name)) continue;
      const node = this.#nodes.get(name);
      if (node === undefined) continue;
      if (this.#routes.has(name)) {
        if (saysSo(node)) this.#missing.delete(name);
        else this.#say(name);
      } else if (this.#creating.size < MOST_AT_ONCE && this.#provider.admits()) {
        this.#creating.add(name);
        const takes = Math.round(drawLatency(this.#latency, this.#draws, identityOf(name), 0));
        kernel.after(takes, this.#created, 0, 0, name, Priority.external);
      }
    }
    this.#plan();
  }

  #onCreated(name: string): void {
    this.#creating.delete(name);
    if (this.#missing.has(name)) {
      this.#routes.add(name);
      this.#say(name);
    }
    this.#plan();
  }

  #say(name: string): void {
    const { calendar, kernel } = this.#environment;
    this.#client.request(conditionRequest(name, networkCondition(true, calendar.timestamp(kernel.now))));
  }

  save(): State {
    return {
      routes: [...this.#routes],
      missing: [...this.#missing],
      creating: [...this.#creating],
      pass: this.#pending,
    };
  }

  restore(saved: unknown): void {
    const { routes, missing, creating, pass } = saved as State;
    this.#routes = new Set(routes);
    this.#missing = new Set(missing);
    this.#creating = new Set(creating);
    this.#pending = pass;
  }
}

/** Whether a node's condition says that its network is there. */
function saysSo({ status }: KubeNode): boolean {
  return (
    status.conditions?.some(({ type, status: holds }) => type === 'NetworkUnavailable' && holds === 'False') === true
  );
}
