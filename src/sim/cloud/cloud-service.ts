import type { KubeNode, Service } from '../api/core.ts';
import type { Informer } from '../apiserver/informer.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controllers/controller.ts';
import type { RetryDelays } from '../controllers/rate-limiter.ts';
import { identityOf } from '../kernel/random.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { LatencySettings } from '../settings.ts';
import { CloudCalls } from './cloud-calls.ts';
import { hasTaint, TO_BE_DELETED } from './cloud-taints.ts';
import type { CloudProvider } from './provider.ts';

const COMPONENT = 'service-controller';

/** How long a Service waits that failed. Source: cloud-provider controllers/service/controller.go minRetryDelay, maxRetryDelay. */
const RETRIES: RetryDelays = { firstSeconds: 5, longestSeconds: 300 };

/** Keeps a Service until its load balancer is gone. Source: cloud-provider service/helpers/helper.go. */
const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';

/** A node with this label gets no traffic from load balancers. Source: api/core/v1/well_known_labels.go. */
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** A call under way, which holds a worker up; plain data. */
interface Busy {
  readonly key: string;
  readonly until: Micros;
}

interface State {
  readonly calls: unknown;
  readonly busy: readonly Busy[];
  readonly ensured: readonly [string, string][];
}

/**
 * cloud-controller-manager's service controller: a load balancer for each Service that wants one, and the nodes it is to send to.
 * Since 1.27 (StableLoadBalancerNodeSet) nodes that are not Ready stay among them, as the load balancer's own looks tell; a node
 * that is about to be deleted goes when the set is next made. Source: cloud-provider controllers/service/controller.go.
 */
export function cloudServiceController(provider: CloudProvider): ControllerFactory {
  return {
    name: COMPONENT,
    retries: RETRIES,
    create: (environment) => new CloudServices(environment, provider),
  };
}

class CloudServices implements Controller {
  readonly name = COMPONENT;
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #provider: CloudProvider;
  readonly #services: Informer<Service>;
  readonly #nodes: Informer<KubeNode>;
  readonly #calls: CloudCalls;
  /** Calls under way: a worker does nothing else meanwhile. */
  #busy: Busy[] = [];
  /** What of each Service its load balancer was last made by. */
  #ensured = new Map<string, string>();

  constructor(environment: ControllerEnvironment, provider: CloudProvider) {
    const { informers, queue, kernel, settings } = environment;
    this.#environment = environment;
    this.#provider = provider;
    this.workers = settings.cloud.concurrentServiceSyncs;
    this.#calls = new CloudCalls(kernel, provider, 'load-balancer-call', RETRIES);
    this.#services = informers.informer<Service>('Service');
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#services.on((_type, service, _previous, key) => {
      const wants = wantsLoadBalancer(service) && contentOf(service) !== this.#ensured.get(key);
      if (wants || needsCleanup(service) || (this.#ensured.has(key) && !wantsLoadBalancer(service))) queue.add(key);
    });
    this.#nodes.on((type, node, previous) => {
      if (type === 'modified' && previous !== undefined && isCandidate(node) === isCandidate(previous)) return;
      for (const key of this.#ensured.keys()) queue.add(key);
    });
  }

  reconcile(key: string): Plan | undefined {
    const service = this.#services.get(key);
    if (service === undefined || !wantsLoadBalancer(service) || needsCleanup(service))
      return this.#remove(key, service);
    if (!hasFinalizer(service)) return this.#protect(key, service);
    return this.#ensure(key, service);
  }

  /** The finalizer comes before the load balancer; that it is there brings the key back. */
  #protect(key: string, { metadata }: Service): Plan {
    const finalizers = [...(metadata.finalizers ?? []), FINALIZER];
    return { stages: [[patched(key, { metadata: { finalizers } })]] };
  }

  #ensure(key: string, service: Service): Plan | undefined {
    const { balancers, spec } = this.#provider;
    const hosts = this.#hosts();
    const content = contentOf(service);
    const isNew = this.#ensured.get(key) !== content;
    const before = balancers.hosts(key);
    if (!isNew && before !== undefined && sameHosts(before, hosts)) return undefined;
    if (isNew && !this.#isUnderWay(key)) this.#event(service, 'EnsuringLoadBalancer', 'Ensuring load balancer');
    const latency = before === undefined ? spec.loadBalancer.latency : spec.api.latency;
    const wait = this.#call(key, latency);
    if (wait > 0) return again(wait);
    balancers.set(key, hosts, service.spec);
    this.#ensured.set(key, content);
    if (hosts.length === 0) {
      const message = 'There are no available nodes for LoadBalancer';
      this.#environment.events.record(COMPONENT, service, 'Warning', 'UnAvailableLoadBalancer', message);
    }
    if (!isNew) {
      if (hosts.length > 0) this.#event(service, 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
      return undefined;
    }
    this.#event(service, 'EnsuredLoadBalancer', 'Ensured load balancer');
    const loadBalancer = { ingress: [{ ip: balancers.addressOf(key), ipMode: 'VIP' }] };
    if (sameJson(service.status?.['loadBalancer'], loadBalancer)) return undefined;
    return { stages: [[status(key, { loadBalancer })]] };
  }

  #remove(key: string, service: Service | undefined): Plan | undefined {
    const { balancers, spec } = this.#provider;
    const exists = balancers.hosts(key) !== undefined;
    if (!exists && (service === undefined || !hasFinalizer(service))) {
      this.#forget(key);
      return undefined;
    }
    if (exists) {
      if (service !== undefined && !this.#isUnderWay(key))
        this.#event(service, 'DeletingLoadBalancer', 'Deleting load balancer');
      const wait = this.#call(key, spec.loadBalancer.latency);
      if (wait > 0) return again(wait);
      balancers.remove(key);
    }
    this.#forget(key);
    if (service === undefined) return undefined;
    this.#event(service, 'DeletedLoadBalancer', 'Deleted load balancer');
    const finalizers = (service.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
    const cleared = service.status?.['loadBalancer'] === undefined ? [] : [status(key, { loadBalancer: null })];
    return { stages: [cleared, [patched(key, { metadata: { finalizers } })]] };
  }

  #forget(key: string): void {
    this.#ensured.delete(key);
    this.#calls.forget(key);
  }

  #isUnderWay(key: string): boolean {
    return this.#busy.some((one) => one.key === key);
  }

  /** Time until the key's call is over; where no worker is free, until one is. 0: it is. */
  #call(key: string, latency: LatencySettings): Micros {
    const { now } = this.#environment.kernel;
    this.#busy = this.#busy.filter((one) => one.until > now || one.key === key);
    const others = this.#busy.filter((one) => one.key !== key);
    if (!this.#isUnderWay(key) && others.length >= this.workers) {
      return Math.min(...others.map(({ until }) => until)) - now + 1;
    }
    const left = this.#calls.left(key, latency, identityOf(key));
    if (this.#calls.isThrottled(key)) {
      this.#busy = others;
      const service = this.#services.get(key);
      const message = 'Error syncing load balancer: RequestLimitExceeded: Request limit exceeded.';
      if (service !== undefined) {
        this.#environment.events.record(COMPONENT, service, 'Warning', 'SyncLoadBalancerFailed', message);
      }
      return left;
    }
    this.#busy = left === 0 ? others : [...others, { key, until: now + left }];
    return left;
  }

  /** Nodes that load balancers may send to. */
  #hosts(): readonly string[] {
    const hosts: string[] = [];
    for (const node of this.#nodes.list()) {
      const leaves = node.metadata.deletionTimestamp !== undefined || hasTaint(node, { key: TO_BE_DELETED });
      if (isCandidate(node) && !leaves) hosts.push(node.metadata.name);
    }
    return hosts;
  }

  #event(service: Service, reason: string, message: string): void {
    this.#environment.events.record(COMPONENT, service, 'Normal', reason, message);
  }

  save(): State {
    return { calls: this.#calls.save(), busy: [...this.#busy], ensured: [...this.#ensured] };
  }

  restore(saved: unknown): void {
    const { calls, busy, ensured } = saved as State;
    this.#calls.restore(calls);
    this.#busy = [...busy];
    this.#ensured = new Map(ensured);
  }
}

function again(wait: Micros): Plan {
  return { stages: [], requeueAfterSeconds: wait / SECOND };
}

function wantsLoadBalancer({ spec }: Service): boolean {
  return spec.type === 'LoadBalancer' && spec['loadBalancerClass' as keyof typeof spec] === undefined;
}

function hasFinalizer({ metadata }: Service): boolean {
  return metadata.finalizers?.includes(FINALIZER) === true;
}

function needsCleanup(service: Service): boolean {
  return (
    hasFinalizer(service) && (service.metadata.deletionTimestamp !== undefined || service.spec.type !== 'LoadBalancer')
  );
}

/** What of a Service makes its load balancer. */
function contentOf({ metadata, spec }: Service): string {
  return JSON.stringify([
    metadata.uid,
    spec.ports,
    spec.sessionAffinity,
    spec.externalTrafficPolicy,
    metadata.annotations,
  ]);
}

/** What of a node has the set of nodes made anew when it changes. */
function isCandidate({ metadata, spec }: KubeNode): boolean {
  return spec.providerID !== undefined && metadata.labels?.[EXCLUDED] === undefined;
}

function sameHosts(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  const known = new Set(one);
  return other.every((name) => known.has(name));
}

function target(key: string): { readonly kind: 'Service'; readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { kind: 'Service', namespace, name };
}

function patched(key: string, patch: object): ApiRequest {
  return { verb: 'patch', ...target(key), patch, ignore: ['NotFound'] };
}

function status(key: string, content: object): ApiRequest {
  return { verb: 'patch', subresource: 'status', ...target(key), patch: { status: content }, ignore: ['NotFound'] };
}
