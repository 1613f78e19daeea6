import type { Namespace } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Informer } from '../apiserver/informer.ts';
import { objectKey } from '../apiserver/request.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from './controller.ts';

/** The account that every namespace has, and that pods run under which name none. */
const DEFAULT = 'default';

/** The ServiceAccount controller. Source: pkg/controller/serviceaccount/serviceaccounts_controller.go. */
export const serviceAccountController: ControllerFactory = {
  name: 'serviceaccount',
  create: (environment) => new ServiceAccounts(environment),
};

class ServiceAccounts implements Controller {
  readonly name = 'serviceaccount';
  readonly workers = 1;
  readonly #namespaces: Informer<Namespace>;
  readonly #accounts: Informer<KubeObject>;

  constructor({ informers, queue }: ControllerEnvironment) {
    this.#namespaces = informers.informer<Namespace>('Namespace');
    this.#accounts = informers.informer<KubeObject>('ServiceAccount');
    this.#namespaces.on((type, { metadata }) => {
      if (type !== 'deleted') queue.add(metadata.name);
    });
    this.#accounts.on((type, { metadata }) => {
      if (type === 'deleted' && metadata.name === DEFAULT) queue.add(metadata.namespace ?? '');
    });
  }

  reconcile(name: string): Plan | undefined {
    const namespace = this.#namespaces.get(name);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return undefined;
    if (this.#accounts.get(objectKey(name, DEFAULT)) !== undefined) return undefined;
    const target = { kind: 'ServiceAccount', namespace: name, name: DEFAULT };
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: DEFAULT, namespace: name } };
    // A namespace that goes meanwhile needs none.
    return { stages: [[{ ...target, verb: 'create', body, ignore: ['AlreadyExists', 'NotFound', 'Forbidden'] }]] };
  }

  /** Nothing but what its queue holds. */
  save(): null {
    return null;
  }

  restore(): void {
    // Nothing to restore.
  }
}
