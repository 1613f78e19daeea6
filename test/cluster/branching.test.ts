import { beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/sim/cluster.ts';
import { Invariants } from '../../src/sim/checks/invariants.ts';
import { MINUTE, seconds } from '../../src/sim/kernel/time.ts';
import { clusterMaker } from '../support/scenario-cluster.ts';
import { EVENTFUL } from './eventful.ts';

const END = 40 * MINUTE;
/** Instants to save at: amid the start, while each fault lasts, amid the roll-out, after it all. */
const INSTANTS = [0.05, 3, 400, 425.5, 485, 560.123, 605, 668, 700, 730, 790.7, 1000, 1215, 1300, 2000].map((at) =>
  seconds(at),
);

let make: Awaited<ReturnType<typeof clusterMaker>>;
let uninterrupted: string;

function finished(cluster: Cluster): string {
  cluster.run({ until: END });
  return `${cluster.server.hash} at revision ${cluster.server.revision} after ${cluster.kernel.dispatched} events`;
}

beforeAll(async () => {
  make = await clusterMaker(EVENTFUL);
  const cluster = make();
  const invariants = new Invariants(cluster.server);
  cluster.start();
  uninterrupted = finished(cluster);
  expect(invariants.checked).toBeGreaterThan(1000);
});

describe('a run that is saved with faults under way', () => {
  for (const at of INSTANTS) {
    it(`goes on alike in two branches from ${at / 1e6} s`, () => {
      const original = make();
      original.start();
      original.run({ until: at });
      const saved = structuredClone(original.save());
      const branches = [make(), make()];
      for (const branch of branches) branch.restore(saved);
      // The original goes on first: what it does must not reach the branches.
      expect(finished(original)).toBe(uninterrupted);
      for (const branch of branches) expect(finished(branch)).toBe(uninterrupted);
    });
  }

  it('takes up a state again that was restored into a run that had gone on', () => {
    const cluster = make();
    cluster.start();
    cluster.run({ until: 8 * MINUTE });
    const saved = cluster.save();
    cluster.run({ until: 15 * MINUTE });
    cluster.restore(saved);
    expect(finished(cluster)).toBe(uninterrupted);
  });
});

describe('what makes no difference', () => {
  const writes = (cluster: Cluster): string => {
    cluster.start();
    cluster.run({ until: END });
    return `${cluster.server.hash} at revision ${cluster.server.revision}`;
  };

  it('is how healthy nodes renew their leases: one by one, or computed when somebody asks', () => {
    const plain = make({ heartbeats: 'plain' });
    const lazy = make({ heartbeats: 'lazy' });
    expect(writes(plain)).toBe(writes(lazy));
    expect(plain.kernel.dispatched).toBeGreaterThan(lazy.kernel.dispatched + 1000);
  });

  it('is the queue of events', () => {
    expect(writes(make({ queue: 'fastpriorityqueue' }))).toBe(writes(make({ queue: 'instants' })));
  });

  it('is stopping to look, at every second', () => {
    const cluster = make();
    cluster.start();
    for (let at = seconds(1); at <= END; at += seconds(1)) cluster.run({ until: at });
    expect(finished(cluster)).toBe(uninterrupted);
  });
});
