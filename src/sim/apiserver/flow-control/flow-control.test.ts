import { describe, expect, it } from 'vitest';
import { millis, SECOND } from '../../kernel/time.ts';
import { lendSeats } from './borrowing.ts';
import { DEFAULT_LEVELS, flowOf, nominalSeats, schemaOf, subjectOf } from './levels.ts';
import type { PriorityLevel } from './levels.ts';
import { dealt, Seats } from './seats.ts';
import { listSeats, mostSeats, watchersTold } from './width.ts';

const levelOf = (name: string): PriorityLevel => DEFAULT_LEVELS.find((level) => level.name === name) as PriorityLevel;

describe('the default configuration', () => {
  it('deals 600 seats by shares, each rounded up', () => {
    const seats = Object.fromEntries(DEFAULT_LEVELS.map((level) => [level.name, nominalSeats(level, 600)]));
    expect(seats).toEqual({
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
    const groups = new Map([
      ['tenant', ['system:serviceaccounts']],
      ['admin', ['system:masters']],
    ]);
    const found = schemaOf(subjectOf(client, groups), { kind, namespace });
    expect([found.name, found.level]).toEqual([schema, level]);
  });

  it('tells flows apart by user or by namespace', () => {
    const of = (client: string, namespace: string): string => {
      const subject = subjectOf(client, new Map());
      return flowOf(schemaOf(subject, { kind: 'Pod', namespace }), subject, { kind: 'Pod', namespace });
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
    const levels = DEFAULT_LEVELS.map((one) => new Seats<number>(one, nominalSeats(one, 600)));
    const demands = DEFAULT_LEVELS.map(() => ({ smoothed: 0 }));
    const busy = levels[DEFAULT_LEVELS.indexOf(levelOf('workload-high'))] as Seats<number>;
    for (let i = 0; i < 300; i++) busy.arrive({ flow: `f${i}`, seats: 1, arrived: 0, load: i }, SECOND);
    lendSeats(levels, demands, 600);
    const limits = Object.fromEntries(levels.map(({ level: { name }, limit }) => [name, limit]));
    expect(limits['workload-high']).toBeGreaterThan(200);
    // 90 % of workload-low's 245 seats may be lent, none of leader-election's.
    expect(limits['workload-low']).toBeGreaterThanOrEqual(24);
    expect(limits['leader-election']).toBeGreaterThanOrEqual(25);
    const total = levels.reduce((sum, { level: { exempt }, limit }) => sum + (exempt ? 0 : limit), 0);
    expect(Math.abs(total - 602)).toBeLessThanOrEqual(4);
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
    expect(listSeats(objects, 2000, 100)).toBe(seats);
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
