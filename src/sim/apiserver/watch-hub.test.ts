import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../api/core.ts';
import { Calendar } from '../api/timestamps.ts';
import { Kernel } from '../kernel/kernel.ts';
import { SECOND, millis } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import type { ApiServerSettings } from '../settings.ts';
import { propertyRuns } from '../../../test/property-runs.ts';
import { ApiClients } from './api-client.ts';
import { ApiServer } from './api-server.ts';
import { BOOKMARK_PERIOD, latestBookmark } from './bookmarks.ts';
import { Informers, byNode } from './informer.ts';
import type { ApiReply } from './request.ts';
import { WatchHub } from './watch-hub.ts';

const settings = DEFAULT_SETTINGS.apiServer;

class World {
  readonly kernel: Kernel;
  readonly server: ApiServer;
  readonly hub: WatchHub;
  readonly clients: ApiClients;

  constructor(seed = 1, own: Partial<ApiServerSettings> = {}) {
    this.kernel = new Kernel({ seed });
    this.server = new ApiServer(this.kernel, new Calendar('2026-01-05T00:00:00Z'), settings);
    this.hub = new WatchHub(this.kernel, this.server, { ...settings, ...own });
    this.clients = new ApiClients(this.kernel, this.server, settings);
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
    this.server.handle({ verb: 'create', kind: 'Namespace', namespace: '', name: '', body });
  }

  create(name: string): void {
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'c' }] } };
    this.server.handle({ verb: 'create', kind: 'Pod', namespace: 'default', name: '', body });
  }

  label(name: string, value: string): void {
    const patch = { metadata: { labels: { value } } };
    this.server.handle({ verb: 'patch', kind: 'Pod', namespace: 'default', name, patch });
  }

  bind(name: string, nodeName: string): void {
    const { uid } = (this.server.get<Pod>('Pod', 'default', name) as Pod).metadata;
    this.server.handle({ verb: 'bind', kind: 'Pod', namespace: 'default', name, uid, nodeName });
  }
}

/** A watch that notes what it is told. */
function notes(world: World): { told: string[]; open(key?: number, node?: string): void; close(key?: number): void } {
  const told: string[] = [];
  const at = (): string => `${world.kernel.now}`;
  const watch = world.hub.register('test', 'Pod', {
    listed: (key, objects) =>
      told.push(`${at()} ${key} listed ${objects.map(({ metadata }) => metadata.name).join(' ')}`),
    changed: (key, change) => told.push(`${at()} ${key} ${change.type} ${change.key}`),
  });
  return {
    told,
    open: (key, node) => world.hub.open(watch, key, node),
    close: (key) => world.hub.close(watch, key),
  };
}

const withoutTimes = (told: readonly string[]): string[] => told.map((line) => line.replace(/^\d+ /, ''));

describe('a watch', () => {
  it('lists, then tells every change in order, 2 to 10 ms after it', () => {
    const world = new World();
    const watch = notes(world);
    world.create('before');
    watch.open();
    world.kernel.run({ until: SECOND });
    world.create('after');
    world.label('before', 'x');
    world.kernel.run({ until: 2 * SECOND });
    expect(withoutTimes(watch.told)).toEqual(['0 listed before', '0 ADDED default/after', '0 MODIFIED default/before']);
    const delay = Number(watch.told[1]?.split(' ')[0]) - SECOND;
    expect(delay).toBeGreaterThanOrEqual(millis(2));
    expect(delay).toBeLessThanOrEqual(millis(10));
  });

  it('of one node shows a pod when it is bound there', () => {
    const world = new World();
    const watch = notes(world);
    watch.open(7, 'n7');
    world.kernel.run({ until: SECOND });
    for (const name of ['mine', 'other']) world.create(name);
    world.bind('mine', 'n7');
    world.bind('other', 'n8');
    world.label('mine', 'x');
    world.kernel.run({ until: 2 * SECOND });
    expect(withoutTimes(watch.told)).toEqual(['7 listed ', '7 ADDED default/mine', '7 MODIFIED default/mine']);
  });

  it('that was closed loses what was on its way, and lists anew', () => {
    const world = new World();
    const watch = notes(world);
    watch.open();
    world.kernel.run({ until: SECOND });
    world.create('lost');
    watch.close();
    world.create('unseen');
    world.kernel.run({ until: 2 * SECOND });
    watch.open();
    world.kernel.run({ until: 3 * SECOND });
    expect(withoutTimes(watch.told)).toEqual(['0 listed ', '0 listed lost unseen']);
  });
});

describe('bookmarks', () => {
  /** Pods of one node that nothing happens to, while 10 pods a second are created and compaction takes place. */
  function quiet(own: Partial<ApiServerSettings>): { world: World; watch: ReturnType<typeof notes> } {
    const world = new World(1, own);
    const watch = notes(world);
    world.create('mine');
    world.bind('mine', 'n1');
    watch.open(1, 'n1');
    for (let second = 1; second <= 400; second++) {
      for (let i = 0; i < 10; i++) world.create(`p-${second}-${i}`);
      world.kernel.run({ until: second * SECOND });
      if (second === 300) world.server.compact(world.server.revision);
    }
    return { world, watch };
  }

  it('keep a watch that had no event from being too old when its connection breaks', () => {
    const { world, watch } = quiet({});
    world.hub.cut('test');
    world.label('mine', 'x');
    world.kernel.run({ until: 401 * SECOND });
    world.hub.resume('test');
    world.kernel.run({ until: 402 * SECOND });
    expect(withoutTimes(watch.told)).toEqual(['1 listed mine', '1 MODIFIED default/mine']);
  });

  it('that are not asked for leave it with a revision of long ago: 410, and a list', () => {
    const { world, watch } = quiet({ allowWatchBookmarks: false });
    world.hub.cut('test');
    world.hub.resume('test');
    world.kernel.run({ until: 402 * SECOND });
    expect(withoutTimes(watch.told)).toEqual(['1 listed mine', '1 listed mine']);
  });

  it.each([
    [true, ['0 listed ', '0 ADDED default/late']],
    [false, ['0 listed ', '0 listed late']],
  ])(
    '(asked for: %s) let a quiet kind move to a server whose caches are younger than its last event',
    (asked, told) => {
      const world = new World(1, { replicas: 2, allowWatchBookmarks: asked });
      const watch = notes(world);
      watch.open();
      const others = (): void => {
        const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'c-' } };
        world.server.handle({ verb: 'create', kind: 'ConfigMap', namespace: 'default', name: '', body });
      };
      world.kernel.run({ until: 10 * SECOND });
      others();
      world.hub.lose(1, [0]);
      world.hub.bringBack(1);
      world.kernel.run({ until: 20 * SECOND });
      // The other server's caches began at 10 s; a bookmark of after 60 s is newer.
      others();
      world.kernel.run({ until: 100 * SECOND });
      world.hub.lose(0, [1]);
      world.create('late');
      world.kernel.run({ until: 110 * SECOND });
      expect(withoutTimes(watch.told)).toEqual(told);
    },
  );

  it('do not let a watch miss what was on its way as the connection broke', () => {
    const world = new World();
    const watch = notes(world);
    watch.open();
    world.kernel.run({ until: 200 * SECOND });
    world.hub.delay('test', 210 * SECOND);
    world.create('on-its-way');
    world.kernel.run({ until: 205 * SECOND });
    world.hub.cut('test');
    world.hub.resume('test');
    world.kernel.run({ until: 211 * SECOND });
    expect(withoutTimes(watch.told)).toEqual(['0 listed ', '0 ADDED default/on-its-way']);
  });

  it('wait for a server where none is there', () => {
    const world = new World();
    const watch = notes(world);
    watch.open();
    world.kernel.run({ until: 10 * SECOND });
    world.hub.lose(0, []);
    world.create('meanwhile');
    world.kernel.run({ until: 20 * SECOND });
    expect(watch.told).toHaveLength(1);
    world.hub.bringBack(0);
    world.kernel.run({ until: 30 * SECOND });
    expect(withoutTimes(watch.told)).toEqual(['0 listed ', '0 listed meanwhile']);
  });

  it('come a minute after one another, and 2 s before a watch of 5 to 10 minutes ends', () => {
    const timeouts = new Kernel({ seed: 3 }).random.purpose('watch-timeout');
    const ends = timeouts.between(7, 0, 300, 600) * SECOND;
    const at = (now: number): number | undefined => latestBookmark(0, now, timeouts, 7);
    expect(at(60 * SECOND)).toBeUndefined();
    expect(at(61 * SECOND)).toBe(BOOKMARK_PERIOD);
    expect(at(200 * SECOND)).toBe(3 * BOOKMARK_PERIOD);
    expect(at(ends + 30 * SECOND)).toBe(Math.round(ends) - 2 * SECOND);
    expect(at(ends + 61 * SECOND)).toBe(Math.round(ends) + BOOKMARK_PERIOD);
  });
});

describe('an informer', () => {
  type Step = {
    pod: number;
    what: 'create' | 'label' | 'bind' | 'delete' | 'reopen' | 'cut' | 'resume' | 'compact' | 'lose' | 'back' | 'minute';
    wait: number;
  };
  const step: fc.Arbitrary<Step> = fc.record({
    pod: fc.nat(4),
    what: fc.constantFrom(
      ...([
        'create',
        'label',
        'bind',
        'delete',
        'reopen',
        'cut',
        'resume',
        'compact',
        'lose',
        'back',
        'minute',
      ] as const),
    ),
    wait: fc.nat(20),
  });

  it('comes to hold what the store holds, with its indexes, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World(1, { replicas: 2 });
        const up = new Set([0, 1]);
        const informers = new Informers('test', world.hub);
        const pods = informers.informer<Pod>('Pod');
        const onNode = byNode(pods);
        const seen = new Map<string, string>();
        pods.on((type, pod) => {
          const { name, uid } = pod.metadata;
          // An incarnation is added before it changes and is deleted once.
          expect(seen.has(uid)).toBe(type !== 'added');
          if (type === 'deleted') seen.delete(uid);
          else seen.set(uid, name);
        });
        informers.start();
        for (const { pod, what, wait } of steps) {
          const name = `p${pod}`;
          const exists = world.server.get('Pod', 'default', name) !== undefined;
          if (what === 'create') world.create(name);
          else if (what === 'reopen') informers.start();
          else if (what === 'cut' || what === 'resume') world.hub[what]('test');
          else if (what === 'compact') world.server.compact(world.server.revision);
          else if (what === 'minute') world.kernel.run({ until: world.kernel.now + 65 * SECOND });
          else if (what === 'lose') {
            const server = pod % 2;
            if (up.delete(server)) world.hub.lose(server, [...up]);
          } else if (what === 'back') {
            const server = pod % 2;
            if (!up.has(server)) world.hub.bringBack(server);
            up.add(server);
          } else if (exists && what === 'label') world.label(name, String(wait));
          else if (exists && what === 'bind') world.bind(name, `n${wait % 2}`);
          else if (exists) {
            const options = { gracePeriodSeconds: 0 };
            world.server.handle({ verb: 'delete', kind: 'Pod', namespace: 'default', name, options });
          }
          world.kernel.run({ until: world.kernel.now + millis(wait) });
        }
        world.hub.resume('test');
        for (const server of [0, 1]) if (!up.has(server)) world.hub.bringBack(server);
        world.kernel.run();
        const { items } = world.server.list<Pod>('Pod');
        const byName = (a: Pod, b: Pod): number => (a.metadata.name < b.metadata.name ? -1 : 1);
        expect([...pods.list()].sort(byName)).toEqual([...items].sort(byName));
        for (const node of ['n0', 'n1']) {
          expect(onNode.count(node)).toBe(items.filter(({ spec }) => spec.nodeName === node).length);
        }
        expect(seen.size).toBe(items.length);
      }),
      { numRuns: propertyRuns(200) },
    );
  });
});

describe('a client', () => {
  it('sends its burst at once and then keeps to its rate', () => {
    const world = new World();
    const client = world.clients.client('c', { qps: 10, burst: 5 });
    const times: number[] = [];
    const reply = world.kernel.register('reply', (a, _b, payload) => {
      expect((payload as ApiReply).result.ok).toBe(true);
      times[a] = world.kernel.now;
    });
    for (let i = 0; i < 25; i++) {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${i}` } };
      client.request(
        { verb: 'create', kind: 'ConfigMap', namespace: 'default', name: `c${i}`, body },
        reply,
        undefined,
        i,
      );
    }
    world.kernel.run();
    expect(Math.max(...times.slice(0, 5))).toBeLessThan(millis(100));
    for (let i = 5; i < 25; i++) {
      expect(times[i]).toBeGreaterThanOrEqual(millis(100 * (i - 4)));
      expect(times[i]).toBeLessThan(millis(100 * (i - 4) + 100));
    }
  });

  it('that is cut off is refused after ten seconds', () => {
    const world = new World();
    const client = world.clients.client('c', { qps: 0, burst: 0 });
    client.connected = false;
    const replies: [number, boolean][] = [];
    const reply = world.kernel.register('reply', (_a, _b, payload) => {
      replies.push([world.kernel.now, (payload as ApiReply).result.ok]);
    });
    client.request({ verb: 'delete', kind: 'Pod', namespace: 'default', name: 'p' }, reply);
    world.kernel.run();
    expect(replies).toEqual([[10 * SECOND, false]]);
  });
});

describe('saving with requests and changes on their way', () => {
  it('goes on to the same end', () => {
    const build = (): { world: World; told: string[]; start(): void } => {
      const world = new World();
      const watch = notes(world);
      return { world, told: watch.told, start: () => watch.open() };
    };
    const first = build();
    first.start();
    const client = first.world.clients.client('c', { qps: 100, burst: 1 });
    first.world.kernel.run({ until: SECOND });
    for (let i = 0; i < 20; i++) {
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'p-' }, spec: { containers: [] } };
      client.request({ verb: 'create', kind: 'Pod', namespace: 'default', name: '', body });
    }
    first.world.kernel.run({ until: SECOND + millis(100) });
    const { kernel, server, hub, clients } = first.world;
    const saved = structuredClone([kernel.save(), server.save(), hub.save(), clients.save()]);
    const upToHere = first.told.length;
    kernel.run();

    const second = build();
    second.world.kernel.restore(saved[0] as never);
    second.world.server.restore(saved[1]);
    second.world.hub.restore(saved[2]);
    second.world.clients.restore(saved[3]);
    second.world.kernel.run();
    expect(upToHere).toBeGreaterThan(3);
    expect(second.told).toEqual(first.told.slice(upToHere));
    expect(second.world.server.hash).toBe(server.hash);
  });
});
