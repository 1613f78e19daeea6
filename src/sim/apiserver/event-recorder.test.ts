import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import { Calendar } from '../api/timestamps.ts';
import { Kernel } from '../kernel/kernel.ts';
import { seconds } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import { ApiServer } from './api-server.ts';
import { EventRecorder } from './event-recorder.ts';
import type { RecordedEvent } from './event-recorder.ts';
import { rest } from './rest.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u-1' } } as KubeObject;

let kernel: Kernel;
let events: EventRecorder;
let server: ApiServer;
let seen: RecordedEvent[];

beforeEach(() => {
  kernel = new Kernel({ seed: '1' });
  const calendar = new Calendar('2026-01-05T00:00:00Z');
  server = new ApiServer(kernel, calendar, DEFAULT_SETTINGS.apiServer);
  events = new EventRecorder(kernel, DEFAULT_SETTINGS.apiServer);
  events.serve(server, calendar);
  seen = [];
  events.observe((event) => void (event.written && seen.push(event)));
});

/** Says something at a time, in seconds. */
function say(at: number, message: string, reason = 'BackOff'): void {
  kernel.run({ until: seconds(at) });
  events.record('kubelet', pod, 'Warning', reason, message);
}

function listed(): readonly { readonly message: string; readonly count: number }[] {
  const { body } = rest(server, { method: 'GET', path: '/api/v1/namespaces/shop/events' });
  return (body as { items: { message: string; count: number }[] }).items;
}

describe('v1.Events', () => {
  it('count what repeats, and are read as objects', () => {
    for (const at of [1, 2, 3]) say(at, 'back-off 10s');
    expect(seen.map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(listed()).toMatchObject([
      {
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) as unknown, namespace: 'shop' },
        involvedObject: { kind: 'Pod', name: 'web', uid: 'u-1' },
        source: { component: 'kubelet' },
        count: 3,
        firstTimestamp: '2026-01-05T00:00:01Z',
        lastTimestamp: '2026-01-05T00:00:03Z',
      },
    ]);
  });

  it('are combined where ten messages differ in nothing else within ten minutes', () => {
    for (let i = 1; i <= 12; i++) say(i, `message ${i}`);
    expect(
      listed()
        .map(({ message }) => message)
        .slice(-2),
    ).toEqual(['message 9', '(combined from similar events): message 10']);
    expect(seen.at(-1)).toMatchObject({ count: 3 });
    say(13, 'another reason', 'Killing');
    expect(seen.at(-1)?.message).toBe('another reason');
    say(12 + 601, 'message 14');
    expect(seen.at(-1)?.message).toBe('message 14');
  });

  it('are dropped where a source says more than 25 things of an object, until five minutes have passed', () => {
    for (let i = 0; i < 40; i++) say(1, 'flood');
    expect(seen).toHaveLength(25);
    expect(events.dropped).toBe(15);
    say(300, 'flood');
    expect(seen).toHaveLength(25);
    say(301, 'flood');
    expect(seen).toHaveLength(26);
    // What was dropped was counted all the same.
    expect(seen.at(-1)?.count).toBe(42);
  });

  it('expire after an hour', () => {
    say(0, 'once');
    kernel.run({ until: seconds(3600) });
    expect(listed()).toHaveLength(1);
    kernel.run({ until: seconds(3601) });
    expect(listed()).toEqual([]);
  });
});
