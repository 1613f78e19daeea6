import type { KubeNode, Pod, Service } from '../api/core.ts';
import type { Endpoint, EndpointSlice } from '../api/workloads.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { keyOf, objectKey } from '../apiserver/request.ts';
import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import { endpointOf, isEndpoint, meantFor, sliceChanges } from '../network/endpoints.ts';
import { cpuSharesByZone, isOverloaded, topologyHints, wantsTopologyHints } from '../network/topology-hints.ts';
import { SECOND } from '../kernel/time.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { Expectations } from './expectations.ts';
import { controllerReference, deleteObject } from './requests.ts';
import { endpointPorts, ServiceMembers } from './service-members.ts';

/** Who events come from. */
const COMPONENT = 'endpoint-slice-controller';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** A change of a slice is looked into after this. Source: endpointslice_controller.go endpointSliceChangeMinSyncDelay. */
const SLICE_CHANGE_DELAY = SECOND;

interface State {
  readonly members: unknown;
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
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<KubeNode>;
  readonly #slices: Index<EndpointSlice>;
  /** Services with topology aware routing, all under one value. */
  readonly #zoned: Index<Service>;
  /** See cpuSharesByZone; worked out anew when a node has changed. */
  #shares: ReadonlyMap<string, number> | undefined;
  #sharesKnown = false;
  readonly #expectations = new Expectations();
  readonly #members: ServiceMembers;

  constructor(environment: ControllerEnvironment) {
    const { informers, queue, settings } = environment;
    this.#environment = environment;
    this.workers = settings.controllerManager.concurrentEndpointSliceSyncs;
    this.#services = informers.informer<Service>('Service');
    this.#pods = informers.informer<Pod>('Pod');
    this.#nodes = informers.informer<KubeNode>('Node');
    const slices = informers.informer<EndpointSlice>('EndpointSlice');
    this.#slices = slices.index('service', (slice) => serviceKeyOf(slice));
    this.#members = new ServiceMembers(this.#services, this.#pods, (key) => queue.add(key));
    this.#services.on((type, service) => {
      if (type === 'deleted') this.#expectations.forget(keyOf(service));
    });
    this.#zoned = this.#services.index('topology-mode', (service) =>
      wantsTopologyHints(service) ? 'Auto' : undefined,
    );
    this.#nodes.on((type, node, previous) => {
      if (type === 'modified' && this.#sharesKnown && isAlikeToZones(node, previous)) return;
      this.#sharesKnown = false;
      for (const service of this.#zoned.get('Auto')) {
        const key = keyOf(service);
        const endpoints = this.#slices.get(key).flatMap((slice) => slice.endpoints);
        if (isOverloaded(endpoints, this.#sharesByZone())) queue.add(key);
      }
    });
    slices.on((type, slice) => {
      const key = serviceKeyOf(slice);
      if (key === undefined) return;
      if (type === 'added') this.#expectations.creationObserved(key);
      if (type === 'deleted') this.#expectations.deletionObserved(key, keyOf(slice));
      queue.addAfter(key, SLICE_CHANGE_DELAY);
    });
  }

  reconcile(key: string): Plan | undefined {
    const service = this.#services.get(key);
    // Slices of a Service that is gone are the garbage collector's.
    if (service === undefined || service.spec.selector === undefined) return undefined;
    const { kernel } = this.#environment;
    if (!this.#expectations.satisfied(key, kernel.now)) return undefined;
    const wanted: Endpoint[] = [];
    for (const podKey of this.#members.of(key)) {
      const pod = this.#pods.get(podKey);
      if (pod !== undefined && isEndpoint(pod)) wanted.push(endpointOf(pod, service, this.#zoneOf(pod)));
    }
    const slices = this.#slices.get(key);
    const hinted = wantsTopologyHints(service) ? this.#zonedEndpoints(service, slices, wanted) : wanted;
    const { updates, creations, deletions } = sliceChanges(slices, hinted);
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

  /** The endpoints with the zones that they are for, or why there are none told in an event. */
  #zonedEndpoints(
    service: Service,
    slices: readonly EndpointSlice[],
    wanted: readonly Endpoint[],
  ): readonly Endpoint[] {
    const hints = topologyHints(wanted, this.#sharesByZone());
    const { events } = this.#environment;
    if ('disabled' in hints) {
      const message = `${hints.disabled}, addressType: IPv4`;
      events.record(COMPONENT, service, 'Warning', 'TopologyAwareHintsDisabled', message);
      return wanted;
    }
    if (!slices.some(({ endpoints }) => endpoints.some((endpoint) => endpoint.hints !== undefined))) {
      const message = 'Topology Aware Hints has been enabled, addressType: IPv4';
      events.record(COMPONENT, service, 'Normal', 'TopologyAwareHintsEnabled', message);
    }
    return wanted.map((endpoint, i) => meantFor(endpoint, hints.zones[i]));
  }

  #sharesByZone(): ReadonlyMap<string, number> | undefined {
    if (!this.#sharesKnown) this.#shares = cpuSharesByZone(this.#nodes.list());
    this.#sharesKnown = true;
    return this.#shares;
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
      ports: endpointPorts(service),
    };
    return { verb: 'create', kind: 'EndpointSlice', namespace, name: '', body };
  }

  #update(slice: EndpointSlice, endpoints: readonly Endpoint[]): ApiRequest {
    const { name, namespace = '' } = slice.metadata;
    return { verb: 'update', kind: 'EndpointSlice', namespace, name, body: { ...slice, endpoints } as EndpointSlice };
  }

  save(): State {
    return {
      members: this.#members.save(),
      expectations: this.#expectations.save(),
    };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#members.restore(state.members);
    this.#expectations.restore(state.expectations);
    this.#sharesKnown = false;
  }
}

/** Whether a node counts for its zone as it did. */
function isAlikeToZones(node: KubeNode, previous: KubeNode | undefined): boolean {
  if (previous === undefined) return false;
  const readiness = ({ status }: KubeNode): string | undefined =>
    status.conditions?.find(({ type }) => type === 'Ready')?.status;
  return (
    node.metadata.labels === previous.metadata.labels &&
    node.status.allocatable?.['cpu'] === previous.status.allocatable?.['cpu'] &&
    readiness(node) === readiness(previous)
  );
}

function serviceKeyOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[SERVICE_LABEL];
  return name === undefined ? undefined : objectKey(metadata.namespace, name);
}
