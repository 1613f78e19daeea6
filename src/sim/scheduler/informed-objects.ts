import type { Namespace, Service } from '../api/core.ts';
import type { KubeObject, StringMap } from '../api/meta.ts';
import type { PodDisruptionBudget, ReplicaSet, StatefulSet } from '../api/workloads.ts';
import { byNamespace } from '../apiserver/informer.ts';
import type { Index, Informer, Informers } from '../apiserver/informer.ts';
import type { ClusterEvent } from './cluster-event.ts';
import type { ClusterObjects } from './framework.ts';
import { InformedDevices } from './informed-devices.ts';
import { InformedStorage } from './informed-storage.ts';

interface ReplicationController extends KubeObject {
  readonly spec: { readonly selector?: StringMap };
}

/** The other objects of the cluster, as the scheduler's informers have them. */
export class InformedObjects implements ClusterObjects {
  readonly namespaces: Map<string, Namespace> = new Map();
  workloadVersion = 0;
  namespaceVersion = 0;
  budgetVersion = 0;
  readonly devices: InformedDevices;
  readonly storage: InformedStorage;
  readonly #namespaces: Informer<Namespace>;
  readonly #services: Index<Service>;
  readonly #budgets: Index<PodDisruptionBudget>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #replicationControllers: Informer<ReplicationController>;
  readonly #statefulSets: Informer<StatefulSet>;

  constructor(informers: Informers, namespacesChanged: () => void, happened: (event: ClusterEvent) => void) {
    this.devices = new InformedDevices(informers, happened);
    this.storage = new InformedStorage(informers, happened);
    const services = informers.informer<Service>('Service');
    this.#services = byNamespace(services);
    const budgets = informers.informer<PodDisruptionBudget>('PodDisruptionBudget');
    this.#budgets = byNamespace(budgets);
    budgets.on(() => this.budgetVersion++);
    this.#replicaSets = informers.informer('ReplicaSet');
    this.#replicationControllers = informers.informer('ReplicationController');
    this.#statefulSets = informers.informer('StatefulSet');
    this.#namespaces = informers.informer('Namespace');
    // A new status alone leaves the selectors as they are.
    const changed = (_type: string, object: { spec: unknown }, previous: { spec: unknown } | undefined): void => {
      if (object.spec !== previous?.spec || _type === 'deleted') this.workloadVersion++;
    };
    services.on(changed);
    this.#replicaSets.on(changed);
    this.#replicationControllers.on(changed);
    this.#statefulSets.on(changed);
    this.#namespaces.on((type, namespace, previous) => {
      if (type === 'deleted') this.namespaces.delete(namespace.metadata.name);
      else this.namespaces.set(namespace.metadata.name, namespace);
      if (type === 'modified' && previous?.metadata.labels === namespace.metadata.labels) return;
      this.namespaceVersion++;
      namespacesChanged();
    });
  }

  services(namespace: string): readonly Service[] {
    return this.#services.get(namespace);
  }

  disruptionBudgets(namespace: string): readonly PodDisruptionBudget[] {
    return this.#budgets.get(namespace);
  }

  replicaSet(key: string): ReplicaSet | undefined {
    return this.#replicaSets.get(key);
  }

  replicationController(key: string): ReplicationController | undefined {
    return this.#replicationControllers.get(key);
  }

  statefulSet(key: string): StatefulSet | undefined {
    return this.#statefulSets.get(key);
  }

  /** After the informers were restored. */
  restored(): void {
    this.namespaces.clear();
    for (const namespace of this.#namespaces.list()) this.namespaces.set(namespace.metadata.name, namespace);
    this.workloadVersion++;
    this.namespaceVersion++;
    this.budgetVersion++;
  }
}
