import { describe, expect, it } from 'vitest';
import { Bench } from '../../../test/support/scheduler-bench.ts';
import type { Pod } from '../api/core.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';

/** Priority classes by their value: `p100`, `p200`, … */
function bench(settings = DEFAULT_SETTINGS): Bench {
  const made = new Bench(settings);
  for (const value of [100, 200, 300]) {
    const name = `p${value}`;
    const body = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value };
    made.server.handle({ verb: 'create', kind: 'PriorityClass', namespace: '', name, body });
  }
  made.scheduler.start();
  return made;
}

const of = (value: number, more: object = {}): object => ({ priorityClassName: `p${value}`, ...more });

function stored(made: Bench, name: string): Pod | undefined {
  return made.server.get<Pod>('Pod', 'default', name);
}

/** When the pods' deletions were asked for, in the order of the requests, as the server saw them. */
function deletions(made: Bench): string[] {
  const names: string[] = [];
  made.server.observe(({ kind, type, object, previous }) => {
    const { deletionTimestamp, name } = object.metadata;
    if (kind !== 'Pod' || type !== 'MODIFIED') return;
    if (deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined) names.push(name);
  });
  return names;
}

/** To the millisecond at which the pod's deletion is asked for. */
function untilDeleted(made: Bench, name: string): void {
  for (let millis = 1000; stored(made, name)?.metadata.deletionTimestamp === undefined && millis < 2000; millis++) {
    made.kernel.run({ until: millis * 1000 });
  }
}

/** The victim's kubelet: the pod is gone. */
function gone(made: Bench, name: string): void {
  made.delete('Pod', name);
}

describe('a preemption', () => {
  it('removes all victims but the least important side by side, and that one last', () => {
    const made = bench();
    made.node('n', '4');
    for (const name of ['a', 'b', 'c', 'd']) made.pod(name, '1', { nodeName: 'n', terminationGracePeriodSeconds: 30 });
    made.run(1);
    const order = deletions(made);
    made.pod('big', '4', of(100));
    made.run(2);
    // All alike: importance goes by start, then as they stand. The last of the four is the last to go.
    expect(new Set(order.slice(0, 3))).toEqual(new Set(['a', 'b', 'c']));
    expect(order[3]).toBe('d');
    expect(stored(made, 'a')?.status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    });
    expect(stored(made, 'big')?.status.nominatedNodeName).toBe('n');
  });

  it('tells the victims by whom and where', () => {
    const made = bench();
    made.node('n', '4');
    made.pod('a', '4', { nodeName: 'n' });
    made.run(1);
    made.pod('big', '4', of(100));
    made.run(2);
    const uid = stored(made, 'big')?.metadata.uid ?? '';
    expect(
      made.events.filter(({ reason }) => reason === 'Preempted').map(({ name, message }) => [name, message]),
    ).toEqual([['a', `Preempted by pod ${uid} on node n`]]);
  });

  it('keeps the preemptor out of the queue until the last victim is asked to go', () => {
    // Half a second a request: condition and deletion of a until 2 s, those of b, the last victim, until 3 s.
    const apiServer = {
      ...DEFAULT_SETTINGS.apiServer,
      writeLatency: { medianMilliseconds: 500, p99Milliseconds: 500 },
    };
    const made = bench({ ...DEFAULT_SETTINGS, apiServer });
    made.node('n', '4');
    for (const name of ['a', 'b']) made.pod(name, '2', { nodeName: 'n', terminationGracePeriodSeconds: 30 });
    for (const name of ['x', 'y']) made.pod(name, '0', { nodeName: 'n' });
    made.run(1);
    made.pod('big', '4', of(100));
    made.run(1.5);
    expect(made.decisions).toHaveLength(1);
    // A pod that is gone brings others back; this one not, while its preemption is under way.
    gone(made, 'x');
    made.run(1.9);
    expect(made.decisions).toHaveLength(1);
    expect(made.scheduler.queueLengths).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
    made.run(2.5);
    gone(made, 'y');
    made.run(2.6);
    expect(made.decisions[1]?.message).toMatch(
      /preemption: not eligible due to a terminating pod on the nominated node\.$/,
    );
    made.run(4);
    for (const name of ['a', 'b']) gone(made, name);
    made.run(10);
    expect(made.decisions.at(-1)).toMatchObject({ pod: 'default/big', result: 'scheduled', node: 'n' });
  });

  it('does not begin another one while a victim is terminating on the nominated node', () => {
    const made = bench();
    made.node('n', '4');
    made.node('m', '4');
    for (const name of ['n', 'm']) made.pod(`low-${name}`, '4', { nodeName: name, terminationGracePeriodSeconds: 30 });
    made.run(1);
    made.pod('big', '4', of(100));
    made.run(2);
    const nominated = stored(made, 'big')?.status.nominatedNodeName;
    // An event that fits the rejection brings it back, and it finds its victim still there.
    made.pod('other', '0', { nodeName: 'm' });
    made.run(3);
    gone(made, 'other');
    made.run(5);
    expect(made.decisions[1]?.message).toMatch(
      /preemption: not eligible due to a terminating pod on the nominated node\.$/,
    );
    expect(made.events.filter(({ reason }) => reason === 'Preempted')).toHaveLength(1);
    expect(stored(made, 'big')?.status.nominatedNodeName).toBe(nominated);
  });

  it('goes on where it was after a run was saved', () => {
    const make = (): Bench => {
      const made = bench();
      made.node('n', '4');
      for (const name of ['a', 'b', 'c', 'd']) made.pod(name, '1', { nodeName: 'n', terminationGracePeriodSeconds: 5 });
      return made;
    };
    const [whole, branch] = [make(), make()];
    whole.run(1);
    whole.pod('big', '4', of(100));
    untilDeleted(whole, 'a');
    branch.restore(whole.save());
    for (const made of [whole, branch]) {
      made.run(2);
      for (const name of ['a', 'b', 'c', 'd']) gone(made, name);
      made.run(5);
    }
    expect(branch.nodeOf('big')).toBe('n');
    expect(branch.server.hash).toBe(whole.server.hash);
  });
});

describe('a nominated pod', () => {
  /** A node that is being emptied for `big`, of priority 200. */
  function waiting(): Bench {
    const made = bench();
    made.node('n', '4');
    made.pod('victim', '4', { nodeName: 'n', terminationGracePeriodSeconds: 30 });
    made.run(1);
    made.pod('big', '4', of(200));
    made.run(2);
    expect(stored(made, 'big')?.status.nominatedNodeName).toBe('n');
    return made;
  }

  it('keeps its room from pods of no higher priority', () => {
    const made = waiting();
    // big waits for its back-off, 1 s after its rejection to the end of that second; equals find no room meanwhile.
    gone(made, 'victim');
    made.pod('equal', '1', of(200));
    made.pod('lower', '1', of(100));
    made.run(10);
    expect([made.nodeOf('big'), made.nodeOf('equal'), made.nodeOf('lower')]).toEqual(['n', undefined, undefined]);
  });

  it('does not keep it from a higher one, which takes its node and its nomination', () => {
    const made = waiting();
    made.pod('higher', '4', of(300));
    made.run(3);
    // Its victim is on its way already, so that nobody has to be told anything.
    expect(stored(made, 'higher')?.status.nominatedNodeName).toBe('n');
    expect(made.events.filter(({ reason }) => reason === 'Preempted')).toHaveLength(1);
    gone(made, 'victim');
    made.run(10);
    expect([made.nodeOf('higher'), made.nodeOf('big')]).toEqual(['n', undefined]);
  });

  it('of a lower priority loses its nomination to a preemptor that removes pods there', () => {
    const made = bench();
    made.node('n', '4');
    for (const name of ['a', 'b']) made.pod(name, '2', { nodeName: 'n', terminationGracePeriodSeconds: 30 });
    made.run(1);
    made.pod('mid', '2', of(100));
    made.run(2);
    expect(stored(made, 'mid')?.status.nominatedNodeName).toBe('n');
    made.pod('high', '4', of(300));
    made.run(3);
    expect(stored(made, 'high')?.status.nominatedNodeName).toBe('n');
    expect(stored(made, 'mid')?.status.nominatedNodeName).toBeUndefined();
  });

  it('that is deleted makes room for pods of its priority and below, at once', () => {
    const made = waiting();
    made.pod('lower', '1', of(100));
    gone(made, 'victim');
    made.run(10);
    expect(made.nodeOf('big')).toBe('n');
    gone(made, 'big');
    made.run(12);
    expect(made.nodeOf('lower')).toBe('n');
  });

  it('takes its node without a look at others once that is free', () => {
    const made = waiting();
    made.node('m', '64');
    gone(made, 'victim');
    made.run(10);
    const last = made.decisions.at(-1);
    expect(last).toMatchObject({
      pod: 'default/big',
      result: 'scheduled',
      node: 'n',
      evaluatedNodes: 1,
      feasibleNodes: 1,
    });
  });

  it('looks at all nodes where its own does not fit any more', () => {
    const made = waiting();
    made.node('m', '64');
    // Nothing tells the scheduler of more room on n: the new node wakes the pod.
    made.run(10);
    expect(made.nodeOf('big')).toBe('m');
  });

  it('is no longer nominated after an attempt that ends with an error', () => {
    const made = waiting();
    made.server.handle({ verb: 'delete', kind: 'Node', namespace: '', name: 'n' });
    // Nothing wakes it but the time limit: 5 minutes after its rejection, at the next half minute.
    made.run(340);
    // No nodes: the attempt ends before PostFilter, which clears a nomination.
    expect(stored(made, 'big')?.status.nominatedNodeName).toBeUndefined();
  });
});
