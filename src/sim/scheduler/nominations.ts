import type { PodInfo } from './pod-class.ts';

/** Waiting pods for which room was made on a node, by node. Source: backend/queue/nominator.go. */
export class Nominations {
  /** Counts changes. */
  version = 0;
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  readonly #nodes = new Map<string, string>();
  /** By node: the version of its latest change, since all were cleared. */
  readonly #changed = new Map<string, number>();
  #cleared = 0;

  get size(): number {
    return this.#nodes.size;
  }

  /** Puts a pod where its status says; '' takes it off the list. */
  set(pod: PodInfo, node: string): void {
    this.delete(pod.key);
    if (node === '') return;
    this.version++;
    this.#nodes.set(pod.key, node);
    this.#changed.set(node, this.version);
    const pods = this.#byNode.get(node);
    if (pods === undefined) this.#byNode.set(node, new Map([[pod.key, pod]]));
    else pods.set(pod.key, pod);
  }

  /** A newer state of a pod, which waits for the node that it waited for, if any. */
  update(pod: PodInfo): void {
    const node = this.#nodes.get(pod.key);
    if (node !== undefined) this.set(pod, node);
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    this.version++;
    this.#nodes.delete(key);
    this.#changed.set(node, this.version);
    const pods = this.#byNode.get(node);
    pods?.delete(key);
    if (pods?.size === 0) this.#byNode.delete(node);
  }

  nodeOf(key: string): string | undefined {
    return this.#nodes.get(key);
  }

  /** Nodes that pods are nominated to. */
  nodes(): IterableIterator<string> {
    return this.#byNode.keys();
  }

  /** Pods nominated to a node that count against `pod`: others of at least its priority. */
  against(pod: PodInfo, node: string): PodInfo[] {
    const pods = this.#byNode.get(node);
    if (pods === undefined) return [];
    const { priority } = pod.podClass.spec;
    return [...pods.values()].filter((other) => other.key !== pod.key && other.podClass.spec.priority >= priority);
  }

  /** Pods nominated to a node that `pod` comes before. */
  below(pod: PodInfo, node: string): PodInfo[] {
    const { priority } = pod.podClass.spec;
    return [...(this.#byNode.get(node)?.values() ?? [])].filter(({ podClass }) => podClass.spec.priority < priority);
  }

  entries(): [PodInfo, string][] {
    return [...this.#nodes].map(([key, node]) => [this.#byNode.get(node)?.get(key) as PodInfo, node]);
  }

  /** Changes whenever the pods nominated to a node do. */
  versionOf(node: string): number {
    return this.#changed.get(node) ?? this.#cleared;
  }

  clear(): void {
    this.#byNode.clear();
    this.#nodes.clear();
    this.#changed.clear();
    this.#cleared = ++this.version;
  }
}
