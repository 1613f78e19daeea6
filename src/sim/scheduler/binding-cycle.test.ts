import { describe, expect, it } from 'vitest';
import { Bench } from '../../../test/support/scheduler-bench.ts';
import { DEFAULT_PROFILE } from '../../policies/scheduling/default-profile.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import type { Plugin, PluginHandle } from './framework.ts';
import { unschedulable } from './status.ts';

/** A cluster whose scheduler has one plugin more, with a node that has room for everything. */
function withPlugin(make: (handle: PluginHandle) => Omit<Plugin, 'name'>): Bench {
  const create = (handle: PluginHandle): Plugin => ({ name: 'Extra', repeatable: true, ...make(handle) });
  const plugins = [...DEFAULT_PROFILE.plugins, { create, weight: 0 }];
  const bench = new Bench(DEFAULT_SETTINGS, [{ ...DEFAULT_PROFILE, plugins }]);
  bench.node('n', '64');
  bench.scheduler.start();
  return bench;
}

function failures(bench: Bench): string[] {
  return bench.events.filter(({ reason }) => reason === 'FailedScheduling').map(({ message }) => message);
}

describe('a binding cycle', () => {
  it('goes through Reserve, Permit and PreBind, once each where nothing waits', () => {
    const calls: string[] = [];
    const point = (name: string) => (): undefined => void calls.push(name);
    const bench = withPlugin(() => ({ reserve: point('reserve'), permit: point('permit'), preBind: point('preBind') }));
    bench.pod('a', '1');
    bench.run(1);
    expect(calls).toEqual(['reserve', 'permit', 'preBind']);
    expect(bench.nodeOf('a')).toBe('n');
  });

  it.each([
    ['reserve', 'Reserve'],
    ['permit', 'Permit'],
    ['preBind', 'PreBind'],
  ] as const)('gives back what was reserved where %s does not agree, and tries again', (point, name) => {
    const calls: string[] = [];
    let times = 0;
    const bench = withPlugin(() => ({
      reserve: () => void calls.push('reserve'),
      unreserve: () => void calls.push('unreserve'),
      [point]: () => {
        calls.push(point);
        return times++ === 0 ? { code: 'Error', reasons: ['not now'] } : undefined;
      },
    }));
    bench.pod('a', '1');
    bench.run(5);
    expect(failures(bench)).toEqual([`running ${name} plugin "Extra": not now`]);
    const once = point === 'reserve' ? ['reserve'] : ['reserve', point];
    expect(calls).toEqual([...once, 'unreserve', ...once]);
    expect(bench.nodeOf('a')).toBe('n');
  });

  it('makes a refusal of Reserve a refusal of the one node, by the plugin', () => {
    const bench = withPlugin(() => ({ reserve: () => unschedulable('taken meanwhile') }));
    bench.pod('a', '1');
    bench.run(3);
    expect(failures(bench)).toEqual(['0/1 nodes are available: 1 taken meanwhile.']);
    expect(bench.decisions[0]).toMatchObject({ result: 'unschedulable', rejectingPlugins: ['Extra'] });
  });
});

describe('Permit', () => {
  /** A gang: pods wait for each other until there are three. */
  const gang = ({ waitingPods }: PluginHandle): Omit<Plugin, 'name'> => ({
    permit() {
      const others = waitingPods.list();
      if (others.length < 2) return { code: 'Wait', timeoutSeconds: 60 };
      for (const { pod } of others) waitingPods.allow(pod.key, 'Extra');
      return undefined;
    },
  });

  it('keeps pods on their nodes until the plugin lets them go', () => {
    const bench = withPlugin(gang);
    bench.pod('a', '30');
    bench.pod('b', '30');
    bench.pod('big', '30');
    bench.run(10);
    // Two wait and hold 60 of 64 cores, so that the third has no room.
    expect([bench.nodeOf('a'), bench.nodeOf('b')]).toEqual([undefined, undefined]);
    expect(failures(bench)[0]).toMatch(/^0\/1 nodes are available: 1 Insufficient cpu/);
    bench.pod('c', '1');
    bench.run(11);
    expect([bench.nodeOf('a'), bench.nodeOf('b'), bench.nodeOf('c')]).toEqual(['n', 'n', 'n']);
  });

  it('gives up after its time limit; the pod waits for something to change', () => {
    const bench = withPlugin(gang);
    bench.pod('a', '1');
    bench.run(59.9);
    expect(failures(bench)).toEqual([]);
    bench.run(61);
    const reason = 'rejected due to timeout after waiting 1m0s at plugin Extra';
    expect(failures(bench)).toEqual([`0/1 nodes are available: 1 ${reason}.`]);
  });

  it('waits no longer than 15 minutes', () => {
    const bench = withPlugin(() => ({ permit: () => ({ code: 'Wait', timeoutSeconds: 10_000 }) }));
    bench.pod('a', '1');
    bench.run(899);
    expect(failures(bench)).toEqual([]);
    bench.run(901);
    expect(failures(bench)).toHaveLength(1);
  });

  it('may turn a waiting pod away', () => {
    const bench = withPlugin(({ waitingPods }) => ({
      permit(_cycle, { key }) {
        if (key === 'default/a') return { code: 'Wait', timeoutSeconds: 60 };
        waitingPods.reject('default/a', 'Extra', 'b is better');
        return undefined;
      },
    }));
    bench.pod('a', '1');
    bench.run(1);
    bench.pod('b', '1');
    bench.run(2);
    expect(failures(bench)).toEqual(['0/1 nodes are available: 1 b is better.']);
    expect(bench.nodeOf('b')).toBe('n');
  });

  it('forgets a waiting pod that is deleted, and its room on the node', () => {
    const calls: string[] = [];
    const bench = withPlugin(() => ({
      permit: (_cycle, { key }) => (key === 'default/a' ? { code: 'Wait', timeoutSeconds: 60 } : undefined),
      unreserve: (_cycle, { key }) => void calls.push(key),
    }));
    bench.pod('a', '60');
    bench.run(1);
    bench.delete('Pod', 'a');
    bench.pod('b', '60');
    bench.run(5);
    expect(calls).toEqual(['default/a']);
    expect(bench.nodeOf('b')).toBe('n');
  });
});

describe('PreBind', () => {
  const label = (name: string): object => ({ metadata: { labels: { asked: name } } });

  /** Marks the pod, and waits until it has been asked so many times. */
  const marking = (times: number) => (): Omit<Plugin, 'name'> => ({
    preBind({ bindingState }, { pod }) {
      const asked = ((bindingState.get('Extra') as number | undefined) ?? 0) + 1;
      bindingState.set('Extra', asked);
      if (asked > times) return undefined;
      const { namespace = '', name } = pod.metadata;
      const requests = [{ verb: 'patch', kind: 'Pod', namespace, name, patch: label(name) } as const];
      const more = asked === 1 ? { requests } : {};
      return { code: 'Wait', timeoutSeconds: 600, doing: 'marking', ...more };
    },
  });

  it('is asked again each second until it agrees', () => {
    const bench = withPlugin(marking(5));
    bench.pod('a', '1');
    bench.run(4.9);
    expect(bench.server.get('Pod', 'default', 'a')?.metadata.labels).toMatchObject({ asked: 'a' });
    expect(bench.nodeOf('a')).toBeUndefined();
    bench.run(5.2);
    expect(bench.nodeOf('a')).toBe('n');
  });

  it('gives up after its time limit', () => {
    const bench = withPlugin(marking(10_000));
    bench.pod('a', '1');
    bench.run(599);
    expect(failures(bench)).toEqual([]);
    bench.run(601);
    expect(failures(bench)).toEqual(['running PreBind plugin "Extra": marking: context deadline exceeded']);
  });

  it('fails where a request of its own is refused', () => {
    const request = { verb: 'patch', kind: 'Node', namespace: '', name: 'none', patch: {} } as const;
    const bench = withPlugin(() => ({
      preBind: () => ({ code: 'Wait', timeoutSeconds: 600, requests: [request] }),
    }));
    bench.pod('a', '1');
    bench.run(0.9);
    expect(failures(bench)).toEqual(['running PreBind plugin "Extra": nodes "none" not found']);
  });

  it('goes on where it was after a run was saved', () => {
    const whole = withPlugin(marking(5));
    const branch = withPlugin(marking(5));
    whole.pod('a', '1');
    whole.run(2.5);
    branch.restore(whole.save());
    for (const bench of [whole, branch]) bench.run(8);
    expect([whole.nodeOf('a'), branch.nodeOf('a')]).toEqual(['n', 'n']);
    expect(branch.server.hash).toBe(whole.server.hash);
  });
});
