import type { Service } from '../api/core.ts';
import type { Endpoint, EndpointAddress, Endpoints, EndpointSlice, EndpointSubset } from '../api/workloads.ts';
import { controllerUid } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import { keyOf } from '../apiserver/request.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { MANAGED_BY } from './endpoints.ts';
import { controllerReference, deleteObject, updateObject } from './requests.ts';

/** Addresses of a subset that are mirrored at most. Source: --mirroring-max-endpoints-per-subset. */
const MAX_PER_SUBSET = 1000;
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';

/**
 * The EndpointSlice mirroring controller: Endpoints that somebody writes for a Service without a selector, as slices, one a
 * subset. Source: pkg/controller/endpointslicemirroring.
 */
export const endpointSliceMirroringController: ControllerFactory = {
  name: 'endpointslice-mirroring',
  // endpointslicemirroring_controller.go defaultSyncBackOff, maxSyncBackOff
  retries: { firstSeconds: 1, longestSeconds: 100 },
  create: (environment) => new Mirroring(environment),
};

class Mirroring implements Controller {
  readonly name = 'endpointslice-mirroring';
  readonly workers: number;
  /** Source: endpointslicemirroring_controller.go maxRetries. */
  readonly maxRetries = 15;
  readonly #services: Informer<Service>;
  readonly #endpoints: Informer<Endpoints>;
  /** Slices by the Endpoints that they mirror. */
  readonly #slices: Index<EndpointSlice>;

  constructor({ informers, queue, settings }: ControllerEnvironment) {
    this.workers = settings.controllerManager.mirroringConcurrentServiceEndpointSyncs;
    this.#services = informers.informer<Service>('Service');
    this.#endpoints = informers.informer<Endpoints>('Endpoints');
    const slices = informers.informer<EndpointSlice>('EndpointSlice');
    this.#slices = slices.index('mirrored', controllerUid);
    this.#endpoints.on((_type, endpoints) => queue.add(keyOf(endpoints)));
    this.#services.on((_type, service) => {
      if (this.#endpoints.get(keyOf(service)) !== undefined) queue.add(keyOf(service));
    });
  }

  reconcile(key: string): Plan | undefined {
    const endpoints = this.#endpoints.get(key);
    // Slices of Endpoints that are gone are the garbage collector's.
    if (endpoints === undefined) return undefined;
    const service = this.#services.get(key);
    const mirrored = service !== undefined && service.spec.selector === undefined && isMirrored(endpoints);
    const left = [...this.#slices.get(endpoints.metadata.uid)];
    const requests: ApiRequest[] = [];
    for (const subset of mirrored ? (endpoints.subsets ?? []) : []) {
      const wanted = endpointsOf(subset);
      const ports = subset.ports ?? [];
      const at = left.findIndex((slice) => sameJson(slice.ports ?? [], ports));
      const [slice] = at < 0 ? [] : left.splice(at, 1);
      if (slice === undefined) requests.push(creation(endpoints, wanted, ports));
      else if (!sameJson(slice.endpoints, wanted)) {
        requests.push(updateObject({ ...slice, endpoints: wanted } as EndpointSlice));
      }
    }
    requests.push(...left.map((slice) => deleteObject(slice)));
    return requests.length === 0 ? undefined : { stages: [requests] };
  }

  /** Nothing but what its queue holds. */
  save(): null {
    return null;
  }

  restore(): void {
    // Nothing to restore.
  }
}

/** Neither another controller's own, nor told not to be. */
function isMirrored({ metadata }: Endpoints): boolean {
  const { labels = {}, annotations = {} } = metadata;
  if (labels[SKIP] === 'true' || annotations['control-plane.alpha.kubernetes.io/leader'] !== undefined) return false;
  return Object.keys(MANAGED_BY).every((label) => labels[label] === undefined);
}

function endpointsOf({ addresses = [], notReadyAddresses = [] }: EndpointSubset): Endpoint[] {
  const endpoint =
    (ready: boolean) =>
    (address: EndpointAddress): Endpoint => ({
      addresses: [address.ip],
      conditions: { ready, serving: ready, terminating: false },
      ...(address.nodeName === undefined ? {} : { nodeName: address.nodeName }),
      ...(address.targetRef === undefined ? {} : { targetRef: address.targetRef }),
    });
  return [...addresses.map(endpoint(true)), ...notReadyAddresses.map(endpoint(false))].slice(0, MAX_PER_SUBSET);
}

function creation(mirrored: Endpoints, endpoints: readonly Endpoint[], ports: EndpointSlice['ports']): ApiRequest {
  const { name, namespace = '', labels } = mirrored.metadata;
  const body = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      generateName: `${name}-`,
      labels: {
        ...labels,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      },
      ownerReferences: [controllerReference(mirrored)],
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
  return { verb: 'create', kind: 'EndpointSlice', namespace, name: '', body };
}
