import { describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { seconds } from '../kernel/time.ts';
import type { MachineSpec } from '../node/machines.ts';
import type { FailureGroup } from './failure-model.ts';
import type { Roster } from './fleet.ts';
import { ModelFailures } from './model-failures.ts';

/** Machines that come and go by hand. */
class Fleet implements Roster {
  readonly specs: MachineSpec[] = [];
  readonly #gone = new Set<string>();

  get retired(): number {
    return this.#gone.size;
  }

  isRetired(node: string): boolean {
    return this.#gone.has(node);
  }

  retire(node: string): void {
    this.#gone.add(node);
  }

  add(name: string): void {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {}, status: {} } as const;
    this.specs.push({ node, group: 'n', zone: 'a', cloud: true, instance: true });
  }

  onLaunch(): void {}
  onRetired(): void {}
}

/** A model by which everything fails every 100 s, and what has failed when. */
function failing(strikes: FailureGroup): { fleet: Fleet; kernel: Kernel; failures: ModelFailures; seen: string[] } {
  const kernel = new Kernel({ seed: 1 });
  const fleet = new Fleet();
  for (const name of ['n0', 'n1']) fleet.add(name);
  const seen: string[] = [];
  const model = { name: 'm', strikes, next: () => ({ kind: 'node-freeze', afterSeconds: 100 }) as const };
  const failures: ModelFailures = new ModelFailures(kernel, [{ model }], fleet, {
    planned: () => undefined,
    happens: (from, _entry, _subject, nodes) => {
      seen.push(`${kernel.now / 1e6} ${nodes.join(' ')}`);
      failures.over(from);
    },
  });
  failures.start();
  return { fleet, kernel, failures, seen };
}

const until = (kernel: Kernel, time: number): void => void kernel.run({ until: seconds(time) });

describe('failures by models', () => {
  it('strike a machine until it is gone for good, and one that is launched from then on', () => {
    const { fleet, kernel, failures, seen } = failing('node');
    until(kernel, 150);
    fleet.retire('n0');
    fleet.add('n2');
    failures.launched();
    until(kernel, 260);
    expect(seen).toEqual(['100 n0', '100 n1', '200 n1', '250 n2']);
  });

  it('strike a group as it is at the time, and its clock goes on while nothing of it is there', () => {
    const { fleet, kernel, failures, seen } = failing('zone');
    until(kernel, 150);
    fleet.retire('n0');
    until(kernel, 250);
    fleet.retire('n1');
    until(kernel, 350);
    fleet.add('n2');
    failures.launched();
    until(kernel, 450);
    expect(seen).toEqual(['100 n0 n1', '200 n1', '400 n2']);
  });
});
