import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import { propertyRuns } from '../../../test/property-runs.ts';
import { CompactedError, EtcdStore, FutureRevisionError } from './store.ts';
import type { Entry } from './store.ts';

function object(name: string, store: EtcdStore): KubeObject {
  const metadata = { name, uid: name, resourceVersion: String(store.nextRevision), creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

/** Writes as a client would: adds, replaces or removes by what is there. */
function write(store: EtcdStore, name: string, remove: boolean): void {
  const entry = store.get('ConfigMap', name);
  if (entry === undefined) store.add('ConfigMap', name, object(name, store), 0);
  else if (remove) store.delete('ConfigMap', entry, object(name, store), 0);
  else store.put('ConfigMap', entry, object(name, store), 0);
}

const writes = fc.array(fc.tuple(fc.nat(4), fc.boolean()), { maxLength: 60 });

describe('the store', () => {
  it('numbers all writes in one row and counts those of each key', () => {
    const store = new EtcdStore();
    write(store, 'a', false);
    write(store, 'b', false);
    write(store, 'a', false);
    expect(store.revision).toBe(4);
    expect(store.get('ConfigMap', 'a')).toMatchObject({ createRevision: 2, modRevision: 4, version: 2 });
    write(store, 'a', true);
    write(store, 'a', false);
    expect(store.get('ConfigMap', 'a')).toMatchObject({ createRevision: 6, modRevision: 6, version: 1 });
  });

  it('can be rebuilt by whoever saw any state of it and the changes since', () => {
    fc.assert(
      fc.property(writes, writes, (before, after) => {
        const store = new EtcdStore();
        for (const [key, remove] of before) write(store, `k${key}`, remove);
        const seen = new Map([...store.list('ConfigMap')].map(({ key, object: value }) => [key, value]));
        const { revision } = store;
        for (const [key, remove] of after) write(store, `k${key}`, remove);
        store.compact(revision);
        let last = revision;
        for (const change of store.changesAfter(revision)) {
          expect(change.revision).toBe(++last);
          expect(change.previous).toBe(seen.get(change.key));
          if (change.type === 'DELETED') seen.delete(change.key);
          else seen.set(change.key, change.object);
        }
        expect(new Map([...store.list('ConfigMap')].map((entry: Entry) => [entry.key, entry.object]))).toEqual(seen);
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  it('says that history is gone where it was compacted away', () => {
    const store = new EtcdStore();
    for (const name of ['a', 'b', 'c']) write(store, name, false);
    store.compact(3);
    expect(() => store.changesAfter(2)).toThrow(CompactedError);
    expect(store.changesAfter(3).map(({ key }) => key)).toEqual(['c']);
    store.compact(2);
    expect(store.compactRevision).toBe(3);
    store.compact(99);
    expect(store.compactRevision).toBe(4);
  });

  it('can be read as it was at any revision that is not compacted', () => {
    fc.assert(
      fc.property(writes, (course) => {
        const store = new EtcdStore();
        const states = new Map([[store.revision, new Map<string, Entry>()]]);
        for (const [key, remove] of course) {
          write(store, `k${key}`, remove);
          states.set(store.revision, new Map([...store.list('ConfigMap')].map((entry) => [entry.key, { ...entry }])));
        }
        const compacted = Math.ceil(store.revision / 2);
        store.compact(compacted);
        for (const [revision, state] of states) {
          if (revision < compacted) expect(() => store.at('ConfigMap', revision)).toThrow(CompactedError);
          else expect(store.at('ConfigMap', revision)).toEqual(state);
        }
        expect(() => store.at('ConfigMap', store.revision + 1)).toThrow(FutureRevisionError);
      }),
      { numRuns: propertyRuns(100) },
    );
  });

  it('branches: what one copy does, the other does not see', () => {
    const store = new EtcdStore();
    for (const name of ['a', 'b', 'a']) write(store, name, false);
    const saved = store.save();
    const other = new EtcdStore();
    other.restore(saved);
    write(store, 'a', false);
    write(store, 'c', false);
    expect(other.revision).toBe(4);
    expect(other.get('ConfigMap', 'a')).toMatchObject({ version: 2 });
    const third = new EtcdStore();
    third.restore(saved);
    expect(third.save()).toEqual(other.save());
  });
});
