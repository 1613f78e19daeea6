import type { Pod, Service } from '../api/core.ts';
import type { EndpointAddress, Endpoints, EndpointSubset } from '../api/workloads.ts';
import type { Informer } from '../apiserver/informer.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import { keyOf } from '../apiserver/request.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import { isEndpoint } from '../network/endpoints.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { isReady } from './pod-state.ts';
import { endpointPorts, ServiceMembers } from './service-members.ts';
import { updateObject } from './requests.ts';

/** Addresses in one object at most; the rest is left out. Source: endpoint/endpoints_controller.go maxCapacity. */
const MAX_ADDRESSES = 1000;
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
/** The label by which its own objects are known. */
export const MANAGED_BY = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };

/** The Endpoints controller: all pods of a Service in one object, the form before EndpointSlices. Nothing here reads it. */
export const endpointsController: ControllerFactory = {
  name: 'endpoints',
  // endpoint/endpoints_controller.go defaultSyncBackOff, maxSyncBackOff
  retries: { firstSeconds: 1, longestSeconds: 1000 },
  create: (environment) => new EndpointsController(environment),
};

class EndpointsController implements Controller {
  readonly name = 'endpoints';
  readonly workers: number;
  /** Source: endpoints_controller.go maxRetries. */
  readonly maxRetries = 15;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #endpoints: Informer<Endpoints>;
  readonly #members: ServiceMembers;

  constructor({ informers, queue, settings }: ControllerEnvironment) {
    this.workers = settings.controllerManager.concurrentEndpointSyncs;
    this.#services = informers.informer<Service>('Service');
    this.#pods = informers.informer<Pod>('Pod');
    this.#endpoints = informers.informer<Endpoints>('Endpoints');
    this.#members = new ServiceMembers(this.#services, this.#pods, (key) => queue.add(key));
    this.#endpoints.on((type, endpoints) => {
      // Its own writes need no look; a deletion does.
      if (type === 'deleted') queue.add(keyOf(endpoints));
    });
  }

  reconcile(key: string): Plan | undefined {
    const service = this.#services.get(key);
    const known = this.#endpoints.get(key);
    if (service === undefined) {
      if (known === undefined) return undefined;
      const { namespace = '', name } = known.metadata;
      return { stages: [[{ verb: 'delete', kind: 'Endpoints', namespace, name, ignore: ['NotFound'] }]] };
    }
    if (service.spec.selector === undefined) return undefined;
    const { subsets, truncated } = this.#subsets(key, service);
    const { namespace = '', name, labels } = service.metadata;
    const annotations = truncated ? { [OVER_CAPACITY]: 'truncated' } : {};
    const metadata = { name, namespace, labels: { ...labels, ...MANAGED_BY }, annotations };
    const body = { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets };
    const target = { kind: 'Endpoints', namespace, name };
    let request: ApiRequest;
    if (known === undefined) request = { ...target, verb: 'create', body };
    else if (sameJson(known.subsets ?? [], subsets) && sameJson(known.metadata.labels, metadata.labels))
      return undefined;
    else request = updateObject({ ...known, metadata: { ...known.metadata, ...metadata }, subsets } as Endpoints);
    return { stages: [[request]] };
  }

  #subsets(
    key: string,
    service: Service,
  ): { readonly subsets: readonly EndpointSubset[]; readonly truncated: boolean } {
    const ready: EndpointAddress[] = [];
    const notReady: EndpointAddress[] = [];
    const always = service.spec.publishNotReadyAddresses === true;
    for (const podKey of this.#members.of(key)) {
      const pod = this.#pods.get(podKey);
      if (pod === undefined || !isEndpoint(pod)) continue;
      if (pod.metadata.deletionTimestamp !== undefined && !always) continue;
      (always || isReady(pod) ? ready : notReady).push(addressOf(pod));
    }
    const byAddress = (a: EndpointAddress, b: EndpointAddress): number => (a.ip < b.ip ? -1 : 1);
    const addresses = ready.sort(byAddress).slice(0, MAX_ADDRESSES);
    const notReadyAddresses = notReady.sort(byAddress).slice(0, MAX_ADDRESSES - addresses.length);
    const truncated = ready.length + notReady.length > MAX_ADDRESSES;
    if (addresses.length + notReadyAddresses.length === 0) return { subsets: [], truncated };
    const subset: EndpointSubset = {
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
      ports: endpointPorts(service),
    };
    return { subsets: [subset], truncated };
  }

  save(): unknown {
    return this.#members.save();
  }

  restore(saved: unknown): void {
    this.#members.restore(saved);
  }
}

function addressOf({ metadata, spec, status }: Pod): EndpointAddress {
  const { namespace = '', name, uid } = metadata;
  return {
    ip: status.podIP ?? '',
    ...(spec.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}
