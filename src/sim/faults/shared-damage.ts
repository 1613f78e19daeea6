import type { ApiClients } from '../apiserver/api-client.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SHARED_FAULTS } from './timed-fault.ts';
import type { SharedFault } from './timed-fault.ts';

/** What all nodes share that can fail. */
export interface SharedParts {
  readonly clients: ApiClients;
  readonly setRegistry: (available: boolean) => void;
}

/** Whether a fault is of no machine. */
export function isShared(kind: string): kind is SharedFault {
  return (SHARED_FAULTS as readonly string[]).includes(kind);
}

/** By number. */
type FaultsUnderWay = readonly (readonly [number, SharedFault])[];

/** Adds up what is wrong with the parts that all nodes share: they work when all faults are over. */
export class SharedDamage implements Saveable {
  readonly #parts: SharedParts;
  #faults: FaultsUnderWay = [];

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  strike(fault: number, kind: SharedFault): void {
    const before = this.#faults;
    this.#faults = [...before, [fault, kind]];
    this.#apply(before);
  }

  release(fault: number): void {
    const before = this.#faults;
    this.#faults = before.filter(([one]) => one !== fault);
    this.#apply(before);
  }

  #apply(before: FaultsUnderWay): void {
    const changed = (kind: SharedFault): boolean | undefined => {
      const was = before.some(([, one]) => one === kind);
      const is = this.#faults.some(([, one]) => one === kind);
      return was === is ? undefined : !is;
    };
    const api = changed('api-server-outage');
    if (api !== undefined) this.#parts.clients.available = api;
    const registry = changed('registry-outage');
    if (registry !== undefined) this.#parts.setRegistry(registry);
  }

  save(): unknown {
    return this.#faults;
  }

  restore(saved: unknown): void {
    this.#faults = saved as FaultsUnderWay;
  }
}
