import type { Micros } from '../kernel/time.ts';
import type { Saveable } from '../kernel/saveable.ts';

const HOUR: Micros = 3_600_000_000;

/** What a group of instances has cost, and what it costs now. */
export interface GroupBill {
  readonly instances: number;
  readonly perHour: number;
  readonly instanceHours: number;
  readonly cost: number;
}

/** A group's running account: integrals over time up to `since`. */
interface Account {
  instances: number;
  perHour: number;
  instanceHours: number;
  cost: number;
  since: Micros;
}

/** What instances cost: from launch to end, by the microsecond, at the price that held when they were launched. */
export class Bill implements Saveable {
  #accounts: Map<string, Account>;

  constructor(groups: readonly string[]) {
    this.#accounts = new Map(
      groups.map((name) => [name, { instances: 0, perHour: 0, instanceHours: 0, cost: 0, since: 0 }]),
    );
  }

  /** So many instances come (or go), with their price for an hour. */
  change(group: string, now: Micros, instances: number, perHour: number): void {
    const account = this.#accounts.get(group) as Account;
    settle(account, now);
    account.instances += instances;
    // Without any instance there is nothing to pay, whatever the rounding of sums.
    account.perHour = account.instances === 0 ? 0 : account.perHour + perHour;
  }

  /** Everything up to a time, by group; changes nothing. */
  until(now: Micros): ReadonlyMap<string, GroupBill> {
    return new Map(
      [...this.#accounts].map(([name, account]) => {
        const copy = { ...account };
        settle(copy, now);
        const { instances, perHour, instanceHours, cost } = copy;
        return [name, { instances, perHour, instanceHours, cost }];
      }),
    );
  }

  save(): unknown {
    return [...this.#accounts].map(([name, account]) => [name, { ...account }]);
  }

  restore(saved: unknown): void {
    const accounts = saved as readonly [string, Account][];
    this.#accounts = new Map(accounts.map(([name, account]) => [name, { ...account }]));
  }
}

function settle(account: Account, now: Micros): void {
  const hours = (now - account.since) / HOUR;
  account.instanceHours += account.instances * hours;
  account.cost += account.perHour * hours;
  account.since = now;
}
