import { describe, expect, it } from 'vitest';

import { DEFAULT_PROFILE } from '../../policies/scheduling/default-profile.ts';
import { nodeResourcesFit } from '../../policies/scheduling/node-resources-fit.ts';
import type { Pod } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import { Calendar } from '../api/timestamps.ts';
import { ApiClients } from '../apiserver/api-client.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import { EventRecorder } from '../apiserver/event-recorder.ts';
import type { RecordedEvent } from '../apiserver/event-recorder.ts';
import { WatchHub } from '../apiserver/watch-hub.ts';
import type { Environment } from '../environment.ts';
import { Kernel } from '../kernel/kernel.ts';
import { SECOND } from '../kernel/time.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import type { ComponentSettings } from '../settings.ts';
import type { Decision } from './decision.ts';
import type { Profile } from './framework.ts';
import { Action } from './cluster-event.ts';
import { Scheduler } from './scheduler.ts';
import { unschedulable } from './status.ts';

/** A cluster of an API server and a scheduler. */
class Bench {
  readonly kernel: Kernel;
  readonly server: ApiServer;
  readonly scheduler: Scheduler;
  readonly decisions: Decision[] = [];
  readonly events: RecordedEvent[] = [];
  readonly #parts: { save(): unknown; restore(state: never): void }[];

  constructor(settings: ComponentSettings = DEFAULT_SETTINGS, profiles: readonly Profile[] = [DEFAULT_PROFILE]) {
    const kernel = new Kernel({ seed: 7 });
    const calendar = new Calendar('2026-01-01T00:00:00Z');
    const server = new ApiServer(kernel, calendar, settings.apiServer);
    const hub = new WatchHub(kernel, server, settings.apiServer);
    const clients = new ApiClients(kernel, server, settings.apiServer);
    const events = new EventRecorder(kernel, settings.apiServer);
    const environment: Environment = { kernel, calendar, settings, server, hub, clients, events };
    this.kernel = kernel;
    this.server = server;
    this.scheduler = new Scheduler(environment, profiles);
    this.scheduler.observe((decision) => this.decisions.push(decision));
    events.observe((event) => this.events.push(event));
    this.#parts = [kernel, server, hub, clients, events, this.scheduler];
    server.handle({
      verb: 'create',
      kind: 'Namespace',
      namespace: '',
      name: 'default',
      body: object('Namespace', 'default'),
    });
  }

  node(name: string, cpu: string, extra: object = {}): void {
    const allocatable = { cpu, memory: '64Gi', pods: '110' };
    const conditions = [{ type: 'Ready', status: 'True' }];
    const body = {
      ...object('Node', name),
      status: { allocatable, capacity: allocatable, conditions },
      spec: {},
      ...extra,
    };
    const result = this.server.handle({ verb: 'create', kind: 'Node', namespace: '', name, body });
    if (!result.ok) throw new Error(result.status.message);
  }

  pod(name: string, cpu: string, spec: object = {}, labels: StringMap = {}): void {
    const containers = [{ name: 'c', image: 'app:1', resources: { requests: { cpu } } }];
    const base = object('Pod', name, 'default');
    const body = { ...base, metadata: { ...base.metadata, labels }, spec: { containers, ...spec } };
    const result = this.server.handle({ verb: 'create', kind: 'Pod', namespace: 'default', name, body });
    if (!result.ok) throw new Error(result.status.message);
  }

  delete(kind: string, name: string): void {
    const namespace = kind === 'Pod' ? 'default' : '';
    this.server.handle({ verb: 'delete', kind, namespace, name, options: { gracePeriodSeconds: 0 } });
  }

  nodeOf(pod: string): string | undefined {
    return this.server.get<Pod>('Pod', 'default', pod)?.spec.nodeName;
  }

  run(untilSeconds: number): void {
    this.kernel.run({ until: untilSeconds * SECOND });
  }

  save(): unknown[] {
    return structuredClone(this.#parts.map((part) => part.save()));
  }

  restore(states: unknown[]): void {
    for (const [index, part] of this.#parts.entries()) part.restore(states[index] as never);
  }
}

function object(
  kind: string,
  name: string,
  namespace?: string,
): { kind: string; apiVersion: string; metadata: object } {
  return { apiVersion: 'v1', kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

describe('the scheduler', () => {
  it('binds a pod to a node with room, and says so', () => {
    const bench = new Bench();
    bench.node('small', '1');
    bench.node('large', '8');
    bench.scheduler.start();
    bench.pod('a', '2');
    bench.run(1);
    expect(bench.nodeOf('a')).toBe('large');
    expect(bench.decisions).toMatchObject([
      { pod: 'default/a', attempt: 1, result: 'scheduled', node: 'large', evaluatedNodes: 2, feasibleNodes: 1 },
    ]);
    // 500 µs and 1 µs for each node looked at.
    expect(bench.decisions[0]?.durationMicros).toBe(502);
    expect(bench.events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'Scheduled: Successfully assigned default/a to large',
    ]);
  });

  it('says why no node takes a pod, in the condition and in the event', () => {
    const bench = new Bench();
    bench.node('small', '1');
    bench.node('tainted', '8', { spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] } });
    bench.scheduler.start();
    bench.pod('a', '2');
    bench.run(1);
    const message = '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {gpu: yes}.';
    expect(bench.events[0]).toMatchObject({ reason: 'FailedScheduling', type: 'Warning', count: 1 });
    expect(bench.events[0]?.message.startsWith(message)).toBe(true);
    const { conditions } = (bench.server.get<Pod>('Pod', 'default', 'a') as Pod).status;
    expect(conditions).toMatchObject([{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }]);
    expect(bench.decisions[0]?.rejectingPlugins).toEqual(['NodeResourcesFit', 'TaintToleration']);
  });

  it('tries a pod again when a node with room comes, not when one without does', () => {
    const bench = new Bench();
    bench.node('small', '1');
    bench.scheduler.start();
    bench.pod('a', '2');
    bench.run(20);
    bench.node('tiny', '500m');
    bench.run(40);
    expect(bench.decisions).toHaveLength(1);
    bench.node('large', '8');
    bench.run(60);
    expect(bench.decisions).toHaveLength(2);
    expect(bench.nodeOf('a')).toBe('large');
  });

  it('tries a pod again when a pod on a node is deleted', () => {
    const bench = new Bench();
    bench.node('n', '2');
    bench.scheduler.start();
    bench.pod('first', '2');
    bench.run(5);
    bench.pod('second', '2');
    bench.run(10);
    expect(bench.nodeOf('second')).toBeUndefined();
    bench.delete('Pod', 'first');
    bench.run(20);
    expect(bench.nodeOf('second')).toBe('n');
  });

  it('prefers higher priority, then the longer wait', () => {
    const bench = new Bench();
    bench.server.handle({
      verb: 'create',
      kind: 'PriorityClass',
      namespace: '',
      name: 'high',
      body: { ...object('PriorityClass', 'high'), apiVersion: 'scheduling.k8s.io/v1', value: 1000 },
    });
    bench.node('n', '8');
    bench.pod('one', '1');
    bench.pod('two', '1');
    bench.pod('urgent', '1', { priorityClassName: 'high' });
    bench.scheduler.start();
    bench.run(5);
    expect(bench.decisions.map(({ pod }) => pod)).toEqual(['default/urgent', 'default/one', 'default/two']);
  });

  it('holds a gated pod back until its gates are gone', () => {
    const bench = new Bench();
    bench.node('n', '8');
    bench.scheduler.start();
    bench.pod('a', '1', { schedulingGates: [{ name: 'wait' }] });
    bench.run(400);
    expect(bench.decisions).toEqual([]);
    expect(bench.scheduler.queueLengths).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
    const patch = { spec: { schedulingGates: [] } };
    const result = bench.server.handle({ verb: 'patch', kind: 'Pod', namespace: 'default', name: 'a', patch });
    expect(result.ok).toBe(true);
    bench.run(401);
    expect(bench.nodeOf('a')).toBe('n');
  });

  it('looks at unschedulable pods again after five minutes, at the next half minute', () => {
    const bench = new Bench();
    bench.node('n', '1');
    bench.scheduler.start();
    bench.run(10);
    bench.pod('a', '2');
    bench.run(329);
    expect(bench.decisions).toHaveLength(1);
    bench.run(331);
    expect(bench.decisions).toHaveLength(2);
    expect(Math.floor((bench.decisions[1]?.time ?? 0) / SECOND)).toBe(330);
  });

  it('keeps to 50 requests a second after a burst of 100', () => {
    const bench = new Bench();
    for (let i = 0; i < 10; i++) bench.node(`n${i}`, '64');
    bench.scheduler.start();
    for (let i = 0; i < 200; i++) bench.pod(`p${i}`, '1');
    bench.run(1);
    expect(bench.decisions).toHaveLength(200);
    const bound = bench.events.filter(({ reason }) => reason === 'Scheduled').length;
    expect(bound).toBeGreaterThan(130);
    expect(bound).toBeLessThan(155);
  });

  it('never puts more on a node than it has, while the watch lags behind', () => {
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.node(`n${i}`, '4');
    bench.scheduler.start();
    for (let i = 0; i < 30; i++) bench.pod(`p${i}`, '1');
    bench.run(10);
    const used = new Map<string, number>();
    for (let i = 0; i < 30; i++) {
      const node = bench.nodeOf(`p${i}`);
      if (node !== undefined) used.set(node, (used.get(node) ?? 0) + 1);
    }
    expect([...used.values()]).toEqual([4, 4, 4, 4, 4]);
  });

  it('requeues a pod whose binding is refused, as after an error', () => {
    const bench = new Bench();
    bench.node('n', '4');
    bench.scheduler.start();
    bench.run(1);
    bench.pod('a', '1');
    // The pod is bound by someone else before the scheduler hears of it.
    bench.kernel.run({ while: () => bench.decisions.length === 0 });
    const { uid } = (bench.server.get<Pod>('Pod', 'default', 'a') as Pod).metadata;
    bench.node('other', '4');
    bench.server.handle({ verb: 'bind', kind: 'Pod', namespace: 'default', name: 'a', uid, nodeName: 'other' });
    bench.run(5);
    expect(bench.nodeOf('a')).toBe('other');
    const { table } = bench.scheduler;
    expect(table.podCount[table.rowOf('n') as number]).toBe(0);
    expect(table.podCount[table.rowOf('other') as number]).toBe(1);
  });

  it('removes a pod of lower priority, waits for it to be gone, and takes its place', () => {
    const bench = new Bench();
    const value = 1000;
    const priorityClass = { ...object('PriorityClass', 'high'), apiVersion: 'scheduling.k8s.io/v1', value };
    bench.server.handle({ verb: 'create', kind: 'PriorityClass', namespace: '', name: 'high', body: priorityClass });
    bench.node('n', '4');
    bench.scheduler.start();
    bench.pod('small', '1');
    bench.pod('large', '3');
    bench.run(5);
    bench.pod('urgent', '2', { priorityClassName: 'high' });
    bench.run(10);
    expect(bench.decisions.at(-1)?.message).toBe('0/1 nodes are available: 1 Insufficient cpu.');
    expect(bench.server.get<Pod>('Pod', 'default', 'urgent')?.status.nominatedNodeName).toBe('n');
    const victim = bench.server.get<Pod>('Pod', 'default', 'large');
    // Its grace period of 30 s ends then.
    expect(victim?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:35Z');
    expect(victim?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', reason: 'PreemptionByScheduler' }),
    );
    expect(bench.events.filter(({ reason }) => reason === 'Preempted').map(({ name }) => name)).toEqual(['large']);
    // What came meanwhile may not take the room that was made.
    bench.pod('late', '2');
    bench.delete('Pod', 'large');
    bench.run(20);
    expect(bench.nodeOf('urgent')).toBe('n');
    expect(bench.nodeOf('late')).toBeUndefined();
  });

  it('gives the same run when it is saved and resumed midway', () => {
    const play = (bench: Bench): string => {
      bench.run(400);
      return JSON.stringify([bench.server.hash, bench.decisions.map(({ time, pod, node }) => [time, pod, node])]);
    };
    const build = (): Bench => {
      const bench = new Bench();
      for (let i = 0; i < 8; i++) {
        bench.node(`n${i}`, '4', {
          metadata: { name: `n${i}`, labels: { 'topology.kubernetes.io/zone': `z${i % 3}` } },
        });
      }
      bench.scheduler.start();
      for (let i = 0; i < 60; i++) bench.pod(`p${i}`, i % 7 === 0 ? '3' : '500m');
      bench.run(0.05);
      return bench;
    };
    const whole = build();
    const saved = whole.save();
    const before = whole.decisions.length;
    const rest = play(whole);
    const resumed = new Bench();
    resumed.restore(saved);
    resumed.decisions.push(...whole.decisions.slice(0, before));
    expect(play(resumed)).toBe(rest);
    expect(before).toBeGreaterThan(5);
    expect(whole.decisions.length).toBeGreaterThan(before + 5);
  });
});

describe('several profiles', () => {
  /** Beside the default one: a profile that packs, and one that puts nothing anywhere. */
  const packing: Profile = {
    schedulerName: 'packer',
    plugins: [
      ...DEFAULT_PROFILE.plugins.map(({ create }) => ({ create, weight: 0 })),
      { create: () => nodeResourcesFit({ scoringStrategy: { type: 'MostAllocated' } }), weight: 1 },
    ],
  };
  const refusing: Profile = {
    schedulerName: 'refuser',
    plugins: [
      {
        create: () => ({
          name: 'Never',
          repeatable: true,
          events: [{ resource: 'Node', action: Action.add }],
          filter: () => unschedulable('never'),
        }),
        weight: 1,
      },
    ],
  };

  function benchOf(): Bench {
    const bench = new Bench(DEFAULT_SETTINGS, [DEFAULT_PROFILE, packing, refusing]);
    bench.node('small', '4');
    bench.node('large', '8');
    bench.scheduler.start();
    return bench;
  }

  it('decide about the pods that name them, on one cluster', () => {
    const bench = benchOf();
    bench.pod('spread', '1');
    bench.pod('packed', '2', { schedulerName: 'packer' });
    bench.pod('refused', '1', { schedulerName: 'refuser' });
    bench.pod('unknown', '1', { schedulerName: 'somebody-else' });
    bench.run(1);
    expect([bench.nodeOf('spread'), bench.nodeOf('packed')]).toEqual(['large', 'small']);
    const told = bench.decisions.map(({ pod, profile, result }) => `${pod} ${profile} ${result}`);
    expect(told.sort()).toEqual([
      'default/packed packer scheduled',
      'default/refused refuser unschedulable',
      'default/spread default-scheduler scheduled',
    ]);
  });

  it('see the room that pods of the others take', () => {
    const bench = benchOf();
    bench.pod('a', '4', { schedulerName: 'packer' });
    bench.pod('b', '8');
    bench.pod('c', '1', { schedulerName: 'packer' });
    bench.run(1);
    expect([bench.nodeOf('a'), bench.nodeOf('b'), bench.nodeOf('c')]).toEqual(['small', 'large', undefined]);
  });

  it('wake a pod by what its own plugins wait for', () => {
    const bench = benchOf();
    bench.pod('refused', '1', { schedulerName: 'refuser' });
    bench.pod('a', '2');
    bench.run(30);
    const attempts = (): number => bench.decisions.filter(({ pod }) => pod === 'default/refused').length;
    expect(attempts()).toBe(1);
    bench.delete('Pod', 'a');
    bench.run(60);
    expect(attempts()).toBe(1);
    bench.node('new', '1');
    bench.run(90);
    expect(attempts()).toBe(2);
  });

  it('go on alike from a saved instant', () => {
    const ends = [0, 1].map((branch) => {
      let bench = benchOf();
      for (let i = 0; i < 12; i++)
        bench.pod(`p${i}`, '1', { schedulerName: i % 2 === 0 ? 'packer' : 'default-scheduler' });
      bench.run(0.01);
      if (branch === 1) {
        const saved = bench.save();
        bench = new Bench(DEFAULT_SETTINGS, [DEFAULT_PROFILE, packing, refusing]);
        bench.restore(saved);
      }
      bench.run(20);
      return [...Array(12).keys()].map((i) => bench.nodeOf(`p${i}`));
    });
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[0]).toContain('small');
  });
});
