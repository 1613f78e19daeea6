import type { Kind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import type { Purpose } from '../kernel/random.ts';
import { SECOND, millis } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ComponentSettings } from '../settings.ts';
import type { ApiClients } from './api-client.ts';
import type { ApiServer } from './api-server.ts';
import type { ApiReply, ReadRequest } from './request.ts';

/** Who lists what, and how often that has failed; plain data. */
export interface ReflectorList {
  readonly process: string;
  readonly kind: Kind;
  /** After a 410: what the reflector knew is too old, so that it wants the latest. */
  readonly isAgain: boolean;
  readonly failures: number;
}

/** Objects of a page. Source: client-go tools/pager (defaultPageSize). */
const PAGE = 500;

/** From the first failure to the second try, doubled with each, and jittered. Source: client-go tools/cache/reflector.go. */
const FIRST_BACK_OFF: Micros = millis(800);
const LAST_BACK_OFF: Micros = 30 * SECOND;

/** The next page of a list, where there is one. */
export function nextPage(server: ApiServer, page: ReadRequest, { metadata }: KubeObject): ReadRequest | undefined {
  const { limit = 0, selects, continues, kind } = page;
  const read = (continues?.read ?? 0) + limit;
  if (limit === 0 || selects === 'none' || read >= server.count(kind)) return undefined;
  const revision = Number(metadata.resourceVersion);
  return { verb: 'list', kind, namespace: '', name: '', limit, continues: { revision, read } };
}

/**
 * The lists that informers begin with, as requests, where requests are followed through the servers: streamed where the
 * process's clients and the server know that, else any that the watch cache has, or the latest, by pages. Source: client-go
 * tools/cache/reflector.go.
 */
export class ReflectorLists {
  readonly #clients: ApiClients;
  readonly #server: ApiServer;
  readonly #streaming: ReadonlySet<string>;
  readonly #jitter: Purpose;

  constructor(kernel: Kernel, clients: ApiClients, server: ApiServer, settings: ComponentSettings) {
    this.#clients = clients;
    this.#server = server;
    this.#streaming = new Set([
      ...(settings.controllerManager.watchListClient ? ['kube-controller-manager'] : []),
      ...(settings.scheduler.watchListClient ? ['kube-scheduler'] : []),
    ]);
    this.#jitter = kernel.random.purpose('reflector-back-off');
  }

  /** Asks for a list; `onReply` is called with (id, epoch, ApiReply). */
  ask(list: ReflectorList, onReply: HandlerId, id: number, epoch: number): void {
    this.#send(this.#first(list), list, onReply, id, epoch);
  }

  /** A page has come: asks for the next one. False where it was the last. */
  goOn({ request, result, context }: ApiReply, onReply: HandlerId, id: number, epoch: number): boolean {
    const next = result.ok ? nextPage(this.#server, request as ReadRequest, result.object) : undefined;
    if (next === undefined) return false;
    this.#send(next, context as ReflectorList, onReply, id, epoch);
    return true;
  }

  /** How long a reflector waits after a failure. */
  backOff({ failures }: ReflectorList, identity: number, epoch: number): Micros {
    const least = Math.min(LAST_BACK_OFF, FIRST_BACK_OFF * 2 ** failures);
    return Math.round(this.#jitter.between(identity, epoch * 100 + failures, least, 2 * least));
  }

  #first({ process, kind, isAgain }: ReflectorList): ReadRequest {
    const all = { verb: 'list', kind, namespace: '', name: '' } as const;
    if (this.#server.watchList && this.#streaming.has(process)) return { ...all, streamed: true };
    return isAgain ? { ...all, limit: PAGE } : { ...all, resourceVersion: '0' };
  }

  #send(request: ReadRequest, list: ReflectorList, onReply: HandlerId, id: number, epoch: number): void {
    const client = this.#clients.client(`informers/${list.process}`, { qps: 0, burst: 0 });
    client.request(request, onReply, list, id, epoch);
  }
}
