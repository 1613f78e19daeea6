import { describe, expect, it } from 'vitest';

import type { Pod } from '../api/core.ts';
import { SECOND } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { Action } from './cluster-event.ts';
import type { ClusterEvent } from './cluster-event.ts';
import type { Plugin } from './framework.ts';
import { PodClasses } from './pod-class.ts';
import type { PodInfo } from './pod-class.ts';
import type { QueuedPod } from './queued-pod.ts';
import { ResourceNames } from './resource-names.ts';
import { SchedulingQueue } from './scheduling-queue.ts';
import { unschedulable } from './status.ts';

const classes = new PodClasses(new ResourceNames());

function pod(name: string, priority = 0): PodInfo {
  const object: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { containers: [{ name: 'c' }], priority },
    status: { phase: 'Pending' },
  };
  return classes.info(object);
}

const NODE_ADDED: ClusterEvent = { resource: 'Node', action: Action.add };
const POD_DELETED: ClusterEvent = { resource: 'AssignedPod', action: Action.delete };

const byNode: Plugin = { name: 'ByNode', events: [{ resource: 'Node', action: Action.add }] };
const never: Plugin = { name: 'Never', events: [{ resource: 'Node', action: Action.add, hint: () => false }] };

function queue(...plugins: Plugin[]): SchedulingQueue {
  return new SchedulingQueue(
    DEFAULT_SETTINGS.scheduler,
    new Map([['default-scheduler', [byNode, never, ...plugins]]]),
    classes,
  );
}

/** Adds a pod and has plugins reject it at a time. */
function rejected(q: SchedulingQueue, info: PodInfo, at: number, by: readonly string[] = ['ByNode']): QueuedPod {
  if (!q.has(info.key)) q.add(info, 0);
  const popped = q.pop() as QueuedPod;
  expect(popped.key).toBe(info.key);
  q.giveBack(popped, by, at);
  return popped;
}

describe('the scheduling queue', () => {
  it('gives pods by priority, then by the time they came, then by arrival', () => {
    const q = queue();
    q.add(pod('late'), 2 * SECOND);
    q.add(pod('early'), SECOND);
    q.add(pod('early-too'), SECOND);
    q.add(pod('urgent', 10), 3 * SECOND);
    expect([q.pop(), q.pop(), q.pop(), q.pop()].map((popped) => popped?.key)).toEqual([
      'default/urgent',
      'default/early',
      'default/early-too',
      'default/late',
    ]);
  });

  it('leaves a rejected pod alone until an event its plugins wait for', () => {
    const q = queue();
    rejected(q, pod('a'), 0);
    q.happened(POD_DELETED, 20 * SECOND);
    expect(q.lengths).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
    q.happened(NODE_ADDED, 20 * SECOND);
    expect(q.lengths).toEqual({ active: 1, backoff: 0, unschedulable: 0 });
  });

  it('leaves it alone where the hint says that the event does not help', () => {
    const q = queue();
    rejected(q, pod('a'), 0, ['Never']);
    q.happened(NODE_ADDED, 20 * SECOND);
    expect(q.lengths.unschedulable).toBe(1);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 10],
    [6, 10],
  ])('after rejection %i backs off %i s, to the end of the one-second window', (rejections, backoff) => {
    const q = queue();
    const info = pod('a');
    for (let i = 1; i < rejections; i++) {
      rejected(q, info, 0);
      q.happened(NODE_ADDED, 1000 * SECOND);
    }
    rejected(q, info, 0.4 * SECOND);
    q.happened(NODE_ADDED, 0.5 * SECOND);
    expect(q.lengths.backoff).toBe(1);
    // It came back at 0.4 s: the expiry is cut to a whole second, and that second has to be over.
    expect(q.nextBackoffFlush).toBe((backoff + 1) * SECOND);
    q.flushBackoff((backoff + 1) * SECOND - 1);
    expect(q.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    q.flushBackoff((backoff + 1) * SECOND);
    expect(q.lengths).toEqual({ active: 1, backoff: 0, unschedulable: 0 });
  });

  it('cuts a back-off short where nothing else waits, but not that after an error', () => {
    const q = queue();
    rejected(q, pod('a'), 0);
    q.happened(NODE_ADDED, 0);
    expect(q.ready).toBe(true);
    expect(q.pop()?.key).toBe('default/a');
    const other = queue();
    rejected(other, pod('b'), 0, []);
    expect(other.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    expect(other.ready).toBe(false);
    expect(other.pop()).toBeUndefined();
  });

  it('remembers what happened while a pod was in flight', () => {
    const q = queue();
    q.add(pod('a'), 0);
    const popped = q.pop() as QueuedPod;
    q.happened(NODE_ADDED, 0);
    q.giveBack(popped, ['ByNode'], 0);
    expect(q.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    // An event from before its attempt does not count.
    const again = queue();
    again.happened(NODE_ADDED, 0);
    rejected(again, pod('b'), 0);
    expect(again.lengths.unschedulable).toBe(1);
  });

  it('counts back-off by errors in a row while there are any, else by rejections', () => {
    const q = queue();
    const info = pod('a');
    for (let i = 0; i < 3; i++) {
      rejected(q, info, 0);
      q.happened(NODE_ADDED, 1000 * SECOND);
    }
    rejected(q, info, 0, []);
    expect(q.nextBackoffFlush).toBe(2 * SECOND);
  });

  it('tries what stayed longer than five minutes again, on a grid of 30 s', () => {
    const q = queue();
    rejected(q, pod('a'), 10 * SECOND);
    expect(q.nextLeftoverFlush).toBe(330 * SECOND);
    q.flushLeftover(310 * SECOND);
    expect(q.lengths.unschedulable).toBe(1);
    q.flushLeftover(330 * SECOND);
    expect(q.lengths).toEqual({ active: 1, backoff: 0, unschedulable: 0 });
    // Exactly five minutes on the grid is not longer.
    const other = queue();
    rejected(other, pod('b'), 30 * SECOND);
    expect(other.nextLeftoverFlush).toBe(360 * SECOND);
  });

  it('keeps a gated pod out, whatever happens, until its gate lets it in', () => {
    let open = false;
    const gate: Plugin = {
      name: 'Gate',
      preEnqueue: () => (open ? undefined : unschedulable('not yet')),
      events: [{ resource: 'UnscheduledPod', action: Action.updatePodLabel }],
    };
    const q = queue(gate);
    q.add(pod('a'), 0);
    q.happened(NODE_ADDED, 0);
    q.flushLeftover(3600 * SECOND);
    expect(q.ready).toBe(false);
    open = true;
    q.update(pod('a'), { resource: 'UnscheduledPod', action: Action.updatePodLabel }, 5 * SECOND);
    expect(q.pop()?.key).toBe('default/a');
  });

  it('is the same after it was written out and restored', () => {
    const q = queue();
    rejected(q, pod('rejected'), 0);
    rejected(q, pod('failed'), 0, []);
    q.add(pod('waiting'), SECOND);
    q.add(pod('flying', 5), SECOND);
    q.pop();
    q.happened(POD_DELETED, SECOND);
    const copy = queue();
    copy.restore(structuredClone(q.save()));
    expect(copy.lengths).toEqual(q.lengths);
    expect(copy.save()).toEqual(q.save());
    expect(copy.inFlight('default/flying')?.attempts).toBe(1);
    expect(copy.pop()?.key).toBe('default/waiting');
  });
});
