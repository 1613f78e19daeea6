import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { KeyRange, KeyValue, WatchEvent } from '../../src/sim/etcd/kv-messages.ts';

/** Why a comparison with a real etcd cannot be made here, or undefined where it can. */
export function whyNoEtcd(): string | undefined {
  const { error, status } = spawnSync('etcd', ['--version']);
  if (error === undefined && status === 0) return undefined;
  return 'no etcd server on this machine (Debian: apt-get install etcd-server)';
}

/** A real etcd server on loopback, spoken to through its JSON gateway. */
export class RealEtcd {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(process: ChildProcess, folder: string, url: string) {
    this.#process = process;
    this.#folder = folder;
    this.#url = url;
  }

  /** Starts one with an empty store and waits until it serves. */
  static async start(...flags: readonly string[]): Promise<RealEtcd> {
    const folder = mkdtempSync(join(tmpdir(), 'etcd-'));
    const [client, peer] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${client}`;
    const peers = `http://127.0.0.1:${peer}`;
    const own = ['--name', 'one', '--data-dir', folder, '--log-outputs', '/dev/null', '--logger', 'zap'];
    const listen = ['--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peers];
    const cluster = ['--initial-advertise-peer-urls', peers, '--initial-cluster', `one=${peers}`];
    const child = spawn('etcd', [...own, ...listen, ...cluster, ...flags], { stdio: 'ignore' });
    const etcd = new RealEtcd(child, folder, url);
    for (let attempt = 0; attempt < 200; attempt++) {
      if (child.exitCode !== null) break;
      const health = await fetch(`${url}/health`).catch(() => undefined);
      if (health?.ok === true) return etcd;
      await wait(50);
    }
    await etcd.stop();
    throw new Error('the etcd server did not begin to serve');
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const gone = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Carries out a request; throws an Error with etcd's own text where it is refused. */
  async call(path: string, body: object): Promise<Json> {
    const response = await fetch(`${this.#url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = (await response.json()) as Json;
    if (!response.ok) throw new Error(textOf(answer['message'] ?? answer['error']));
    return answer;
  }

  /** Watches a range from a revision on, until an event of a certain revision; throws etcd's text where it is refused. */
  async watch(range: KeyRange, startRevision: number, last: number, prevKv: boolean): Promise<readonly WatchEvent[]> {
    const stop = new AbortController();
    const create = { ...encodedRange(range), start_revision: startRevision, prev_kv: prevKv };
    const response = await fetch(`${this.#url}/v3/watch`, {
      method: 'POST',
      body: JSON.stringify({ create_request: create }),
      signal: stop.signal,
    });
    const events: WatchEvent[] = [];
    try {
      for await (const line of lines(response.body as ReadableStream<Uint8Array>)) {
        const { result } = JSON.parse(line) as { result: Json };
        const compacted = result['compact_revision'];
        if (compacted !== undefined) throw new Error(`compacted at ${textOf(compacted)}`);
        for (const event of (result['events'] ?? []) as Json[]) events.push(decodedEvent(event));
        if ((events.at(-1)?.kv.modRevision ?? 0) >= last) return events;
      }
    } finally {
      stop.abort();
    }
    return events;
  }
}

/** An object of the gateway's JSON. */
export type Json = Readonly<Record<string, unknown>>;

export function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decoded(text: unknown): string {
  return Buffer.from(textOf(text), 'base64').toString();
}

export function encodedRange({ key, rangeEnd }: KeyRange): Json {
  return { key: encoded(key), ...(rangeEnd === undefined ? {} : { range_end: encoded(rangeEnd) }) };
}

export function decodedKv(kv: Json): KeyValue {
  return {
    key: decoded(kv['key']),
    value: decoded(kv['value']),
    createRevision: Number(kv['create_revision'] ?? 0),
    modRevision: Number(kv['mod_revision'] ?? 0),
    version: Number(kv['version'] ?? 0),
    lease: Number(kv['lease'] ?? 0),
  };
}

function decodedEvent(event: Json): WatchEvent {
  const previous = event['prev_kv'] as Json | undefined;
  return {
    type: event['type'] === 'DELETE' ? 'DELETE' : 'PUT',
    kv: decodedKv(event['kv'] as Json),
    ...(previous === undefined ? {} : { prevKv: decodedKv(previous) }),
  };
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() as string;
    yield* parts.filter((part) => part !== '');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
