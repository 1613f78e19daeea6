import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../default-settings.ts';
import { SECOND } from '../../kernel/time.ts';
import type { ReadRequest } from '../request.ts';
import { listCost, rangesOf } from './list-cost.ts';
import { sourceOf } from './list-source.ts';
import { listSeats } from './width.ts';

const { apiServer, etcd } = DEFAULT_SETTINGS;
const list = (more: Partial<ReadRequest> = {}): ReadRequest => ({
  verb: 'list',
  kind: 'Pod',
  namespace: '',
  name: '',
  ...more,
});

describe('where a list is read', () => {
  const exact = { resourceVersion: '500', resourceVersionMatch: 'Exact' } as const;
  const page = (revision: number): Partial<ReadRequest> => ({ limit: 100, continues: { revision, read: 100 } });
  it.each([
    ['the latest', {}, 'cache', 'etcd'],
    ['its first page', { limit: 100 }, 'cache', 'etcd'],
    ['any', { resourceVersion: '0' }, 'cache', 'cache'],
    ['any, by pages', { resourceVersion: '0', limit: 100 }, 'cache', 'cache'],
    ['not older', { resourceVersion: '900', resourceVersionMatch: 'NotOlderThan' }, 'cache', 'cache'],
    ['a revision that is in the window', { ...exact, resourceVersion: '900' }, 'cache', 'cache'],
    ['an older one', exact, 'etcd', 'etcd'],
    ['an older one, by a limit alone', { resourceVersion: '500', limit: 100 }, 'etcd', 'etcd'],
    ['a later page', page(900), 'cache', 'cache'],
    ['a later page, too late', page(500), 'etcd', 'etcd'],
    ['a stream', { streamed: true }, 'cache', 'cache'],
  ] as const)('%s', (_what, request, now, before) => {
    expect(sourceOf(list(request), apiServer, () => 800)).toBe(now);
    const older = { consistentListFromCache: false, listFromCacheSnapshot: true };
    expect(sourceOf(list(request), older, () => 800)).toBe(before);
  });

  it('is etcd for every exact revision without snapshots', () => {
    const without = { ...apiServer, listFromCacheSnapshot: false };
    expect(sourceOf(list(page(900)), without, () => 800)).toBe('etcd');
  });
});

describe('what a list costs', () => {
  /** The pods of kubernetes/kubernetes#138327. */
  const pods = { objects: 165_492, bytesEach: 9500 };

  it('comes near the parts that were traced: 4.4 s of encoding a stream and 8.6 s of sending it', () => {
    const { server, transfer } = listCost(list({ streamed: true }), 'cache', pods, apiServer, etcd);
    expect(server / SECOND).toBeCloseTo(4.4, 1);
    expect(transfer / SECOND).toBeCloseTo(8.6, 1);
  });

  it('9.1 s of encoding and compressing a list, and 1.6 s of sending it', () => {
    const { server, transfer } = listCost(list(), 'cache', pods, apiServer, etcd);
    expect(server / SECOND).toBeCloseTo(9.1, 1);
    expect(transfer / SECOND / 1.6).toBeGreaterThan(0.75);
  });

  it('goes by size as well as by number', () => {
    const of = (bytesEach: number): number =>
      listCost(list(), 'cache', { objects: 1000, bytesEach }, apiServer, etcd).server;
    expect(of(20_000) / of(100)).toBeGreaterThan(3);
  });

  it('from etcd is that of all objects, whatever the selectors leave, and of etcd’s cores', () => {
    const [cached, read] = (['cache', 'etcd'] as const).map((source) =>
      listCost(list({ selects: 'none' }), source, { objects: 1000, bytesEach: 1000 }, apiServer, etcd),
    ) as [ReturnType<typeof listCost>, ReturnType<typeof listCost>];
    expect(cached).toMatchObject({ etcd: 0, fetched: 0, returned: 0, memory: 0 });
    expect(read).toMatchObject({ fetched: 1000, returned: 0, memory: 5_000_000 });
    expect(read.etcd).toBeCloseTo(1000 * 11.5 + 1e12 / 616e6, 3);
    expect(read.server / cached.server).toBeGreaterThan(10);
  });

  it('by pages is that of the page, or of all pages until one is full', () => {
    const of = (more: Partial<ReadRequest>): number =>
      listCost(list({ limit: 100, ...more }), 'etcd', { objects: 950, bytesEach: 1000 }, apiServer, etcd).fetched;
    expect([of({}), of({ continues: { revision: 1, read: 900 } }), of({ selects: 'none' })]).toEqual([100, 50, 950]);
    expect([rangesOf(0, 950), rangesOf(100, 100), rangesOf(100, 950), rangesOf(500, 300_000)]).toEqual([1, 1, 4, 34]);
  });

  it('of memory is small where it is streamed, and 1 MB at most from the watch cache', () => {
    const of = (more: Partial<ReadRequest>, source: 'cache' | 'etcd'): number =>
      listCost(list(more), source, pods, apiServer, etcd).memory;
    expect([of({ streamed: true }, 'cache'), of({}, 'cache')]).toEqual([2_000_000, 1_000_000]);
    expect(of({}, 'etcd')).toBe(5 * 165_492 * 9500);
  });
});

describe('how wide a list is', () => {
  const stored = { objects: 10_000, bytesEach: 2000 };
  it.each([
    ['from the cache, 1 MB at most', {}, 'cache', 10],
    ['a page', { limit: 100 }, 'cache', 2],
    ['from etcd', {}, 'etcd', 100],
    ['a page from etcd', { limit: 100 }, 'etcd', 2],
    ['a page from etcd that selectors leave empty: half of all objects', { limit: 100, selects: 'none' }, 'etcd', 100],
  ] as const)('%s', (_what, request, source, seats) => {
    expect(listSeats(list(request), source, stored, 1000)).toBe(seats);
    expect(listSeats(list(request), source, stored, 5)).toBe(Math.min(5, seats));
  });
});
