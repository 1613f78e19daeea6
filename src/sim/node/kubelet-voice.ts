import type { Environment } from '../environment.ts';
import type { WatchClass } from '../apiserver/watch-hub.ts';
import type { Purpose } from '../kernel/random.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { NodeRecord } from './kubelet-state.ts';
import type { KubeletLeases } from './leases.ts';
import type { MachineState } from './machines.ts';
import type { NodeReporter } from './node-reporter.ts';

/** A kubelet whose renewals failed tries again within this time. Source: apimachinery/lease/controller.go, 7 s. */
const RENEW_RETRY: Micros = 7 * SECOND;

/** What a kubelet has that hears and speaks. */
interface Parts {
  /** Its watch of its node's pods. */
  readonly watch: WatchClass;
  readonly leases: KubeletLeases;
  readonly reporter: NodeReporter;
  /** It can be heard again: what it has to say of its pods it says now. */
  readonly heard: (node: NodeRecord) => void;
}

/** What a kubelet hears of the API server (a watch) and what it says there: its lease, its node, its pods. */
export class KubeletVoice {
  readonly #environment: Environment;
  readonly #parts: Parts;
  readonly #retries: Purpose;

  constructor(environment: Environment, parts: Parts) {
    this.#environment = environment;
    this.#parts = parts;
    this.#retries = environment.kernel.random.purpose('lease-retry');
  }

  /** It hears and says nothing more. Without power, what was planned in this life is void as well. */
  silence(node: NodeRecord, state: MachineState, powerLost: boolean): void {
    node.state = state;
    // While it hangs, what its runtime does goes on: only timers of the kubelet itself end.
    if (powerLost) {
      node.life++;
      node.registered = false;
    }
    this.deafen(node);
    this.#mute(node);
  }

  /** It goes on: it hears and is heard, as far as it is not cut off. */
  goesOn(node: NodeRecord): void {
    if (!node.deaf) this.hear(node);
    if (!node.cut) this.#speak(node, 0);
  }

  /** It has just started: its node is registered. */
  begins(node: NodeRecord): void {
    if (!node.deaf) this.hear(node);
    if (node.cut) return;
    const { leases, reporter } = this.#parts;
    leases.begin(node.name, 0);
    reporter.registers(node);
  }

  /** What it can hear and say is no longer what it was. */
  parted(node: NodeRecord, before: { readonly cut: boolean; readonly deaf: boolean }): void {
    if (node.deaf && !before.deaf) this.deafen(node);
    if (node.cut && !before.cut) this.#mute(node);
    if (!node.deaf && before.deaf) this.hear(node);
    if (!node.cut && before.cut) {
      this.#speak(node, Math.round(this.#retries.uniform(node.identity, node.reports) * RENEW_RETRY));
    }
  }

  hear(node: NodeRecord): void {
    this.#environment.hub.open(this.#parts.watch, node.index, node.name);
  }

  deafen(node: NodeRecord): void {
    this.#environment.hub.close(this.#parts.watch, node.index);
  }

  #mute(node: NodeRecord): void {
    this.#parts.leases.end(node.name);
    this.#parts.reporter.stop(node);
  }

  #speak(node: NodeRecord, leaseDelay: Micros): void {
    const { leases, reporter, heard } = this.#parts;
    leases.begin(node.name, leaseDelay);
    if (node.registered) reporter.resume(node);
    else reporter.registers(node);
    heard(node);
  }
}
