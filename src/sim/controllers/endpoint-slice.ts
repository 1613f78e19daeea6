import type { KubeNode, Pod, Service } from '../api/core.ts';
import { matchesPairs } from '../api/selectors.ts';
import type { Endpoint, EndpointSlice } from '../api/workloads.ts';
import { byNamespace } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { keyOf, objectKey } from '../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import { endpointOf, isEndpoint, sliceChanges } from '../network/endpoints.ts';
import { SECOND } from '../kernel/time.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { Expectations } from './expectations.ts';
import { isReady } from './pod-state.ts';
import { controllerReference, deleteObject } from './requests.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** A change of a slice is looked into after this. Source: endpointslice_controller.go endpointSliceChangeMinSyncDelay. */
const SLICE_CHANGE_DELAY = SECOND;

interface State {
  readonly members: readonly [string, readonly string[]][];
  readonly expectations: unknown;
}

/** The EndpointSlice controller: which pods stand behind each Service, and which of them are ready. */
export const endpointSliceController: ControllerFactory = {
  name: 'endpointslice',
  // endpointslice_controller.go defaultSyncBackOff, maxSyncBackOff
  retries: { firstSeconds: 1, longestSeconds: 1000 },
  create: (environment) => new EndpointSlices(environment),
};

class EndpointSlices implements Controller {
  readonly name = 'endpointslice';
  readonly workers: number;
  /** Source: endpointslice_controller.go maxRetries. */
  readonly maxRetries = 15;
  readonly #environment: ControllerEnvironment;
  readonly #services: Informer<Service>;
  readonly #inNamespace: Index<Service>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<KubeNode>;
  readonly #slices: Index<EndpointSlice>;
  readonly #expectations = new Expectations();
  /** Keys of the pods that each Service selects, so that no sync looks at other pods. */
  #members = new Map<string, Set<string>>();

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentEndpointSliceSyncs;
    this.#services = informers.informer<Service>('Service');
    this.#inNamespace = byNamespace(this.#services);
    this.#pods = informers.informer<Pod>('Pod');
    this.#nodes = informers.informer<KubeNode>('Node');
    const slices = informers.informer<EndpointSlice>('EndpointSlice');
    this.#slices = slices.index('service', (slice) => serviceKeyOf(slice));
    this.#services.on((type, service) => this.#serviceChanged(type === 'deleted', service));
    this.#pods.on((type, pod, previous) => this.#podChanged(type === 'deleted', pod, previous));
    slices.on((type, slice) => {
      const key = serviceKeyOf(slice);
      if (key === undefined) return;
      if (type === 'added') this.#expectations.creationObserved(key);
      if (type === 'deleted') this.#expectations.deletionObserved(key, keyOf(slice));
      queue.addAfter(key, SLICE_CHANGE_DELAY);
    });
  }

  #serviceChanged(gone: boolean, service: Service): void {
    const key = keyOf(service);
    if (gone) {
      this.#members.delete(key);
      this.#expectations.forget(key);
    } else {
      const members = new Set<string>();
      for (const pod of this.#pods.list()) if (selects(service, pod)) members.add(keyOf(pod));
      this.#members.set(key, members);
    }
    this.#environment.queue.add(key);
  }

  #podChanged(gone: boolean, pod: Pod, previous: Pod | undefined): void {
    const { namespace = '' } = pod.metadata;
    if (this.#inNamespace.count(namespace) === 0) return;
    const relevant = gone || previous === undefined || differs(previous, pod);
    if (!relevant) return;
    const podKey = keyOf(pod);
    for (const service of this.#inNamespace.get(namespace)) {
      const key = keyOf(service);
      const members = this.#members.get(key);
      if (members === undefined) continue;
      const belongs = !gone && selects(service, pod);
      const belonged = members.has(podKey);
      if (belongs) members.add(podKey);
      else members.delete(podKey);
      if (belongs || belonged) this.#environment.queue.add(key);
    }
  }

  reconcile(key: string): Plan | undefined {
    const service = this.#services.get(key);
    // Slices of a Service that is gone are the garbage collector's.
    if (service === undefined || service.spec.selector === undefined) return undefined;
    const { kernel } = this.#environment;
    if (!this.#expectations.satisfied(key, kernel.now)) return undefined;
    const wanted: Endpoint[] = [];
    for (const podKey of this.#members.get(key) ?? []) {
      const pod = this.#pods.get(podKey);
      if (pod !== undefined && isEndpoint(pod)) wanted.push(endpointOf(pod, service, this.#zoneOf(pod)));
    }
    const slices = this.#slices.get(key);
    const { updates, creations, deletions } = sliceChanges(slices, wanted);
    const requests: ApiRequest[] = [
      ...creations.map((endpoints) => this.#creation(service, endpoints)),
      ...updates.map(([slice, endpoints]) => this.#update(slice, endpoints)),
      ...deletions.map((slice) => deleteObject(slice)),
    ];
    if (requests.length === 0) return undefined;
    const going = deletions.map((slice) => keyOf(slice));
    this.#expectations.expect(key, creations.length, going, kernel.now);
    return { stages: [requests] };
  }

  replied(key: string, { request, result }: ApiReply): void {
    if (result.ok) return;
    if (request.verb === 'create') this.#expectations.creationObserved(key);
    if (request.verb === 'delete') this.#expectations.deletionObserved(key, objectKey(request.namespace, request.name));
  }

  #zoneOf(pod: Pod): string | undefined {
    return this.#nodes.get(pod.spec.nodeName ?? '')?.metadata.labels?.['topology.kubernetes.io/zone'];
  }

  #creation(service: Service, endpoints: readonly Endpoint[]): ApiRequest {
    const { name, namespace = '' } = service.metadata;
    const body = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace,
        generateName: `${name}-`,
        labels: { [SERVICE_LABEL]: name, 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
        ownerReferences: [controllerReference(service)],
      },
      addressType: 'IPv4',
      endpoints,
      ports: portsOf(service),
    };
    return { verb: 'create', kind: 'EndpointSlice', namespace, name: '', body };
  }

  #update(slice: EndpointSlice, endpoints: readonly Endpoint[]): ApiRequest {
    const { name, namespace = '' } = slice.metadata;
    return { verb: 'update', kind: 'EndpointSlice', namespace, name, body: { ...slice, endpoints } as EndpointSlice };
  }

  save(): State {
    return {
      members: [...this.#members].map(([key, members]) => [key, [...members]]),
      expectations: this.#expectations.save(),
    };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#members = new Map(state.members.map(([key, members]) => [key, new Set(members)]));
    this.#expectations.restore(state.expectations);
  }
}

function selects({ metadata, spec }: Service, pod: Pod): boolean {
  const { selector } = spec;
  if (selector === undefined || metadata.namespace !== pod.metadata.namespace) return false;
  return Object.keys(selector).length > 0 && matchesPairs(selector, pod.metadata.labels);
}

/** Whether a change of the pod can change an endpoint. */
function differs(before: Pod, after: Pod): boolean {
  return (
    before.status.podIP !== after.status.podIP ||
    before.spec.nodeName !== after.spec.nodeName ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    before.metadata.labels !== after.metadata.labels ||
    isReady(before) !== isReady(after) ||
    isEndpoint(before) !== isEndpoint(after)
  );
}

function serviceKeyOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[SERVICE_LABEL];
  return name === undefined ? undefined : objectKey(metadata.namespace, name);
}

function portsOf({ spec }: Service): EndpointSlice['ports'] {
  return (spec.ports ?? []).map(({ name, targetPort, port, protocol }) => ({
    name: name ?? '',
    port: typeof targetPort === 'number' ? targetPort : port,
    protocol: protocol ?? 'TCP',
  }));
}
