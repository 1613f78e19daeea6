import type { Taint } from '../api/core.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { ApiReply } from '../apiserver/request.ts';
import { taintsRequest } from '../cloud/cloud-taints.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { MILLISECOND, SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ClusterSnapshot } from './cluster-snapshot.ts';

/** A write that met a newer state is tried again so often, for so long. Source: autoscaler utils/taints/taints.go. */
const CONFLICT_RETRY: Micros = 50 * MILLISECOND;
const GIVE_UP_AFTER: Micros = 5 * SECOND;

/** What a node's taints are to be; the payload of its events. */
interface Change {
  readonly node: string;
  readonly key: string;
  /** Absent: the taint is taken away. */
  readonly taint?: Taint;
  readonly until: Micros;
  /** Whether the outcome is to be told. */
  readonly tell: boolean;
}

/** Puts taints on nodes and takes them away, with retries where others write as well. Holds no state but its events. */
export class NodeTaints {
  readonly #kernel: Kernel;
  readonly #client: ApiClient;
  readonly #snapshot: ClusterSnapshot;
  readonly #done: (node: string, error: string | undefined) => void;
  readonly #replied: HandlerId;
  readonly #retry: HandlerId;

  /** @param done - told of the outcome of `put` */
  constructor(
    { kernel }: Environment,
    client: ApiClient,
    snapshot: ClusterSnapshot,
    done: (node: string, error: string | undefined) => void,
  ) {
    this.#kernel = kernel;
    this.#client = client;
    this.#snapshot = snapshot;
    this.#done = done;
    this.#replied = kernel.register('autoscaler/tainted', (_a, _b, reply) => this.#onReply(reply as ApiReply));
    this.#retry = kernel.register('autoscaler/taint', (_a, _b, change) => this.#write(change as Change));
  }

  /** Puts a taint on a node, in place of another one of its key; `tell`: `done` is told of the outcome. */
  put(node: string, taint: Taint, tell: boolean): void {
    this.#write({ node, key: taint.key, taint, until: this.#kernel.now + GIVE_UP_AFTER, tell });
  }

  take(node: string, key: string): void {
    this.#write({ node, key, until: this.#kernel.now + GIVE_UP_AFTER, tell: false });
  }

  #write(change: Change): void {
    const { node: name, key, taint, tell } = change;
    const node = this.#snapshot.nodes.get(name);
    if (node === undefined) {
      if (tell) this.#done(name, 'the node is gone');
      return;
    }
    const others = (node.spec.taints ?? []).filter((one) => one.key !== key);
    this.#client.request(taintsRequest(node, taint === undefined ? others : [...others, taint]), this.#replied, change);
  }

  #onReply({ result, context }: ApiReply): void {
    const change = context as Change;
    if (result.ok) {
      if (change.tell) this.#done(change.node, undefined);
    } else if (result.status.reason === 'Conflict' && this.#kernel.now + CONFLICT_RETRY <= change.until) {
      this.#kernel.after(CONFLICT_RETRY, this.#retry, 0, 0, change);
    } else if (change.tell) {
      this.#done(change.node, result.status.message);
    }
  }
}
