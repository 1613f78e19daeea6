import { describe, expect, it } from 'vitest';
import { SECOND } from '../kernel/time.ts';
import { EtcdKv } from './kv.ts';
import { EtcdError } from './kv-messages.ts';

/** What the real server is asked at random stands in test/conformance/etcd.test.ts; here is what takes time. */
describe("etcd's leases", () => {
  it('last at least 2 s, so that no election ends one', () => {
    const etcd = new EtcdKv(() => 0);
    expect(etcd.leaseGrant(1)).toEqual({ id: 1, ttl: 2 });
    expect(etcd.leaseGrant(60)).toEqual({ id: 2, ttl: 60 });
  });

  it('take their keys along when they expire, each under one revision', () => {
    let now = 0;
    const etcd = new EtcdKv(() => now);
    const { id } = etcd.leaseGrant(10);
    etcd.put({ key: 'a', value: '1', lease: id });
    etcd.put({ key: 'b', value: '1', lease: id });
    etcd.put({ key: 'c', value: '1' });
    now = 9 * SECOND;
    etcd.expireLeases();
    expect(etcd.leaseTimeToLive(id)).toEqual({ ttl: 1, grantedTtl: 10, keys: ['a', 'b'] });
    etcd.leaseKeepAlive(id);
    now = 18 * SECOND;
    etcd.expireLeases();
    expect(etcd.range({ key: 'a' }).count).toBe(1);
    now = 19 * SECOND;
    const { revision } = etcd;
    etcd.expireLeases();
    expect(etcd.range({ key: 'a', rangeEnd: '\0' }).kvs.map(({ key }) => key)).toEqual(['c']);
    expect(etcd.revision).toBe(revision + 1);
    expect(etcd.leaseKeepAlive(id)).toBe(0);
    expect(() => etcd.put({ key: 'a', value: '2', lease: id })).toThrow(EtcdError);
  });

  it('are saved and restored with what hangs on them', () => {
    let now = 0;
    const etcd = new EtcdKv(() => now);
    etcd.put({ key: 'a', value: '1', lease: etcd.leaseGrant(10).id });
    const other = new EtcdKv(() => now);
    other.restore(structuredClone(etcd.save()));
    now = 10 * SECOND;
    other.expireLeases();
    expect([other.range({ key: 'a' }).count, etcd.range({ key: 'a' }).count]).toEqual([0, 1]);
  });
});
