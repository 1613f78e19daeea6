import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import { ObjectSizes } from './space.ts';
import { EtcdStore } from './store.ts';
import type { Change } from './store.ts';

const OVERHEAD = 200;

function object(kind: 'Pod' | 'Node', name: string, text: string): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, annotations: { text } } } as unknown as KubeObject;
}

/** What present objects and history take, counted out: each state at its kind's mean, each deletion a key. */
function countedOut(store: EtcdStore, sizes: ObjectSizes): number {
  let bytes = 0;
  for (const kind of store.kinds()) bytes += store.count(kind) * (OVERHEAD + sizes.meanOf(kind));
  for (const { kind, type, previous } of store.changesAfter(store.compactRevision)) {
    if (type === 'DELETED') bytes += OVERHEAD;
    if (previous !== undefined) bytes += OVERHEAD + sizes.meanOf(kind);
  }
  return bytes;
}

describe('Sizes of what is stored', () => {
  it('count the present and the history, through writes, deletions, compactions and a restored state', () => {
    const store = new EtcdStore();
    let sizes = new ObjectSizes();
    const took: number[] = [];
    const put = (change: Change): void => void took.push(sizes.add(change));
    for (let step = 0; step < 600; step++) {
      const kind = step % 3 === 0 ? 'Node' : 'Pod';
      const name = `o-${(step * 7) % 40}`;
      const next = object(kind, name, 'x'.repeat((step * 13) % 90));
      const entry = store.get(kind, name);
      if (entry === undefined) put(store.add(kind, name, next, step));
      else if (step % 5 === 0) put(store.delete(kind, entry, entry.object, step));
      else put(store.put(kind, entry, next, step));
      if (step % 97 === 96) sizes.forget(store.compact(store.revision - 30));
      if (step % 211 === 210) {
        const saved = structuredClone(sizes.save());
        sizes = new ObjectSizes();
        sizes.restore(saved);
      }
      expect(sizes.all(store)).toBe(countedOut(store, sizes));
    }
    expect(new Set(took)).toContain(OVERHEAD); // deletions
    expect(Math.max(...took)).toBeGreaterThan(OVERHEAD);
  });

  it('forget nothing twice: a compaction up to where one was already, or further on', () => {
    const store = new EtcdStore();
    const sizes = new ObjectSizes();
    sizes.add(store.add('Pod', 'a', object('Pod', 'a', ''), 0));
    for (let i = 0; i < 4; i++) {
      const entry = store.get('Pod', 'a');
      if (entry !== undefined) sizes.add(store.put('Pod', entry, object('Pod', 'a', String(i)), i));
    }
    const before = sizes.all(store);
    for (const revision of [3, 3, 2, 5]) sizes.forget(store.compact(revision));
    const state = OVERHEAD + sizes.meanOf('Pod');
    expect(before).toBe(5 * state);
    expect(sizes.all(store)).toBe(2 * state);
  });
});
