import { describe, expect, it } from 'vitest';
import type { EndpointSlice } from '../sim/api/workloads.ts';
import { seconds } from '../sim/kernel/time.ts';
import { availability, ServiceLedger } from './service-ledger.ts';

/** What happens to the slice `s` of the Service `web`: how many of its endpoints are ready, or that it goes. */
function told(changes: readonly (readonly [at: number, ready: number | 'gone', endpoints?: number])[]): ServiceLedger {
  const ledger = new ServiceLedger();
  for (const [at, ready, endpoints = 2] of changes) {
    const gone = ready === 'gone';
    const object = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 's', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: Array.from({ length: gone ? 0 : endpoints }, (_, i) => ({
        addresses: [],
        conditions: { ready: !gone && i < ready, serving: true, terminating: false },
      })),
    } as unknown as EndpointSlice;
    const revisions = { revision: 1, createRevision: 1, previousRevision: 0 };
    const place = { kind: 'EndpointSlice', key: 'shop/s', version: 1, previous: undefined, ...revisions };
    ledger.changed({ ...place, type: gone ? 'DELETED' : 'MODIFIED', object, time: seconds(at) });
  }
  return ledger;
}

function web(ledger: ServiceLedger, end: number): NonNullable<ReturnType<typeof ledger.services.get>> {
  ledger.settle(seconds(end));
  const life = ledger.services.get('shop/web');
  if (life === undefined) throw new Error('no such Service');
  return life;
}

describe('what becomes of a Service', () => {
  it('counts time without a ready endpoint from the first ready one on', () => {
    const life = web(
      told([
        [0, 0],
        [10, 2],
        [40, 0],
        [70, 1],
      ]),
      110,
    );
    expect(life.down).toBe(seconds(30));
    expect(life.outages).toEqual([{ from: seconds(40), to: seconds(70) }]);
    expect(availability(life, seconds(110))).toBeCloseTo(0.7, 9);
    expect(life.leastReady).toBe(0);
    // 2 x 30 + 0 x 30 + 1 x 40 of 2 x 100
    expect(life.readySum / life.endpointSum).toBeCloseTo(0.5, 9);
  });

  it('counts an outage that lasts to the end', () => {
    const life = web(
      told([
        [0, 1],
        [50, 0],
      ]),
      100,
    );
    expect([life.down, life.outageCount, life.outages]).toEqual([seconds(50), 1, []]);
    expect(availability(life, seconds(100))).toBe(0.5);
  });

  it('does not hold it against a Service that it was deleted', () => {
    const life = web(
      told([
        [0, 2],
        [50, 'gone'],
      ]),
      1000,
    );
    expect([life.down, availability(life, seconds(1000))]).toEqual([0, 1]);
  });

  it('is not down before it was ever up', () => {
    const life = web(told([[0, 0]]), 1000);
    expect([life.since, availability(life, seconds(1000))]).toEqual([undefined, 1]);
  });
});
