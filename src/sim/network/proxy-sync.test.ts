import { beforeEach, describe, expect, it } from 'vitest';
import { SECOND, seconds } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { ProxySync } from './proxy-sync.ts';
import type { NodeProxy } from './proxy-sync.ts';
import { ServiceTables } from './service-tables.ts';

const settings = DEFAULT_SETTINGS.kubeProxy;
/** Every change takes 5 ms to the node. */
const DELAY = 5000;
/** A sync of one Service with two endpoints: 50 ms, and 50 µs for each of three rules. */
const SYNC = 50_150;

let tables: ServiceTables;
let sync: ProxySync;
let proxy: NodeProxy;
let revision = 0;

function write(at: number, kind: 'Service' | 'EndpointSlice', name: string, fields: object, type = 'MODIFIED'): void {
  const metadata = { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } };
  const object = { kind, metadata, ...fields };
  const change = { type, kind, key: `default/${name}`, object, time: seconds(at), revision: ++revision };
  tables.changed(change as never);
}

function endpoints(at: number, name: string, count: number): void {
  const list = Array.from({ length: count }, (_, i) => ({
    addresses: [`10.0.0.${i}`],
    conditions: { ready: true, serving: true, terminating: false },
  }));
  write(at, 'EndpointSlice', name, { endpoints: list });
}

/** Endpoints of "web" in the node's rules. */
function inRules(at: number): number | undefined {
  sync.advance(proxy, seconds(at));
  return tables.at('default/web', proxy.applied)?.endpoints.length;
}

beforeEach(() => {
  tables = new ServiceTables();
  sync = new ProxySync(tables, settings, () => DELAY);
  proxy = {
    node: 'n',
    identity: 1,
    up: true,
    deafSince: undefined,
    listedAt: 0,
    synced: true,
    applied: 0,
    heard: 0,
    heardAt: 0,
    syncing: -1,
    endsAt: 0,
    endedAt: -seconds(10),
    fullAt: 0,
    forcedAt: seconds(3600),
  };
  write(1, 'Service', 'web', { spec: { clusterIP: '10.96.0.11' } });
  endpoints(1, 'web', 2);
});

describe('a node’s kube-proxy', () => {
  it('writes a change at once, if its last sync ended a second ago', () => {
    const written = 1 + (DELAY + 1 + SYNC) / SECOND;
    expect(inRules(written - 1e-6)).toBeUndefined();
    expect(inRules(written)).toBe(2);
  });

  it('writes what comes within a second after a sync together, a second after its end', () => {
    const ended = 1 + (DELAY + 1 + SYNC) / SECOND;
    endpoints(1.2, 'web', 3);
    endpoints(1.8, 'web', 4);
    const written = ended + 1 + (50_000 + 5 * 50) / SECOND;
    expect(inRules(written - 1e-6)).toBe(2);
    expect(inRules(written)).toBe(4);
  });

  it('leaves to the next sync what comes while one is under way', () => {
    expect(inRules(1.03)).toBeUndefined();
    endpoints(1.03, 'web', 7);
    expect(inRules(2)).toBe(2);
    expect(inRules(2.2)).toBe(7);
  });

  it('takes as long as the rules of the Services that changed, and a look at the others', () => {
    expect(inRules(3)).toBe(2);
    write(4, 'Service', 'big', { spec: { clusterIP: '10.96.0.12' } });
    endpoints(4, 'big', 1999);
    sync.advance(proxy, seconds(5));
    expect(proxy.endedAt).toBe(seconds(4) + DELAY + 1 + 50_000 + 2000 * 50 + 3 * 20);
    endpoints(10, 'web', 1);
    sync.advance(proxy, seconds(11));
    expect(proxy.endedAt).toBe(seconds(10) + DELAY + 1 + 50_000 + 2 * 50 + 2000 * 20);
  });

  it('takes 2.8 s where 142,387 rules are known and one Service changed, as published (kubernetes#138073)', () => {
    expect(inRules(3)).toBe(2);
    for (let i = 0; i < 10; i++) {
      write(4, 'Service', `big-${i}`, { spec: { clusterIP: `10.96.1.${i}` } });
      endpoints(4, `big-${i}`, 14_238);
    }
    sync.advance(proxy, seconds(100));
    endpoints(200, 'web', 3);
    sync.advance(proxy, seconds(300));
    const took = (proxy.endedAt - seconds(200)) / SECOND;
    expect(took / 2.84).toBeGreaterThan(0.95);
    expect(took / 2.84).toBeLessThan(1.05);
  });

  it('writes all rules once an hour, unless the cluster is large', () => {
    write(4, 'Service', 'other', { spec: { clusterIP: '10.96.0.12' } });
    endpoints(4, 'other', 99);
    sync.advance(proxy, seconds(7300));
    const every = 3600 * SECOND;
    const full = 50_000 + 103 * 50;
    // The first run of itself comes an hour after the sync at 4 s, the next an hour after its end.
    const first = proxy.fullAt - every - full;
    expect(first).toBeGreaterThan(seconds(3604));
    expect(proxy.endedAt).toBe(proxy.fullAt + full);
    endpoints(7400, 'other', 1001);
    sync.advance(proxy, seconds(15_000));
    expect(proxy.fullAt).toBe(first + every + full);
  });

  it('hears nothing while it is cut off, and keeps its rules', () => {
    expect(inRules(2)).toBe(2);
    proxy.deafSince = seconds(2);
    endpoints(3, 'web', 5);
    expect(inRules(100)).toBe(2);
    proxy.deafSince = undefined;
    proxy.listedAt = seconds(100);
    expect(inRules(100.2)).toBe(5);
  });

  it('is at the same place whether it is asked at every step or only now and then', () => {
    const often = { ...proxy };
    for (let i = 1; i < 200; i++) {
      const at = 2 + i * 0.137 + (i % 7) * 0.011;
      endpoints(at, 'web', i % 9);
      for (let n = 0; n < 5; n++) sync.advance(often, seconds(at + n * 0.02));
      if (i % 20 !== 0) continue;
      sync.advance(proxy, seconds(at + 0.08));
      expect(often).toEqual(proxy);
    }
    expect(proxy.applied).toBeGreaterThan(170);
  });

  it('forgets what every node has, and nothing else', () => {
    for (let i = 0; i < 50; i++) endpoints(3 + i, 'web', i);
    expect(inRules(30)).toBe(26);
    tables.forget(proxy.applied, seconds(30));
    expect(inRules(30.5)).toBe(27);
    expect(tables.change(proxy.applied - 1)).toBeUndefined();
    expect(inRules(60)).toBe(49);
  });
});
