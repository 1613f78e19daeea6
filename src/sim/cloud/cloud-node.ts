import type { KubeNode } from '../api/core.ts';
import type { Informer } from '../apiserver/informer.ts';
import { sameJson } from '../apiserver/merge-patch.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import type { Controller, ControllerEnvironment, ControllerFactory, Plan } from '../controllers/controller.ts';
import { identityOf } from '../kernel/random.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { CloudCalls } from './cloud-calls.ts';
import { conditionRequest, networkCondition } from './cloud-route.ts';
import { hasTaint, taintsRequest, UNINITIALIZED } from './cloud-taints.ts';
import type { CloudProvider, InstanceMetadata } from './provider.ts';

const COMPONENT = 'cloud-node-controller';

/**
 * cloud-controller-manager's node controller: gives a node that has registered its provider ID, its addresses and the labels
 * that only the provider knows, and takes its taint away; every --node-status-update-frequency it puts addresses right that
 * have come to differ. Source: cloud-provider controllers/node/node_controller.go.
 */
export function cloudNodeController(provider: CloudProvider): ControllerFactory {
  return { name: COMPONENT, create: (environment) => new CloudNodes(environment, provider) };
}

class CloudNodes implements Controller {
  readonly name = COMPONENT;
  /** --concurrent-node-syncs. */
  readonly workers = 1;
  readonly #environment: ControllerEnvironment;
  readonly #provider: CloudProvider;
  readonly #nodes: Informer<KubeNode>;
  readonly #calls: CloudCalls;
  readonly #period: Micros;

  constructor(environment: ControllerEnvironment, provider: CloudProvider) {
    const { informers, queue, kernel, settings } = environment;
    this.#environment = environment;
    this.#provider = provider;
    this.#period = seconds(settings.cloud.nodeStatusUpdateFrequencySeconds);
    this.#calls = new CloudCalls(kernel, provider, 'cloud-node-call');
    this.#nodes = informers.informer<KubeNode>('Node');
    this.#nodes.on((type, node, previous) => {
      const { name } = node.metadata;
      if (type === 'deleted') this.#calls.forget(name);
      else if (hasTaint(node, UNINITIALIZED)) queue.add(name);
      else if (previous !== undefined && node.status.addresses !== previous.status.addresses && this.#differs(node)) {
        // The next pass over all nodes would find it.
        queue.addAfter(name, this.#period - (kernel.now % this.#period));
      }
    });
  }

  #differs({ metadata, status }: KubeNode): boolean {
    const known = this.#provider.metadataOf(metadata.name);
    return known !== undefined && !sameJson(known.addresses, status.addresses);
  }

  reconcile(name: string): Plan | undefined {
    const node = this.#nodes.get(name);
    if (node === undefined || this.#provider.instance(name) === undefined) return undefined;
    const uninitialized = hasTaint(node, UNINITIALIZED);
    if (!uninitialized && !this.#differs(node)) return undefined;
    const wait = this.#calls.left(name, this.#provider.spec.api.latency, identityOf(name));
    if (wait > 0) return { stages: [], requeueAfterSeconds: wait / SECOND };
    const known = this.#provider.metadataOf(name);
    // It is gone: the node-lifecycle controller will see to that.
    if (known === undefined) return undefined;
    const status: ApiRequest = {
      verb: 'patch',
      subresource: 'status',
      kind: 'Node',
      namespace: '',
      name,
      patch: { status: { addresses: known.addresses } },
      ignore: ['NotFound'],
    };
    if (!uninitialized) return { stages: [[status]] };
    this.#environment.events.record(COMPONENT, node, 'Normal', 'Synced', 'Node synced successfully');
    const { calendar, kernel } = this.#environment;
    const noRoute = conditionRequest(name, networkCondition(false, calendar.timestamp(kernel.now)));
    const needsRoute = this.#provider.spec.routeLatency !== undefined;
    return { stages: [needsRoute ? [noRoute] : [], [initialized(node, known)], [status]] };
  }

  save(): unknown {
    return this.#calls.save();
  }

  restore(saved: unknown): void {
    this.#calls.restore(saved);
  }
}

/** What only the provider knows, and the taint no more. */
function initialized(node: KubeNode, { providerID, instanceType, zone, region }: InstanceMetadata): ApiRequest {
  const labels = {
    'node.kubernetes.io/instance-type': instanceType,
    ...(zone === '' ? {} : { 'topology.kubernetes.io/zone': zone }),
    ...(region === '' ? {} : { 'topology.kubernetes.io/region': region }),
  };
  const taints = (node.spec.taints ?? []).filter(({ key }) => key !== UNINITIALIZED.key);
  return taintsRequest(node, taints, { labels, providerID });
}
