import { describe, expect, it } from 'vitest';
import { millis, SECOND } from '../../kernel/time.ts';
import { lendSeats } from './borrowing.ts';
import { FlowConfiguration } from './configuration.ts';
import type { FlowSchemaObject, PriorityLevelObject } from './configuration.ts';
import { LevelSeats } from './level-seats.ts';
import { DEFAULT_LEVELS, nominalSeats } from './levels.ts';
import type { PriorityLevel } from './levels.ts';
import { subjectOf } from './requesters.ts';
import type { Attributes } from './requesters.ts';
import { flowOf } from './schemas.ts';
import { dealt, Seats } from './seats.ts';
import { listSeats, mostSeats, watchersTold } from './width.ts';

const defaults = new FlowConfiguration();
const creating = (kind: string, namespace: string): Attributes => ({
  verb: kind === 'Lease' ? 'update' : 'create',
  apiGroup: kind === 'Lease' ? 'coordination.k8s.io' : '',
  resource: `${kind.toLowerCase()}s`,
  namespace,
});

const levelOf = (name: string): PriorityLevel => DEFAULT_LEVELS.find((level) => level.name === name) as PriorityLevel;

describe('the default configuration', () => {
  it('deals 600 seats by shares, each rounded up', () => {
    const nominal = nominalSeats(DEFAULT_LEVELS, 600);
    expect(Object.fromEntries(DEFAULT_LEVELS.map(({ name }, index) => [name, nominal[index]]))).toEqual({
      exempt: 0,
      system: 74,
      'node-high': 98,
      'leader-election': 25,
      'workload-high': 98,
      'workload-low': 245,
      'global-default': 49,
      'catch-all': 13,
    });
  });

  it.each([
    ['kubelet/n-1', 'Node', '', 'system-node-high', 'node-high'],
    ['kubelet/n-1', 'Lease', 'kube-node-lease', 'system-node-high', 'node-high'],
    ['kubelet/n-1', 'Pod', 'default', 'system-nodes', 'system'],
    ['scheduler', 'Pod', 'default', 'kube-scheduler', 'workload-high'],
    ['scheduler', 'Lease', 'kube-system', 'system-leader-election', 'leader-election'],
    ['replicaset-controller', 'Pod', 'default', 'kube-system-service-accounts', 'workload-high'],
    ['load/tenant/3', 'Pod', '', 'service-accounts', 'workload-low'],
    ['load/admin/0', 'Pod', '', 'exempt', 'exempt'],
    ['users', 'Deployment', 'default', 'global-default', 'global-default'],
  ])('%s writing a %s in "%s" is of schema %s, level %s', (client, kind, namespace, schema, level) => {
    const loads = new Map([
      ['tenant', { groups: ['system:serviceaccounts'] }],
      ['admin', { groups: ['system:masters'] }],
    ]);
    const found = defaults.schemaOf(subjectOf(client, loads), creating(kind, namespace));
    expect([found.name, found.level]).toEqual([schema, level]);
  });

  it('tells flows apart by user or by namespace', () => {
    const of = (client: string, namespace: string): string => {
      const subject = subjectOf(client, new Map());
      const request = creating('Pod', namespace);
      return flowOf(defaults.schemaOf(subject, request), subject, request);
    };
    expect(of('scheduler', 'a')).not.toBe(of('scheduler', 'b'));
    expect(of('users', 'a')).toBe(of('users', 'b'));
    expect(of('kubelet/n-1', 'a')).not.toBe(of('kubelet/n-2', 'a'));
  });
});

describe('seats', () => {
  const level: PriorityLevel = {
    name: 'test',
    nominalConcurrencyShares: 1,
    lendablePercent: 0,
    queuing: { queues: 16, handSize: 2, queueLengthLimit: 5 },
    exempt: false,
  };
  const claim = (flow: string, load: number, seats = 1) => ({ flow, seats, arrived: 0, load });

  it('are given at once, then queued for, then refused', () => {
    const seats = new Seats<number>(level, 2);
    const arrivals = Array.from({ length: 20 }, (_, i) => seats.arrive(claim('one', i), 0));
    expect(arrivals.filter((arrival) => 'waits' in arrival && !arrival.waits)).toHaveLength(2);
    // One flow has a hand of two queues of five.
    expect(arrivals.filter((arrival) => 'waits' in arrival && arrival.waits)).toHaveLength(10);
    expect(arrivals.filter((arrival) => 'rejected' in arrival)).toHaveLength(8);
    expect(new Seats<number>({ ...level, queuing: undefined }, 0).arrive(claim('one', 1, 2), 0)).toMatchObject({
      waits: false,
    });
  });

  it('a level without queues rejects at its limit', () => {
    const seats = new Seats<number>({ ...level, queuing: undefined }, 1);
    seats.arrive(claim('one', 0), 0);
    expect(seats.arrive(claim('one', 1), 0)).toEqual({ rejected: 'concurrency-limit' });
  });

  it('a small flow is served beside a flood as if it had its own share', () => {
    const seats = new Seats<number>(level, 1);
    let now = 0;
    seats.arrive(claim('flood', -1), now);
    for (let i = 0; i < 9; i++) seats.arrive(claim('flood', i), now);
    now = millis(1);
    expect(seats.arrive(claim('mouse', 100), now)).toMatchObject({ waits: true });
    const order: number[] = [];
    for (let turn = 0; turn < 10; turn++) {
      now += millis(10);
      seats.release(turn === 0 ? (dealt('flood', 16, 2)[0] as number) : lastQueue, 1, millis(10), now);
      const next = seats.dispatch(now);
      if (next === undefined) break;
      lastQueue = next.queue;
      order.push(next.claim.load);
    }
    expect(order.indexOf(100)).toBeLessThan(4);
    expect(order).toHaveLength(10);
  });
  let lastQueue = 0;

  it('hands of queues hold no queue twice and differ from flow to flow', () => {
    const hands = Array.from({ length: 200 }, (_, i) => dealt(`flow-${i}`, 128, 6));
    for (const hand of hands) {
      expect(new Set(hand).size).toBe(6);
      expect(Math.min(...hand)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...hand)).toBeLessThan(128);
    }
    expect(new Set(hands.map(String)).size).toBe(200);
  });

  it('are lent by levels that do not use them, never below what they keep', () => {
    const nominal = nominalSeats(DEFAULT_LEVELS, 600);
    const levels = DEFAULT_LEVELS.map((one, index) => new Seats<number>(one, nominal[index] as number));
    const demands = DEFAULT_LEVELS.map(() => ({ smoothed: 0 }));
    const busy = levels[DEFAULT_LEVELS.indexOf(levelOf('workload-high'))] as Seats<number>;
    for (let i = 0; i < 300; i++) busy.arrive({ flow: `f${i}`, seats: 1, arrived: 0, load: i }, SECOND);
    lendSeats(levels, demands);
    const limits = Object.fromEntries(levels.map(({ level: { name }, limit }) => [name, limit]));
    expect(limits['workload-high']).toBeGreaterThan(200);
    // 90 % of workload-low's 245 seats may be lent, none of leader-election's.
    expect(limits['workload-low']).toBeGreaterThanOrEqual(24);
    expect(limits['leader-election']).toBeGreaterThanOrEqual(25);
    const total = levels.reduce((sum, { level: { exempt }, limit }) => sum + (exempt ? 0 : limit), 0);
    expect(Math.abs(total - 602)).toBeLessThanOrEqual(4);
  });
});

/** A level of a user's own, and what belongs to it. */
function level(name: string, limited: PriorityLevelObject['spec']['limited']): PriorityLevelObject {
  return { metadata: { name }, spec: { type: 'Limited', limited } } as unknown as PriorityLevelObject;
}

function schema(name: string, spec: Partial<FlowSchemaObject['spec']>): FlowSchemaObject {
  const priorityLevelConfiguration = { name: 'own' };
  return { metadata: { name }, spec: { priorityLevelConfiguration, ...spec } } as unknown as FlowSchemaObject;
}

describe("users' own levels and schemas", () => {
  const own = level('own', { nominalConcurrencyShares: 55, limitResponse: { type: 'Reject' } });
  const rule = { verbs: ['list'], apiGroups: [''], resources: ['pods'], namespaces: ['*'], clusterScope: true };
  const crawler = { user: 'system:serviceaccount:tenant:crawler', groups: ['system:serviceaccounts'] };
  const lists = { verb: 'list', apiGroup: '', resource: 'pods', namespace: '' };

  it('take their part of the seats: 55 of 300 shares are 110 of 600, and the others have less', () => {
    const seats = new LevelSeats(1, 600, new FlowConfiguration([own]));
    const nominal = Object.fromEntries(seats.figures.map(({ name, nominal: some }) => [name, some]));
    expect(nominal).toMatchObject({ own: 110, 'workload-low': 200, system: 60, 'catch-all': 10, exempt: 0 });
  });

  it('are put in the place of default ones of their name, save the mandatory', () => {
    const other = level('workload-low', { nominalConcurrencyShares: 10, limitResponse: { type: 'Queue' } });
    const { levels } = new FlowConfiguration([other]);
    expect(levels).toHaveLength(DEFAULT_LEVELS.length);
    expect(levels.find(({ name }) => name === 'workload-low')).toEqual({
      name: 'workload-low',
      nominalConcurrencyShares: 10,
      lendablePercent: 0,
      borrowingLimitPercent: undefined,
      queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 },
      exempt: false,
    });
  });

  const meant = { subjects: [{ kind: 'User', user: { name: crawler.user } }], resourceRules: [rule] } as const;
  it.each([
    ['a user', [meant], lists, 'mine'],
    [
      'a group',
      [{ ...meant, subjects: [{ kind: 'Group', group: { name: 'system:serviceaccounts' } }] }],
      lists,
      'mine',
    ],
    ['an account', [{ ...meant, subjects: [account('tenant', 'crawler')] }], lists, 'mine'],
    ['all accounts of a namespace', [{ ...meant, subjects: [account('tenant', '*')] }], lists, 'mine'],
    ['accounts of another', [{ ...meant, subjects: [account('ten', '*')] }], lists, 'service-accounts'],
    ['another verb', [meant], { ...lists, verb: 'get' }, 'service-accounts'],
    ['another group', [meant], { ...lists, apiGroup: 'apps' }, 'service-accounts'],
    ['a sub-resource', [meant], { ...lists, resource: 'pods/status' }, 'service-accounts'],
    ['no cluster scope', [{ ...meant, resourceRules: [{ ...rule, clusterScope: false }] }], lists, 'service-accounts'],
    [
      'a namespace',
      [{ ...meant, resourceRules: [{ ...rule, namespaces: ['a'] }] }],
      { ...lists, namespace: 'a' },
      'mine',
    ],
    [
      'another namespace',
      [{ ...meant, resourceRules: [{ ...rule, namespaces: ['a'] }] }],
      { ...lists, namespace: 'b' },
      'service-accounts',
    ],
    ['paths only', [{ subjects: meant.subjects, nonResourceRules: [{}] }], lists, 'service-accounts'],
  ])('mean %s, or do not', (_what, rules, request, expected) => {
    const mine = schema('mine', { matchingPrecedence: 700, rules: rules as never });
    expect(new FlowConfiguration([own], [mine]).schemaOf(crawler, request).name).toBe(expected);
  });

  function account(namespace: string, name: string): object {
    return { kind: 'ServiceAccount', serviceAccount: { namespace, name } };
  }

  it('are tried by precedence, then by name; those whose level is missing not at all', () => {
    const found = (...schemas: FlowSchemaObject[]): string =>
      new FlowConfiguration([own], schemas).schemaOf(crawler, lists).name;
    const of = (name: string, matchingPrecedence: number): FlowSchemaObject =>
      schema(name, { matchingPrecedence, rules: [meant] });
    expect(found(of('late', 9500))).toBe('service-accounts');
    expect(found(of('b', 800), of('a', 800))).toBe('a');
    expect(found(of('z', 799), of('a', 800))).toBe('z');
    const dangling = schema('lost', { rules: [meant], priorityLevelConfiguration: { name: 'none' } });
    expect(found(dangling)).toBe('service-accounts');
  });

  it('keep what they do not lend, and borrow up to their limit', () => {
    const configuration = (borrowingLimitPercent: number | undefined): FlowConfiguration =>
      new FlowConfiguration([
        level('own', {
          nominalConcurrencyShares: 55,
          limitResponse: { type: 'Queue' },
          ...(borrowingLimitPercent === undefined ? {} : { borrowingLimitPercent }),
        }),
      ]);
    const limit = (borrows: number | undefined): number => {
      const seats = new LevelSeats(1, 600, configuration(borrows));
      const busy = seats.at(0, seats.numberOf('own'));
      for (let i = 0; i < 400; i++) busy.arrive({ flow: `f${i}`, seats: 1, arrived: 0, load: i }, SECOND);
      for (let round = 0; round < 300; round++) seats.lend(0);
      return busy.limit;
    };
    // 110 seats of its own; 20 % more are 22.
    expect(limit(0)).toBe(110);
    expect(limit(20)).toBe(132);
    expect(limit(undefined)).toBeGreaterThan(250);
  });

  it.each([
    [0, 490],
    [50, 545],
  ])(
    'leave the level exempt what it does not lend: with %d %% the others share %d seats',
    (lendablePercent, shared) => {
      const exempt = {
        metadata: { name: 'exempt' },
        spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 55, lendablePercent } },
      } as unknown as PriorityLevelObject;
      // 55 of 300 shares are 110 seats of 600, which leaves 490.
      const seats = new LevelSeats(1, 600, new FlowConfiguration([exempt]));
      const busy = seats.at(0, seats.numberOf('workload-high'));
      for (let i = 0; i < 600; i++) busy.arrive({ flow: `f${i}`, seats: 1, arrived: 0, load: i }, SECOND);
      for (let round = 0; round < 300; round++) seats.lend(0);
      const limits = seats.figures.reduce((sum, { name, limit }) => sum + (name === 'exempt' ? 0 : limit), 0);
      expect(Math.abs(limits - shared)).toBeLessThanOrEqual(4);
    },
  );

  it('that are changed or removed while requests wait serve those that they have', () => {
    const few = (shares: number, queues = 4): FlowConfiguration => {
      const queuing = { queues, handSize: 1, queueLengthLimit: 100 };
      return new FlowConfiguration([
        level('own', { nominalConcurrencyShares: shares, limitResponse: { type: 'Queue', queuing } }),
      ]);
    };
    const seats = new LevelSeats(1, 600, few(1));
    const number = seats.numberOf('own');
    const of = seats.at(0, number);
    // ⌈600 · 1 / 246⌉ = 3 seats.
    for (let i = 0; i < 10; i++) of.arrive({ flow: `f${i}`, seats: 1, arrived: 0, load: i }, 0);
    expect([of.inUse, of.waiting]).toEqual([3, 7]);
    seats.configure(few(3, 1));
    expect([seats.numberOf('own'), of.limit]).toEqual([number, 8]);
    let served = 0;
    while (of.dispatch(1) !== undefined) served++;
    expect(served).toBe(5);
    seats.configure(new FlowConfiguration());
    expect(seats.figures.map(({ name }) => name)).not.toContain('own');
    of.release(0, 1, 10, 10);
    expect(of.dispatch(10)?.claim.load).toBeDefined();
    const saved = structuredClone(seats.save());
    const again = new LevelSeats(1, 600, new FlowConfiguration());
    again.restore(saved);
    expect(again.save()).toEqual(saved);
    expect(again.at(0, number).waiting).toBe(of.waiting);
  });
});

describe('how wide a request is', () => {
  it.each([
    [10, 1],
    [50, 1],
    [51, 2],
    [400, 8],
    [100_000, 10],
  ])('a list of %d objects of 2 kB takes %d seats', (objects, seats) => {
    const list = { verb: 'list', kind: 'Pod', namespace: '', name: '' } as const;
    expect(listSeats(list, 'cache', { objects, bytesEach: 2000 }, 100)).toBe(seats);
  });

  it('is bounded by its level: 15 % of the seats, and what a hand of queues bears', () => {
    expect(mostSeats(245, 6)).toBe(37);
    expect(mostSeats(25, 4)).toBe(4);
    expect(mostSeats(3, 6)).toBe(1);
  });

  it('a write holds its seat until its watchers are told: 5 ms for each ten, at most ten times', () => {
    expect([0, 1, 10, 11, 5000].map(watchersTold)).toEqual([0, 5, 5, 10, 50].map(millis));
  });
});
