import type { KubeNode, Pod } from '../../api/core.ts';
import type { Condition } from '../../api/meta.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import { byNode } from '../../apiserver/informer.ts';
import type { Index, Informer, Informers } from '../../apiserver/informer.ts';
import type { ApiReply } from '../../apiserver/request.ts';
import type { Component } from '../../component.ts';
import type { Environment } from '../../environment.ts';
import { NO_EVENT } from '../../kernel/kernel.ts';
import type { EventRef, HandlerId } from '../../kernel/kernel.ts';
import { Priority } from '../../kernel/priority.ts';
import { millis, seconds } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { NodeLeases } from '../../node/leases.ts';
import type { EvictionPolicy } from '../eviction-policy.ts';
import { MonitorPasses } from './monitor-passes.ts';
import { desiredTaints, NOT_READY, UNREACHABLE } from './node-taints.ts';
import type { ReadyStatus } from './node-taints.ts';
import { zoneOf, Zones } from './zones.ts';

/** A conflicting write is tried again after this. Source: nodelifecycle retrySleepTime. */
const RETRY: Micros = millis(20);

/** Conditions that say nothing any more when the kubelet is silent. */
const SILENCED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** A node as the controller knows it; plain data. */
interface NodeRecord {
  readonly name: string;
  zone: string;
  /** The pass at which a sign of life was last noticed. */
  probe: Micros;
  /** The latest heartbeat that its status carried. */
  heartbeat: string;
  /** When its status showed it. */
  heartbeatSeen: Micros;
  /** As the informer shows it; undefined before the first report. */
  ready: ReadyStatus | undefined;
  /** Whether it was dealt with as not Ready. */
  failed: boolean;
  /** What it was last judged by. */
  judged: ReadyStatus | undefined;
  /** Key of the NoExecute taint it is to have. */
  noExecute: string | undefined;
  /** Its next look at the node. */
  event: EventRef;
  eventAt: Micros;
  /** A write of its taints is on its way. */
  writing: boolean;
}

interface State {
  readonly nodes: readonly NodeRecord[];
  readonly zones: unknown;
  readonly turn: EventRef;
  readonly turnAt: Micros;
  readonly allDown: boolean;
}

/**
 * The node-lifecycle controller: notices by leases and reports that kubelets fall silent, marks their nodes and pods, and
 * gives nodes up zone by zone. The real one looks at all nodes every 5 s; here each node is looked at only at the passes
 * where something can have changed, which are the same passes.
 */
export class NodeLifecycle implements Component {
  readonly name = 'node-lifecycle';
  readonly #environment: Environment;
  readonly #leases: NodeLeases;
  readonly #client: ApiClient;
  readonly #informer: Informer<KubeNode>;
  readonly #pods: Index<Pod>;
  readonly #passes: MonitorPasses;
  readonly #grace: Micros;
  readonly #startupGrace: Micros;
  readonly #look: HandlerId;
  readonly #turnDue: HandlerId;
  readonly #tainted: HandlerId;
  readonly #silenced: HandlerId;
  readonly #retry: HandlerId;
  readonly #zones: Zones;
  #nodes = new Map<string, NodeRecord>();
  #turn: EventRef = NO_EVENT;
  #turnAt: Micros = 0;
  #allDown = false;

  constructor(environment: Environment, informers: Informers, leases: NodeLeases, policy: EvictionPolicy) {
    const { kernel, clients, settings } = environment;
    const { controllerManager } = settings;
    this.#environment = environment;
    this.#leases = leases;
    this.#client = clients.client(this.name, controllerManager);
    this.#zones = new Zones(policy, controllerManager);
    this.#grace = seconds(controllerManager.nodeMonitorGracePeriodSeconds);
    this.#startupGrace = seconds(controllerManager.nodeStartupGracePeriodSeconds);
    const phase = kernel.random.purpose('node-monitor-phase').uniform(0, 0);
    this.#passes = new MonitorPasses(phase, controllerManager.nodeMonitorPeriodSeconds);
    this.#informer = informers.informer<KubeNode>('Node');
    this.#pods = byNode(informers.informer<Pod>('Pod'));
    this.#informer.on((type, node) => {
      if (type === 'deleted') this.#removed(node);
      else this.#changed(node);
    });
    leases.onEnd((name) => {
      const record = this.#nodes.get(name);
      if (record !== undefined) this.#plan(record, this.#passes.after(kernel.now));
    });
    this.#look = kernel.register('node-lifecycle/look', (_a, _b, name) => this.#lookAt(name as string));
    this.#turnDue = kernel.register('node-lifecycle/evict', () => this.#takeTurns());
    this.#tainted = kernel.register('node-lifecycle/tainted', (_a, _b, reply) => this.#onTainted(reply as ApiReply));
    this.#silenced = kernel.register('node-lifecycle/silenced', (_a, _b, reply) => this.#onSilenced(reply as ApiReply));
    this.#retry = kernel.register('node-lifecycle/retry', (_a, _b, name) => {
      const record = this.#nodes.get(name as string);
      if (record === undefined) return;
      record.writing = false;
      this.#writeTaints(record);
    });
  }

  /** What it does follows from what it sees. */
  start(): void {
    this.#allDown = false;
  }

  #changed(node: KubeNode): void {
    const { now } = this.#environment.kernel;
    const { name } = node.metadata;
    const known = this.#nodes.get(name);
    let record = known;
    if (record === undefined) {
      record = this.#newRecord(node, now);
      this.#nodes.set(name, record);
      this.#zones.count(record.zone, 1, 0);
    }
    this.#inZone(record, zoneOf(node));
    const ready = node.status.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.lastHeartbeatTime !== undefined && ready.lastHeartbeatTime !== record.heartbeat) {
      record.heartbeat = ready.lastHeartbeatTime;
      record.heartbeatSeen = now;
    }
    const before = record.ready;
    record.ready = ready?.status;
    const isDown = (status: ReadyStatus | undefined): number => Number(status !== undefined && status !== 'True');
    const change = isDown(record.ready) - isDown(before);
    if (change !== 0) this.#zones.count(record.zone, 0, change);
    this.#writeTaints(record);
    if (known === undefined || before !== record.ready) this.#plan(record, this.#passes.after(now));
  }

  /** A cloud provider's node learns its zone after it has registered. */
  #inZone(record: NodeRecord, zone: string): void {
    if (record.zone === zone) return;
    const down = Number(record.ready !== undefined && record.ready !== 'True');
    this.#zones.count(record.zone, -1, -down);
    this.#zones.leave(record.zone, record.name);
    record.zone = zone;
    this.#zones.count(zone, 1, down);
  }

  #newRecord(node: KubeNode, now: Micros): NodeRecord {
    return {
      name: node.metadata.name,
      zone: zoneOf(node),
      probe: this.#passes.atOrAfter(now),
      heartbeat: '',
      heartbeatSeen: now,
      ready: undefined,
      failed: false,
      judged: undefined,
      noExecute: node.spec.taints?.find(
        ({ key, effect }) => effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE),
      )?.key,
      event: NO_EVENT,
      eventAt: 0,
      writing: false,
    };
  }

  #removed(node: KubeNode): void {
    const record = this.#nodes.get(node.metadata.name);
    if (record === undefined) return;
    this.#environment.kernel.cancel(record.event);
    this.#nodes.delete(record.name);
    const down = Number(record.ready !== undefined && record.ready !== 'True');
    this.#zones.count(record.zone, -1, -down);
    this.#zones.leave(record.zone, record.name);
    this.#assess();
  }

  /** Plans the next look, at a pass; the earlier of two counts. */
  #plan(record: NodeRecord, pass: Micros): void {
    const { kernel } = this.#environment;
    if (kernel.isPending(record.event)) {
      if (record.eventAt <= pass) return;
      kernel.cancel(record.event);
    }
    record.eventAt = pass;
    record.event = kernel.at(pass, this.#look, 0, 0, record.name, Priority.timer);
  }

  #lookAt(name: string): void {
    const record = this.#nodes.get(name);
    const node = this.#informer.get(name);
    if (record === undefined || node === undefined) return;
    const { now } = this.#environment.kernel;
    this.#notice(record, now);
    // A node that has never said how it is has longer.
    const grace = record.ready === undefined ? this.#startupGrace : this.#grace;
    const silent = now > record.probe + grace;
    if (silent && record.ready !== 'Unknown') {
      this.#silence(record, node);
      return;
    }
    this.#judge(record, record.ready);
    // Silent for long enough, there is nothing to wait for but a sign of life, which its status will show; and while
    // its lease is renewed, nothing but the end of that.
    if (!silent && !this.#leases.isRenewing(name)) this.#plan(record, this.#passes.after(record.probe + grace));
  }

  /** Brings the time of the last sign of life up to date: the first pass that could see it. */
  #notice(record: NodeRecord, now: Micros): void {
    const renewed = this.#leases.lastRenewal(record.name, now - this.#watchDelay) ?? 0;
    const sign = Math.max(renewed + this.#watchDelay, record.heartbeatSeen);
    const pass = this.#passes.atOrAfter(sign);
    if (pass > record.probe && pass <= now) record.probe = pass;
    else if (pass > now) record.probe = Math.max(record.probe, now);
  }

  get #watchDelay(): Micros {
    return millis(this.#environment.settings.apiServer.watchDelayMinMilliseconds);
  }

  /** The kubelet is silent: nothing that it said counts any more. */
  #silence(record: NodeRecord, node: KubeNode): void {
    const { calendar, kernel } = this.#environment;
    const now = calendar.timestamp(kernel.now);
    const known = node.status.conditions ?? [];
    const conditions = known.map((condition): Condition => {
      if (!SILENCED.includes(condition.type) || condition.status === 'Unknown') return condition;
      const message = 'Kubelet stopped posting node status.';
      return { ...condition, status: 'Unknown', reason: 'NodeStatusUnknown', message, lastTransitionTime: now };
    });
    for (const type of SILENCED) {
      if (known.some((condition) => condition.type === type)) continue;
      const [reason, message] = ['NodeStatusNeverUpdated', 'Kubelet never posted node status.'];
      conditions.push({ type, status: 'Unknown', reason, message, lastTransitionTime: now });
    }
    const patch = { status: { conditions } };
    const request = {
      verb: 'patch',
      subresource: 'status',
      kind: 'Node',
      namespace: '',
      name: record.name,
      patch,
    } as const;
    this.#client.request(request, this.#silenced, record.name);
  }

  /** What cannot be written has no consequences; the next pass tries again. */
  #onSilenced({ result, context }: ApiReply): void {
    const record = this.#nodes.get(context as string);
    if (record === undefined) return;
    if (result.ok) this.#judge(record, 'Unknown');
    else this.#plan(record, this.#passes.after(this.#environment.kernel.now));
  }

  /** What follows from a node being Ready or not. */
  #judge(record: NodeRecord, ready: ReadyStatus | undefined): void {
    if (ready === undefined) return;
    record.judged = ready;
    if (ready === 'True') {
      record.failed = false;
      this.#zones.leave(record.zone, record.name);
      record.noExecute = undefined;
    } else {
      const taint = ready === 'Unknown' ? UNREACHABLE : NOT_READY;
      if (!record.failed) this.#fail(record);
      if (record.noExecute !== undefined) record.noExecute = taint;
      else if (!this.#allDown) this.#zones.wait(record.zone, record.name);
    }
    this.#writeTaints(record);
    this.#assess();
  }

  /** The node has just turned not Ready: its pods are not ready either, which takes them out of their Services. */
  #fail(record: NodeRecord): void {
    record.failed = true;
    const { events } = this.#environment;
    const node = this.#informer.get(record.name) as KubeNode;
    events.record('node-controller', node, 'Normal', 'NodeNotReady', `Node ${record.name} status is now: NodeNotReady`);
    for (const pod of this.#pods.get(record.name)) this.#markNotReady(pod);
  }

  #markNotReady(pod: Pod): void {
    const { calendar, kernel, events } = this.#environment;
    const conditions = pod.status.conditions ?? [];
    if (!conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return;
    const lastTransitionTime = calendar.timestamp(kernel.now);
    const marked = conditions.map((condition) =>
      condition.type === 'Ready' ? { ...condition, status: 'False' as const, lastTransitionTime } : condition,
    );
    const { name, namespace = '' } = pod.metadata;
    events.record('node-controller', pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    const patch = { status: { conditions: marked } };
    this.#client.request({ verb: 'patch', subresource: 'status', kind: 'Pod', namespace, name, patch });
  }

  /** Zones may have come to another state, which changes how fast nodes are given up. */
  #assess(): void {
    const { now } = this.#environment.kernel;
    if (!this.#zones.assess(now)) {
      this.#planTurn();
      return;
    }
    const { allDown } = this.#zones;
    if (allDown && !this.#allDown) {
      this.#zones.clear();
      for (const record of this.#nodes.values()) {
        record.noExecute = undefined;
        this.#writeTaints(record);
      }
    } else if (!allDown && this.#allDown) {
      // Nobody could be heard: everybody gets the full time again.
      for (const record of this.#nodes.values()) {
        record.probe = this.#passes.atOrAfter(now);
        record.judged = undefined;
        this.#plan(record, this.#passes.after(now));
      }
    }
    this.#allDown = allDown;
    this.#planTurn();
  }

  #planTurn(): void {
    const { kernel } = this.#environment;
    const turn = this.#zones.nextTurn(kernel.now);
    if (kernel.isPending(this.#turn)) {
      if (this.#turnAt === turn) return;
      kernel.cancel(this.#turn);
    }
    if (turn === Infinity) return;
    this.#turnAt = turn;
    this.#turn = kernel.at(turn, this.#turnDue, 0, 0, undefined, Priority.timer);
  }

  #takeTurns(): void {
    for (const name of this.#zones.take(this.#environment.kernel.now)) {
      const record = this.#nodes.get(name);
      if (record?.failed !== true || record.ready === undefined) continue;
      record.noExecute = record.ready === 'False' ? NOT_READY : UNREACHABLE;
      this.#writeTaints(record);
    }
    this.#planTurn();
  }

  #writeTaints(record: NodeRecord): void {
    const node = this.#informer.get(record.name);
    if (record.writing || node === undefined) return;
    const { calendar, kernel } = this.#environment;
    const taints = desiredTaints(node, record.noExecute, calendar.timestamp(kernel.now));
    if (taints === undefined) return;
    record.writing = true;
    const { resourceVersion } = node.metadata;
    const patch = { metadata: { resourceVersion }, spec: { taints } };
    const request = { verb: 'patch', kind: 'Node', namespace: '', name: record.name, patch } as const;
    this.#client.request(request, this.#tainted, record.name);
  }

  /** The informer shows the written node a little later; until then its taints are not looked at. */
  #onTainted({ context }: ApiReply): void {
    this.#environment.kernel.after(RETRY, this.#retry, 0, 0, context);
  }

  save(): State {
    return {
      nodes: [...this.#nodes.values()].map((record) => ({ ...record })),
      zones: this.#zones.save(),
      turn: this.#turn,
      turnAt: this.#turnAt,
      allDown: this.#allDown,
    };
  }

  restore(saved: unknown): void {
    const state = saved as State;
    this.#nodes = new Map(state.nodes.map((record) => [record.name, { ...record }]));
    this.#zones.restore(state.zones);
    this.#turn = state.turn;
    this.#turnAt = state.turnAt;
    this.#allDown = state.allDown;
  }
}
