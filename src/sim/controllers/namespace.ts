import type { Namespace, Pod } from '../api/core.ts';
import { KINDS } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Informer } from '../apiserver/informer.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import { SECOND } from '../kernel/time.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';
import { deleteObject, updateObject } from './requests.ts';

/** A namespace is looked at this long after its deletion. Source: namespace_controller.go. */
const GRACE = 5 * SECOND;

/** What the namespace takes for finalizers that it cannot see through. Source: namespaced_resources_deleter.go. */
const FINALIZER_ESTIMATE_SECONDS = 15;

const CONTENT = KINDS.filter(({ namespaced, kind }) => namespaced && kind !== 'Lease' && kind !== 'Event');

/** The namespace controller: empties namespaces that are being deleted, pods first, then lets them go. */
export const namespaceController: ControllerFactory = {
  name: 'namespace',
  // namespace_controller.go nsControllerRateLimiter
  retries: { firstSeconds: 0.005, longestSeconds: 60 },
  create: (environment) => new Namespaces(environment),
};

class Namespaces implements Controller {
  readonly name = 'namespace';
  readonly workers: number;
  readonly #environment: ControllerEnvironment;
  readonly #namespaces: Informer<Namespace>;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
    this.workers = environment.settings.controllerManager.concurrentNamespaceSyncs;
    this.#namespaces = environment.informers.informer<Namespace>('Namespace');
    this.#namespaces.on((type, namespace) => {
      if (type === 'deleted' || namespace.metadata.deletionTimestamp === undefined) return;
      environment.queue.addAfter(namespace.metadata.name, GRACE);
    });
  }

  reconcile(name: string): Plan | undefined {
    const namespace = this.#namespaces.get(name);
    if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
    const pods = this.#content('Pod', name);
    if (pods.length > 0) return this.#empty(pods);
    const rest = CONTENT.flatMap(({ kind }) => this.#content(kind, name));
    if (rest.length > 0) return this.#empty(rest);
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    return { stages: [[updateObject({ ...namespace, spec: { finalizers } } as Namespace)]] };
  }

  /** Read from the server, not from the cache, as the real one does: a namespace goes rarely and must be empty then. */
  #content(kind: string, namespace: string): readonly KubeObject[] {
    return this.#environment.server.list(kind, { namespace }).items;
  }

  #empty(objects: readonly KubeObject[]): Plan {
    const requests: ApiRequest[] = [];
    let estimate = 0;
    for (const object of objects) {
      if (object.metadata.deletionTimestamp === undefined) requests.push(deleteObject(object));
      const grace = object.kind === 'Pod' ? ((object as Pod).spec.terminationGracePeriodSeconds ?? 30) : 0;
      estimate = Math.max(
        estimate,
        grace,
        (object.metadata.finalizers?.length ?? 0) > 0 ? FINALIZER_ESTIMATE_SECONDS : 0,
      );
    }
    return { stages: [requests], requeueAfterSeconds: estimate / 2 + 1 };
  }

  /** Nothing but what its queue holds. */
  save(): null {
    return null;
  }

  restore(): void {
    // Nothing to restore.
  }
}
