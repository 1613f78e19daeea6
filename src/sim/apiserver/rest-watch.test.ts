import { beforeEach, describe, expect, it } from 'vitest';
import { Calendar } from '../api/timestamps.ts';
import { Kernel } from '../kernel/kernel.ts';
import { SECOND } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { ApiServer } from './api-server.ts';
import { pathOf, restWatch } from './rest.ts';
import type { RestResponse } from './rest.ts';
import { RestWatch } from './rest-watch.ts';
import type { WatchEvent } from './rest-watch.ts';

const configMaps = pathOf('ConfigMap', 'default');
let kernel: Kernel;
let server: ApiServer;

beforeEach(() => {
  kernel = new Kernel({ seed: '1' });
  server = new ApiServer(kernel, new Calendar('2026-01-05T00:00:00Z'), DEFAULT_SETTINGS.apiServer);
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
  server.handle({ verb: 'create', kind: 'Namespace', namespace: '', name: '', body });
});

function create(name: string, labels = {}, kind = 'ConfigMap'): void {
  const body = { apiVersion: 'v1', kind, metadata: { name, labels } };
  server.handle({ verb: 'create', kind, namespace: 'default', name: '', body });
}

function label(name: string, app: string | null): void {
  const patch = { metadata: { labels: { app } } };
  server.handle({ verb: 'patch', kind: 'ConfigMap', namespace: 'default', name, patch });
}

function open(query: Readonly<Record<string, string>>): RestWatch {
  const watch = restWatch(server, { method: 'GET', path: configMaps, query: { watch: 'true', ...query } });
  if (!(watch instanceof RestWatch)) throw new Error(JSON.stringify(watch));
  return watch;
}

/** `TYPE name@revision`, as people write them down. */
function shown(events: readonly WatchEvent[]): string[] {
  return events.map(({ type, object }) => {
    const {
      name = '',
      resourceVersion,
      annotations,
    } = object.metadata as {
      readonly name?: string;
      readonly resourceVersion: string;
      readonly annotations?: object;
    };
    return `${type} ${name}@${resourceVersion}${annotations === undefined ? '' : ` ${JSON.stringify(annotations)}`}`;
  });
}

describe('a watch over the wire', () => {
  it('begins with the objects that are there, or with the changes since a revision', () => {
    create('a');
    create('b');
    expect(shown(open({}).take())).toEqual(['ADDED a@3', 'ADDED b@4']);
    const watch = open({ resourceVersion: '3' });
    expect(shown(watch.take())).toEqual(['ADDED b@4']);
    create('c');
    expect(shown(watch.take())).toEqual(['ADDED c@5']);
    expect(watch.take()).toEqual([]);
  });

  it('with a selector sees objects come and go as they match', () => {
    create('a', { app: 'web' });
    create('b');
    const watch = open({ labelSelector: 'app=web', resourceVersion: String(server.revision) });
    label('b', 'web');
    label('a', null);
    label('a', 'other');
    server.handle({ verb: 'delete', kind: 'ConfigMap', namespace: 'default', name: 'b' });
    expect(shown(watch.take())).toEqual(['ADDED b@5', 'DELETED a@6', 'DELETED b@8']);
  });

  it('gets a bookmark about every minute and before its time is out, wherever others have got to', () => {
    create('a');
    const watch = open({ resourceVersion: '3', allowWatchBookmarks: 'true', timeoutSeconds: '90' });
    kernel.run({ until: 30 * SECOND });
    create('other', {}, 'Secret');
    kernel.run({ until: 70 * SECOND });
    create('b');
    expect(watch.next).toBe(60.563 * SECOND);
    expect(shown(watch.take())).toEqual(['BOOKMARK @4', 'ADDED b@5']);
    kernel.run({ until: 89 * SECOND });
    expect(shown(watch.take())).toEqual(['BOOKMARK @5']);
    expect(watch.ended).toBe(false);
    kernel.run({ until: 90 * SECOND });
    expect([watch.take(), watch.ended]).toEqual([[], true]);
  });

  it('that asks for no bookmarks gets none', () => {
    const watch = open({ resourceVersion: '2' });
    kernel.run({ until: 1000 * SECOND });
    expect(watch.take()).toEqual([]);
  });

  it('streams a list: the objects, and a bookmark that ends it', () => {
    create('a');
    create('b');
    create('other', {}, 'Secret');
    const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' };
    const watch = open(query);
    expect(shown(watch.take())).toEqual(['ADDED a@3', 'ADDED b@4', 'BOOKMARK @5 {"k8s.io/initial-events-end":"true"}']);
    create('c');
    expect(shown(watch.take())).toEqual(['ADDED c@6']);
  });

  it('is told that its revision is too old only where a change of its kind is forgotten or pushed out', () => {
    create('a');
    const { revision } = server;
    for (let i = 0; i < 10; i++) create(`s-${i}`, {}, 'Secret');
    server.compact(server.revision);
    expect(open({ resourceVersion: String(revision) }).take()).toEqual([]);
    create('b');
    create('c');
    server.compact(server.revision);
    const watch = open({ resourceVersion: String(revision) });
    expect(watch.take()).toMatchObject([
      { type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old resource version: 3 (15)' } },
    ]);
    expect(watch.ended).toBe(true);
    // The window holds the last 100 events of a kind at least, and 75 s of them: 200 at one instant are all fresh.
    const { revision: later } = server;
    for (let i = 0; i < 200; i++) create(`n-${i}`);
    expect(open({ resourceVersion: String(later) }).take()).toHaveLength(200);
    kernel.run({ until: 100 * SECOND });
    create('d');
    expect(open({ resourceVersion: String(later) }).take()).toMatchObject([{ type: 'ERROR' }]);
  });

  it.each([
    [{ sendInitialEvents: 'true' }, 422, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
    [{ resourceVersionMatch: 'NotOlderThan' }, 422, 'is forbidden for watch unless sendInitialEvents is provided'],
    [{ resourceVersion: 'x' }, 400, 'strconv.ParseUint: parsing "x": invalid syntax'],
    [{ resourceVersion: '99' }, 504, 'Too large resource version: 99, current: 2'],
    [{ labelSelector: 'a=(' }, 400, 'unable to parse requirement'],
  ])('with %j is refused', (query, code, message) => {
    const request = { method: 'GET', path: configMaps, query: query as Record<string, string> } as const;
    const { code: given, body } = restWatch(server, request) as RestResponse & { readonly body: { message: string } };
    expect([given, body.message]).toEqual([code, expect.stringContaining(message)]);
  });
});
