import type { Component } from '../component.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { SECOND } from '../kernel/time.ts';
import type { EtcdSettings } from '../etcd-settings.ts';
import type { ApiServer } from './api-server.ts';

/**
 * The API server's compaction of etcd: every interval it forgets what was there one interval before, so history reaches
 * back between one and two intervals. Source: apiserver pkg/storage/etcd3/compact.go.
 */
export class Compactor implements Component {
  readonly name = 'compactor';
  readonly #kernel: Kernel;
  readonly #server: ApiServer;
  readonly #settings: EtcdSettings;
  readonly #compact: HandlerId;
  #previous = 0;

  constructor(kernel: Kernel, server: ApiServer, settings: EtcdSettings) {
    this.#kernel = kernel;
    this.#server = server;
    this.#settings = settings;
    this.#compact = kernel.register('etcd/compact', () => {
      // Which of several servers compacts is settled by a write (compact_rev_key): a full etcd does not take it.
      if (!server.space.full) {
        server.compact(this.#previous);
        this.#previous = this.#server.revision;
      }
      this.#schedule();
    });
  }

  start(): void {
    if (this.#settings.compactionIntervalSeconds > 0) this.#schedule();
  }

  #schedule(): void {
    const interval = Math.round(this.#settings.compactionIntervalSeconds * SECOND);
    this.#kernel.after(interval, this.#compact, 0, 0, undefined, Priority.timer);
  }

  save(): number {
    return this.#previous;
  }

  restore(saved: unknown): void {
    this.#previous = saved as number;
  }
}
