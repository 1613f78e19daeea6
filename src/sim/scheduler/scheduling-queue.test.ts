import { describe, expect, it } from 'vitest';

import type { Pod } from '../api/core.ts';
import { SECOND } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
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

describe('what an event is worth', () => {
  const pending: Plugin = { name: 'Pending', events: [{ resource: 'Node', action: Action.add }] };

  it('is the back-off as well, to a plugin that was pending', () => {
    const q = queue(pending);
    q.add(pod('a'), 0);
    q.giveBack(q.pop() as QueuedPod, ['Pending'], 0, ['Pending']);
    q.happened(NODE_ADDED, 0);
    expect(q.lengths).toEqual({ active: 1, backoff: 0, unschedulable: 0 });
    // The same of a plugin that simply refused is a second of back-off.
    const plain = queue(pending);
    plain.add(pod('a'), 0);
    plain.giveBack(plain.pop() as QueuedPod, ['Pending'], 0);
    plain.happened(NODE_ADDED, 0);
    expect(plain.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
  });

  it('is the back-off only if the pending plugin says so, not another', () => {
    const q = queue(pending);
    q.add(pod('a'), 0);
    q.giveBack(q.pop() as QueuedPod, ['ByNode', 'Never'], 0, ['Never']);
    q.happened(NODE_ADDED, 0);
    expect(q.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
  });

  it('counts in flight, too: what a pending plugin waits for brings the pod back at once', () => {
    const q = queue(pending);
    q.add(pod('a'), 0);
    const popped = q.pop() as QueuedPod;
    q.happened(NODE_ADDED, 0);
    q.giveBack(popped, ['Pending'], 0, ['Pending']);
    expect(q.lengths.active).toBe(1);
  });

  it('goes to pods of at most a priority where it is about that', () => {
    const q = queue();
    for (const [name, priority] of [
      ['high', 10],
      ['low', 5],
    ] as const)
      rejected(q, pod(name, priority), 0);
    q.happened(NODE_ADDED, 20 * SECOND, 5);
    expect(q.pop()?.key).toBe('default/low');
    expect(q.lengths).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
  });

  it('is nothing where news of a pod on a node concern no plugin; its end is for all', () => {
    const news: Plugin = { name: 'News', events: [{ resource: 'AssignedPod', action: Action.all }] };
    const q = queue(news);
    rejected(q, pod('a'), 0, ['News']);
    const after = pod('other').pod;
    q.happened({ resource: 'AssignedPod', action: Action.add, after }, 20 * SECOND);
    q.happened({ resource: 'AssignedPod', action: Action.updatePodLabel, before: after, after }, 20 * SECOND);
    expect(q.lengths.unschedulable).toBe(1);
    q.happened({ resource: 'AssignedPod', action: Action.updatePodScaleDown, before: after, after }, 20 * SECOND);
    expect(q.lengths.active).toBe(1);
  });

  it('is offered where a plugin is concerned, be it the one that rejected or not', () => {
    const news: Plugin = {
      name: 'News',
      events: [{ resource: 'AssignedPod', action: Action.add }],
      concerns: (_pod, other, isRejected) => isRejected && other.metadata.namespace === 'default',
    };
    const q = queue(news);
    rejected(q, pod('a'), 0, ['News']);
    const elsewhere = { ...pod('other').pod, metadata: { ...pod('other').pod.metadata, namespace: 'elsewhere' } };
    q.happened({ resource: 'AssignedPod', action: Action.add, after: elsewhere }, 20 * SECOND);
    expect(q.lengths.unschedulable).toBe(1);
    q.happened({ resource: 'AssignedPod', action: Action.add, after: pod('other').pod }, 20 * SECOND);
    expect(q.lengths.active).toBe(1);
  });
});

describe('activating a pod', () => {
  it('takes it out of back-off, and out of the unschedulable ones', () => {
    const q = queue();
    rejected(q, pod('a'), 0);
    rejected(q, pod('b'), 0, []);
    q.activate('default/a');
    q.activate('default/b');
    expect(q.lengths).toEqual({ active: 2, backoff: 0, unschedulable: 0 });
  });

  it('that is in flight brings it back when it comes, after its back-off', () => {
    const q = queue();
    q.add(pod('a'), 0);
    q.add(pod('b'), 0);
    const [a, b] = [q.pop() as QueuedPod, q.pop() as QueuedPod];
    q.activate('default/a');
    for (const one of [a, b]) q.giveBack(one, ['Never'], 0);
    expect(q.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 1 });
  });

  it('that is not known does nothing', () => {
    const q = queue();
    q.activate('default/none');
    expect(q.lengths).toEqual({ active: 0, backoff: 0, unschedulable: 0 });
  });
});

describe('a pod that was gated', () => {
  it('stands where it came, before pods that came after it', () => {
    let open = false;
    const gate: Plugin = {
      name: 'Gate',
      preEnqueue: (info) => (open || info.key !== 'default/gated' ? undefined : unschedulable('not yet')),
      events: [{ resource: 'UnscheduledPod', action: Action.updatePodLabel }],
    };
    const q = queue(gate);
    q.add(pod('gated'), SECOND);
    q.add(pod('later'), 2 * SECOND);
    open = true;
    q.update(pod('gated'), { resource: 'UnscheduledPod', action: Action.updatePodLabel }, 5 * SECOND);
    expect(q.pop()?.key).toBe('default/gated');
  });
});
