import type { Environment } from '../environment.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { identityOf } from '../kernel/random.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { millis, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ServiceTable, ServiceTables } from './service-tables.ts';

interface AnswersState {
  readonly turns: readonly (readonly [string, EventRef])[];
}

/**
 * Headless Services, which no proxy has rules for: clients go to the addresses that the cluster's DNS gives. A node keeps
 * an answer for its time to live and asks again when that is over, so each has turns of its own; what the DNS answers is
 * what its watch has told it by then. Source: plugin/kubernetes of CoreDNS; its ttl in kubeadm's Corefile is 30 s.
 */
export class DnsAnswers implements Saveable {
  readonly #kernel: Kernel;
  readonly #tables: ServiceTables;
  readonly #phases: Purpose;
  readonly #ttl: Micros;
  readonly #delay: Micros;
  readonly #turn: HandlerId;
  readonly #listeners: ((node: string) => void)[] = [];
  /** Nodes that are going to find something new when they ask again. */
  #turns = new Map<string, EventRef>();

  constructor({ kernel, settings }: Environment, tables: ServiceTables) {
    this.#kernel = kernel;
    this.#tables = tables;
    this.#phases = kernel.random.purpose('dns-phase');
    this.#ttl = seconds(settings.dns.ttlSeconds);
    this.#delay = millis(settings.apiServer.watchDelayMaxMilliseconds);
    this.#turn = kernel.register('dns/turn', (_a, _b, node) => {
      this.#turns.delete(node as string);
      for (const listener of this.#listeners) listener(node as string);
    });
  }

  /** Has it said when a node has asked again; in constructors only. */
  observe(listener: (node: string) => void): void {
    this.#listeners.push(listener);
  }

  /** A Service as the answer has it that a node goes by. */
  table(node: string, service: string): ServiceTable | undefined {
    return this.#tables.asOf(service, this.#askedAt(node, this.#kernel.now) - this.#delay);
  }

  /** A headless Service has changed: these nodes will find it. */
  changed(nodes: Iterable<string>): void {
    for (const node of nodes) {
      if (this.#turns.has(node)) continue;
      const known = this.#kernel.now + this.#delay;
      const asked = this.#askedAt(node, known);
      const turn = Math.max(this.#kernel.now, asked === known ? known : asked + this.#ttl);
      this.#turns.set(node, this.#kernel.at(turn, this.#turn, 0, 0, node, Priority.component));
    }
  }

  /** When a node asked last, at the latest at that time. */
  #askedAt(node: string, time: Micros): Micros {
    if (this.#ttl === 0) return time;
    const phase = Math.floor(this.#phases.uniform(identityOf(node), 0) * this.#ttl);
    return phase + Math.floor((time - phase) / this.#ttl) * this.#ttl;
  }

  save(): AnswersState {
    return { turns: [...this.#turns] };
  }

  restore(saved: unknown): void {
    this.#turns = new Map((saved as AnswersState).turns);
  }
}
