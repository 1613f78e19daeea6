import { describe, expect, it } from 'vitest';
import { Bench } from '../../../test/support/scheduler-bench.ts';
import { DEFAULT_PROFILE } from '../../policies/scheduling/default-profile.ts';
import { DEFAULT_SETTINGS } from '../default-settings.ts';
import type { ExtenderAnswer, ExtenderCall, ExtenderOptions } from './extenders.ts';

const OPTIONS: ExtenderOptions = {
  urlPrefix: 'http://extender/',
  filterVerb: '',
  prioritizeVerb: '',
  preemptVerb: '',
  bindVerb: '',
  weight: 1,
  httpTimeoutSeconds: 5,
  nodeCacheCapable: true,
  managedResources: [],
  ignorable: false,
};

type Asked = {
  NodeNames: string[] | null;
  Nodes: { items: { metadata: { name: string } }[] } | null;
  NodeNameToMetaVictims: Record<string, { Pods: { UID: string }[] }> | null;
};

/** A scheduler with three nodes of 8 cores and one extender (or several), which answers by a function of what it is asked. */
function withExtender(
  options: Partial<ExtenderOptions> | readonly Partial<ExtenderOptions>[],
  answer: (asked: Asked, call: ExtenderCall) => unknown,
): Bench & { calls: ExtenderCall[] } {
  const calls: ExtenderCall[] = [];
  const list = Array.isArray(options) ? options : [options];
  const bench = new Bench(DEFAULT_SETTINGS, [DEFAULT_PROFILE], {
    options: (list as Partial<ExtenderOptions>[]).map((one) => ({ ...OPTIONS, ...one })),
    callMilliseconds: 2,
    call: (call): ExtenderAnswer => {
      calls.push(call);
      const answered = answer(JSON.parse(call.body) as Asked, call);
      const isRaw = typeof answered === 'object' && answered !== null && ('error' in answered || 'status' in answered);
      return isRaw ? (answered as ExtenderAnswer) : { status: 200, body: JSON.stringify(answered) };
    },
  });
  for (const name of ['a', 'b', 'c']) bench.node(name, '8');
  bench.scheduler.start();
  return Object.assign(bench, { calls });
}

function failures({ events }: Bench): string[] {
  return events.filter(({ reason }) => reason === 'FailedScheduling').map(({ message }) => message);
}

describe('an extender that filters', () => {
  it('is asked once the plugins have, and leaves what it leaves', () => {
    const bench = withExtender({ filterVerb: 'filter' }, ({ NodeNames }) => ({
      NodeNames: NodeNames?.filter((name) => name === 'b'),
      FailedNodes: { a: 'no', c: 'no' },
    }));
    bench.pod('p', '1');
    bench.run(1);
    expect(bench.nodeOf('p')).toBe('b');
    expect(bench.calls.map(({ url }) => url)).toEqual(['http://extender/filter']);
  });

  it('is sent whole nodes unless it knows them', () => {
    const bench = withExtender({ filterVerb: 'filter', nodeCacheCapable: false }, ({ Nodes, NodeNames }) => {
      expect(NodeNames).toBeNull();
      return { Nodes: { items: Nodes?.items.filter(({ metadata }) => metadata.name === 'c') } };
    });
    bench.pod('p', '1');
    bench.run(1);
    expect(bench.nodeOf('p')).toBe('c');
  });

  it('gives its reasons; any event brings the pod back', () => {
    let full = true;
    const bench = withExtender({ filterVerb: 'filter' }, ({ NodeNames }) =>
      full
        ? { NodeNames: [], FailedNodes: Object.fromEntries((NodeNames ?? []).map((name) => [name, 'full'])) }
        : { NodeNames },
    );
    bench.pod('p', '1');
    bench.run(5);
    expect(failures(bench)).toEqual([
      '0/3 nodes are available: 3 full. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
    ]);
    expect(bench.decisions[0]?.rejectingPlugins).toEqual(['Extender']);
    full = false;
    // No plugin waits for changes of StatefulSets, nor does one for a node that is cordoned.
    bench.server.handle({
      verb: 'patch',
      kind: 'Node',
      namespace: '',
      name: 'a',
      patch: { spec: { unschedulable: true } },
    });
    bench.run(6);
    expect(bench.nodeOf('p')).toMatch(/^[bc]$/);
  });

  it('may say that preemption does not help', () => {
    const bench = withExtender({ filterVerb: 'filter' }, ({ NodeNames }) => ({
      NodeNames: [],
      FailedAndUnresolvableNodes: Object.fromEntries((NodeNames ?? []).map((name) => [name, 'never'])),
    }));
    bench.pod('p', '1');
    bench.run(1);
    expect(failures(bench)[0]).toMatch(/3 never\..* 3 Preemption is not helpful for scheduling\.$/);
  });

  it('is asked about what those before it left', () => {
    const two = [
      { filterVerb: 'first', urlPrefix: 'http://one' },
      { filterVerb: 'second', urlPrefix: 'http://two' },
    ];
    const bench = withExtender(two, ({ NodeNames }, { url }) => ({
      NodeNames: NodeNames?.filter((name) => name !== (url.endsWith('first') ? 'a' : 'c')),
    }));
    bench.pod('p', '1');
    bench.run(1);
    expect(bench.nodeOf('p')).toBe('b');
    expect((JSON.parse(bench.calls[1]?.body ?? '') as Asked).NodeNames).toEqual(['b', 'c']);
  });

  it.each([
    ['an error of its own', { Error: 'out of order' }, 'out of order'],
    ['a status', { status: 503, body: '' }, 'failed filter with extender at URL http://extender/, code 503'],
    ['a refused connection', { error: 'connection refused' }, 'Post "http://extender/filter": connection refused'],
    [
      'a node that was not asked about',
      { NodeNames: ['z'] },
      'extender "http://extender/" claims a filtered node "z" which is not found in the input node list',
    ],
  ])('fails the attempt with %s', (_what, answer, message) => {
    const bench = withExtender({ filterVerb: 'filter' }, () => answer);
    bench.pod('p', '1');
    bench.run(0.5);
    expect(bench.decisions[0]).toMatchObject({ result: 'error', message, rejectingPlugins: [] });
  });

  it('is done without where it fails and is ignorable', () => {
    const bench = withExtender({ filterVerb: 'filter', ignorable: true }, () => ({ error: 'connection refused' }));
    bench.pod('p', '1');
    bench.run(0.5);
    expect(bench.nodeOf('p')).toBeDefined();
  });

  it('is asked only about pods that want what it manages', () => {
    const managedResources = ['example.com/gpu'];
    const bench = withExtender({ filterVerb: 'filter', managedResources }, ({ NodeNames }) => ({ NodeNames }));
    const capacity = { cpu: '8', memory: '64Gi', pods: '110', 'example.com/gpu': '1' };
    bench.node('gpu', '8', {
      status: { allocatable: capacity, capacity, conditions: [{ type: 'Ready', status: 'True' }] },
    });
    bench.pod('plain', '1');
    bench.run(1);
    expect(bench.calls).toHaveLength(0);
    const limits = { 'example.com/gpu': '1' };
    bench.pod('wants', '1', { containers: [{ name: 'c', image: 'x', resources: { limits, requests: limits } }] });
    bench.run(2);
    expect(bench.calls).toHaveLength(1);
    expect(bench.nodeOf('wants')).toBe('gpu');
  });
});

describe('the time of a call', () => {
  it('is part of the cycle: 2 ms where it is answered', () => {
    const bench = withExtender({ filterVerb: 'filter' }, ({ NodeNames }) => ({ NodeNames }));
    bench.pod('p', '1');
    bench.run(1);
    // 170 µs and 1.62 µs for each of three nodes.
    expect(bench.decisions[0]?.durationMicros).toBe(175 + 2000);
  });

  it('is the time limit where it is not, and the pods behind wait as long', () => {
    const bench = withExtender({ filterVerb: 'filter', ignorable: true, httpTimeoutSeconds: 3 }, () => ({
      error: 'context deadline exceeded',
      timedOut: true,
    }));
    bench.pod('p', '1');
    bench.pod('q', '1');
    bench.run(10);
    expect(bench.decisions.map(({ durationMicros }) => durationMicros)).toEqual([3_000_175, 3_000_175]);
    expect(bench.decisions[1]?.queueMicros).toBeGreaterThanOrEqual(3_000_000);
  });
});

describe('an extender that scores', () => {
  const scores = (of: Readonly<Record<string, number>>) => (): unknown =>
    Object.entries(of).map(([Host, Score]) => ({ Host, Score }));

  it('counts ten times its score, times its weight', () => {
    // All nodes are alike to the plugins, so that what one has more than another is 10 × weight × score.
    const bench = withExtender({ prioritizeVerb: 'prioritize', weight: 3 }, scores({ a: 1, b: 4, c: 0 }));
    bench.pod('p', '1');
    bench.run(1);
    expect(bench.nodeOf('p')).toBe('b');
    const plain = withExtender({}, () => ({}));
    plain.pod('p', '1');
    plain.run(1);
    expect((bench.decisions[0]?.score ?? 0) - (plain.decisions[0]?.score ?? 0)).toBe(10 * 3 * 4);
  });

  it('can be outweighed, and adds to those of others', () => {
    const two = [
      { prioritizeVerb: 'x', weight: 1, urlPrefix: 'http://one' },
      { prioritizeVerb: 'y', weight: 2, urlPrefix: 'http://two' },
    ];
    // a: 10 × (5 × 1 + 1 × 2) = 70; b: 10 × (0 + 4 × 2) = 80.
    const bench = withExtender(two, (_asked, { url }) =>
      scores(url.includes('one') ? { a: 5, b: 0 } : { a: 1, b: 4 })(),
    );
    bench.pod('p', '1');
    bench.run(1);
    expect(bench.nodeOf('p')).toBe('b');
  });

  it('adds nothing where it fails', () => {
    const bench = withExtender({ prioritizeVerb: 'prioritize', weight: 1 }, () => ({ status: 500, body: '' }));
    bench.pod('p', '1');
    bench.run(1);
    expect(bench.decisions[0]).toMatchObject({ result: 'scheduled' });
  });

  it('is not asked about a single node', () => {
    const bench = withExtender({ prioritizeVerb: 'prioritize', weight: 1 }, scores({ a: 1 }));
    bench.pod('p', '1', { nodeSelector: { nowhere: 'x' } });
    bench.node('only', '8', { metadata: { name: 'only', labels: { nowhere: 'x' } } });
    bench.run(3);
    expect(bench.nodeOf('p')).toBe('only');
    expect(bench.calls).toHaveLength(0);
  });
});

describe('an extender that binds', () => {
  it('is told which pod and where', () => {
    const bench = withExtender({ bindVerb: 'bind' }, () => ({}));
    bench.pod('p', '1');
    bench.run(1);
    const uid = bench.server.get('Pod', 'default', 'p')?.metadata.uid;
    expect(JSON.parse(bench.calls[0]?.body ?? '')).toEqual({
      PodName: 'p',
      PodNamespace: 'default',
      PodUID: uid,
      Node: bench.nodeOf('p'),
    });
  });

  it('fails the binding with its error, and the pod is tried again', () => {
    let times = 0;
    const bench = withExtender({ bindVerb: 'bind' }, () => (times++ === 0 ? { Error: 'not now' } : {}));
    bench.pod('p', '1');
    bench.run(5);
    expect(failures(bench)).toEqual(['not now']);
    expect(bench.nodeOf('p')).toBeDefined();
  });

  it('leaves it to the plugin where it fails and is ignorable', () => {
    const bench = withExtender({ bindVerb: 'bind', ignorable: true }, () => ({ Error: 'not now' }));
    bench.pod('p', '1');
    bench.run(1);
    expect(failures(bench)).toEqual([]);
    expect(bench.nodeOf('p')).toBeDefined();
  });
});

describe('an extender that has a say in preemption', () => {
  /** Each node is full with one pod of low priority; `p` is of a higher one. */
  function crowded(options: Partial<ExtenderOptions>, answer: (asked: Asked) => unknown): Bench {
    const bench = withExtender({ preemptVerb: 'preempt', ...options }, answer);
    for (const name of ['a', 'b', 'c']) {
      bench.pod(`low-${name}`, '8', { nodeName: name, terminationGracePeriodSeconds: 0 });
    }
    bench.run(1);
    bench.server.handle({
      verb: 'create',
      kind: 'PriorityClass',
      namespace: '',
      name: 'high',
      body: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 1000 },
    });
    bench.pod('p', '8', { priorityClassName: 'high' });
    return bench;
  }

  it('narrows the nodes', () => {
    const bench = crowded({}, ({ NodeNameToMetaVictims }) => {
      expect(Object.keys(NodeNameToMetaVictims ?? {}).sort()).toEqual(['a', 'b', 'c']);
      const { c } = NodeNameToMetaVictims ?? {};
      return { NodeNameToMetaVictims: { c } };
    });
    bench.run(3);
    expect(bench.server.get<never>('Pod', 'default', 'p')).toMatchObject({ status: { nominatedNodeName: 'c' } });
  });

  it('ends the attempt where it leaves a node without victims', () => {
    const bench = crowded({}, () => ({ NodeNameToMetaVictims: { a: { Pods: [] } } }));
    bench.run(3);
    expect(failures(bench)[0]).toMatch(/preemption: expected at least one victim pod on node "a"$/);
  });

  it('is done without such nodes where it is ignorable', () => {
    const bench = crowded({ ignorable: true }, ({ NodeNameToMetaVictims }) => ({
      NodeNameToMetaVictims: { a: { Pods: [] }, b: NodeNameToMetaVictims?.['b'] },
    }));
    bench.run(3);
    expect(bench.server.get<never>('Pod', 'default', 'p')).toMatchObject({ status: { nominatedNodeName: 'b' } });
  });
});

it('numbers calls that are alike, and goes on counting in a restored run', () => {
  const ordinals: number[] = [];
  const make = (): Bench & { calls: ExtenderCall[] } =>
    withExtender({ filterVerb: 'filter' }, (_asked, { ordinal }) => {
      ordinals.push(ordinal);
      return { error: 'connection refused' };
    });
  const bench = make();
  bench.pod('p', '1');
  // The condition that says why is only written after the first failure, so the pod that is sent changes once.
  bench.run(8);
  expect(ordinals).toEqual([0, 0, 1]);
  const branch = make();
  branch.restore(bench.save());
  branch.run(16);
  expect(ordinals).toEqual([0, 0, 1, 2]);
});
