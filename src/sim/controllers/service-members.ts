import type { Pod, Service } from '../api/core.ts';
import { matchesPairs } from '../api/selectors.ts';
import type { EndpointSlice } from '../api/workloads.ts';
import { byNamespace } from '../apiserver/informer.ts';
import type { Index, Informer } from '../apiserver/informer.ts';
import { keyOf } from '../apiserver/request.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { isEndpoint } from '../network/endpoints.ts';
import { isReady } from './pod-state.ts';

/** Which pods each Service selects, kept as both change, so that no sync looks at other pods. */
export class ServiceMembers implements Saveable {
  readonly #pods: Informer<Pod>;
  readonly #inNamespace: Index<Service>;
  readonly #changed: (service: string) => void;
  /** Keys of pods by the Service's key. */
  #members = new Map<string, Set<string>>();

  /** `changed` is told the key of each Service of which something has changed that endpoints show. */
  constructor(services: Informer<Service>, pods: Informer<Pod>, changed: (service: string) => void) {
    this.#pods = pods;
    this.#inNamespace = byNamespace(services);
    this.#changed = changed;
    services.on((type, service) => this.#serviceChanged(type === 'deleted', service));
    pods.on((type, pod, previous) => this.#podChanged(type === 'deleted', pod, previous));
  }

  /** Keys of the pods that a Service selects. */
  of(service: string): Iterable<string> {
    return this.#members.get(service) ?? [];
  }

  #serviceChanged(gone: boolean, service: Service): void {
    const key = keyOf(service);
    if (gone) {
      this.#members.delete(key);
    } else {
      const members = new Set<string>();
      for (const pod of this.#pods.list()) if (selects(service, pod)) members.add(keyOf(pod));
      this.#members.set(key, members);
    }
    this.#changed(key);
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
      if (belongs || belonged) this.#changed(key);
    }
  }

  save(): readonly (readonly [string, readonly string[]])[] {
    return [...this.#members].map(([key, members]) => [key, [...members]]);
  }

  restore(saved: unknown): void {
    const members = saved as readonly (readonly [string, readonly string[]])[];
    this.#members = new Map(members.map(([key, pods]) => [key, new Set(pods)]));
  }
}

/** A Service's ports as its endpoints have them. */
export function endpointPorts({ spec }: Service): EndpointSlice['ports'] {
  return (spec.ports ?? []).map(({ name, targetPort, port, protocol }) => ({
    name: name ?? '',
    port: typeof targetPort === 'number' ? targetPort : port,
    protocol: protocol ?? 'TCP',
  }));
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
