import type { KubeNode, Pod } from '../../api/core.ts';
import type { KubeObject } from '../../api/meta.ts';
import { identityOfUid } from '../../api/uid.ts';
import { keyOf } from '../../apiserver/request.ts';
import type { ApiReply } from '../../apiserver/request.ts';
import type { WatchClass } from '../../apiserver/watch-hub.ts';
import type { Environment } from '../../environment.ts';
import { NO_EVENT } from '../../kernel/kernel.ts';
import type { EventRef, HandlerId } from '../../kernel/kernel.ts';
import { Priority } from '../../kernel/priority.ts';
import type { Purpose } from '../../kernel/random.ts';
import type { Saveable } from '../../kernel/saveable.ts';
import { SECOND } from '../../kernel/time.ts';
import { TemplateError } from '../../go-template/template-error.ts';
import type { KubeletState, NodeRecord } from '../kubelet-state.ts';
import { hostAddress } from '../node-object.ts';
import { freeAddress } from '../node-room.ts';
import { StageError } from './stage-error.ts';
import { requestOf } from './stage-request.ts';
import { nextStage } from './stage.ts';
import type { Stage, Stages } from './stage.ts';
import type { StagePlace } from './stage-template.ts';

/** An object whose life stages describe; plain data. */
interface StagedObject {
  readonly id: number;
  readonly node: number;
  readonly identity: number;
  readonly kind: 'Pod' | 'Node';
  object: KubeObject;
  /** The stage that waits, by its number among those of the kind, and the event that ends the wait. */
  stage: number;
  due: EventRef;
  /** Stages chosen so far, for the draws. */
  draws: number;
  /** Stages played one right after the other, none of which waited. */
  atOnce: number;
  podIP: string;
}

/** A stage under way: what it was begun with, and how far it is; plain data, the context of its requests. */
interface Performance {
  readonly stage: number;
  readonly step: number;
  readonly retries: number;
  readonly object: KubeObject;
  /** The object as the latest of its writes left it. */
  readonly result: KubeObject | undefined;
}

interface PlayerState {
  readonly objects: readonly StagedObject[];
  readonly next: number;
}

/** Stages played on one object one after the other without any wait, after which the run is given up. */
const MOST_AT_ONCE = 100;

/** Before a write that failed is tried again: doubled each time, up to 20 % more. Source: kwok controllers/utils.go. */
const FIRST_RETRY = SECOND;
const LAST_RETRY = 32 * 60 * SECOND;
const RETRY_JITTER = 0.2;

/** What is tried again; all other refusals end the stage. Source: kwok controllers/utils.go shouldRetry. */
const PASSING: readonly string[] = ['ServiceUnavailable', 'Timeout', 'TooManyRequests'];

/**
 * Plays KWOK's stages: each change of an object chooses its next stage by selector and weight; after the stage's delay
 * its steps are carried out; their writes are the next change. Source: kwok pkg/kwok/controllers.
 */
export class StagePlayer implements Saveable {
  readonly #environment: Environment;
  readonly #state: KubeletState;
  readonly #stages: Stages;
  readonly #choices: Purpose;
  readonly #delays: Purpose;
  readonly #retries: Purpose;
  readonly #due: HandlerId;
  readonly #replied: HandlerId;
  readonly #retry: HandlerId;
  readonly #watch: WatchClass | undefined;
  #objects = new Map<number, StagedObject>();
  /** Ids by node and UID. */
  #byNode = new Map<number, Map<string, number>>();
  #next = 1;

  constructor(environment: Environment, state: KubeletState, stages: Stages) {
    const { kernel, hub } = environment;
    this.#environment = environment;
    this.#state = state;
    this.#stages = stages;
    this.#choices = kernel.random.purpose('stage-choice');
    this.#delays = kernel.random.purpose('stage-delay');
    this.#retries = kernel.random.purpose('stage-retry');
    this.#due = kernel.register('stages/due', (id) => this.#onDue(id));
    this.#replied = kernel.register('stages/reply', (id, _b, reply) => this.#onReply(id, reply as ApiReply));
    this.#retry = kernel.register('stages/retry', (id, _b, performance) => {
      const staged = this.#objects.get(id);
      if (staged !== undefined && this.#plays(staged)) this.#perform(staged, performance as Performance);
    });
    this.#watch =
      stages.nodes.length === 0
        ? undefined
        : hub.register('stages', 'Node', {
            listed: (_key, nodes) => {
              for (const node of nodes) this.#nodeSeen(node as KubeNode);
            },
            changed: (_key, { type, object }) => {
              const node = this.#state.byName.get(object.metadata.name);
              if (type !== 'DELETED') this.#nodeSeen(object as KubeNode);
              else if (node !== undefined) this.gone(node, object.metadata.uid);
            },
          });
  }

  start(): void {
    if (this.#watch !== undefined) this.#environment.hub.open(this.#watch);
  }

  /** All pods of a node as the API server has them. */
  listed(node: NodeRecord, pods: readonly Pod[]): void {
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const staged of this.#of(node)) {
      const { uid } = staged.object.metadata;
      if (staged.kind === 'Pod' && !uids.has(uid)) this.gone(node, uid);
    }
    for (const pod of pods) this.seen(node, pod);
  }

  /** A pod of a node came or changed. */
  seen(node: NodeRecord, pod: Pod): void {
    this.#seen(node, 'Pod', pod);
  }

  /** Whether a pod is there, and is said to run. */
  runs(node: NodeRecord, uid: string): boolean {
    const id = this.#byNode.get(node.index)?.get(uid);
    const object = id === undefined ? undefined : this.#objects.get(id)?.object;
    return (object as Pod | undefined)?.status.phase === 'Running';
  }

  /** An object is no more. */
  gone(node: NodeRecord, uid: string): void {
    const ids = this.#byNode.get(node.index);
    const id = ids?.get(uid);
    if (ids === undefined || id === undefined) return;
    this.#environment.kernel.cancel((this.#objects.get(id) as StagedObject).due);
    this.#objects.delete(id);
    ids.delete(uid);
  }

  /** The node's machine, or who speaks for it, is there again: what stood still goes on. */
  resume(node: NodeRecord): void {
    const { server } = this.#environment;
    const object = this.#watch === undefined ? undefined : server.get<KubeNode>('Node', '', node.name);
    for (const staged of this.#of(node)) if (staged.kind === 'Pod') this.#choose(staged);
    if (object !== undefined) this.#choose(this.#known(node, 'Node', object));
  }

  #nodeSeen(object: KubeNode): void {
    const node = this.#state.byName.get(object.metadata.name);
    if (node?.staged === true) this.#seen(node, 'Node', object);
  }

  #of(node: NodeRecord): readonly StagedObject[] {
    return [...(this.#byNode.get(node.index)?.values() ?? [])].map((id) => this.#objects.get(id) as StagedObject);
  }

  /** The record of an object, with the object as it is now if it is newer. */
  #known(node: NodeRecord, kind: 'Pod' | 'Node', object: KubeObject): StagedObject {
    let ids = this.#byNode.get(node.index);
    if (ids === undefined) this.#byNode.set(node.index, (ids = new Map()));
    const { uid } = object.metadata;
    const known = ids.get(uid);
    if (known !== undefined) {
      const staged = this.#objects.get(known) as StagedObject;
      if (versionOf(object) > versionOf(staged.object)) staged.object = object;
      return staged;
    }
    const id = this.#next++;
    const identity = kind === 'Pod' ? identityOfUid(uid) : node.identity;
    const podIP = kind === 'Pod' ? ((object as Pod).status.podIP ?? '') : '';
    const staged = {
      id,
      node: node.index,
      identity,
      kind,
      object,
      stage: -1,
      due: NO_EVENT,
      draws: 0,
      atOnce: 0,
      podIP,
    };
    this.#objects.set(id, staged);
    ids.set(uid, id);
    return staged;
  }

  #seen(node: NodeRecord, kind: 'Pod' | 'Node', object: KubeObject): void {
    const before = this.#objects.size;
    const known = this.#byNode.get(node.index)?.get(object.metadata.uid);
    const version = known === undefined ? -1 : versionOf((this.#objects.get(known) as StagedObject).object);
    const staged = this.#known(node, kind, object);
    // What it has written itself it may know already.
    if (this.#objects.size === before && versionOf(object) <= version) return;
    this.#choose(staged);
  }

  #list(kind: 'Pod' | 'Node'): readonly Stage[] {
    return kind === 'Pod' ? this.#stages.pods : this.#stages.nodes;
  }

  /** Whether anybody plays for the node: its machine runs and reaches the API server. */
  #plays({ node: index }: StagedObject): boolean {
    const node = this.#state.nodes[index] as NodeRecord;
    return node.state === 'running' && !node.paused && !node.cut;
  }

  /** Chooses the stage that follows for the object as it is, in the place of one that waits. */
  #choose(staged: StagedObject): void {
    const { kernel, calendar } = this.#environment;
    kernel.cancel(staged.due);
    staged.due = NO_EVENT;
    if (!this.#plays(staged)) return;
    const stages = this.#list(staged.kind);
    const { identity, object } = staged;
    const draw = staged.draws++;
    const stage = nextStage(stages, object, this.#choices.uniform(identity, draw));
    if (stage === undefined) {
      staged.atOnce = 0;
      return;
    }
    const clock = { epochSeconds: calendar.startSeconds + kernel.now / SECOND };
    const delay = stage.delay(object, clock, this.#delays.uniform(identity, draw));
    if (delay > 0) staged.atOnce = 0;
    staged.stage = stages.indexOf(stage);
    staged.due = kernel.after(delay, this.#due, staged.id, 0, undefined, Priority.component);
  }

  #onDue(id: number): void {
    const staged = this.#objects.get(id);
    if (staged === undefined || !this.#plays(staged)) return;
    staged.due = NO_EVENT;
    const { stage, object } = staged;
    this.#perform(staged, { stage, step: 0, retries: 0, object, result: undefined });
  }

  /** Carries out the steps of a stage from one on, up to the next that waits for an answer. */
  #perform(staged: StagedObject, performance: Performance): void {
    const { object } = performance;
    const stage = this.#list(staged.kind)[performance.stage] as Stage;
    const node = this.#state.nodes[staged.node] as NodeRecord;
    for (let { step } = performance; step < stage.steps.length; step++) {
      const what = stage.steps[step] as Stage['steps'][number];
      if (what.event !== undefined) {
        const { type = 'Normal', reason = '', message = '' } = what.event;
        this.#environment.events.record('kwok', object, type === 'Warning' ? type : 'Normal', reason, message);
      }
      const request = this.#guarded(stage, object, () => requestOf(what, object, this.#placeOf(staged, node)));
      if (request === undefined) continue;
      if (++staged.atOnce > MOST_AT_ONCE) throw goesRound(stage, object);
      const context: Performance = { ...performance, step };
      node.client.request(request, this.#replied, context, staged.id);
      return;
    }
    if (stage.immediate && performance.result !== undefined) this.#seen(node, staged.kind, performance.result);
  }

  #guarded<T>(stage: Stage, object: KubeObject, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new StageError(`${stage.place}: stage "${stage.name}", for ${title(object)}: ${error.message}`);
    }
  }

  #onReply(id: number, { result, context }: ApiReply): void {
    const staged = this.#objects.get(id);
    if (staged === undefined) return;
    const performance = context as Performance;
    if (result.ok) {
      const wrote = { ...performance, step: performance.step + 1, retries: 0, result: result.object };
      this.#perform(staged, wrote);
      return;
    }
    if (!PASSING.includes(result.status.reason)) return;
    const { kernel } = this.#environment;
    const jitter = 1 + RETRY_JITTER * this.#retries.uniform(staged.identity, staged.draws++);
    const wait = Math.min(FIRST_RETRY * 2 ** performance.retries, LAST_RETRY) * jitter;
    const again: Performance = { ...performance, retries: performance.retries + 1 };
    kernel.after(Math.round(wait), this.#retry, id, 0, again, Priority.component);
  }

  #placeOf(staged: StagedObject, node: NodeRecord): StagePlace {
    const { calendar, kernel } = this.#environment;
    const nodeIP = hostAddress(node.index);
    return {
      now: calendar.timestamp(kernel.now),
      start: calendar.timestamp(0),
      nodeName: node.name,
      nodeIP,
      podIP: (hostNetwork) => {
        if (hostNetwork) return nodeIP;
        if (staged.podIP === '')
          staged.podIP = freeAddress(this.#environment, node, (address) => this.#isTaken(node, address));
        return staged.podIP;
      },
    };
  }

  #isTaken(node: NodeRecord, address: string): boolean {
    return this.#of(node).some(({ podIP }) => podIP === address);
  }

  save(): PlayerState {
    return { objects: [...this.#objects.values()].map((staged) => ({ ...staged })), next: this.#next };
  }

  restore(saved: unknown): void {
    const { objects, next } = saved as PlayerState;
    this.#objects = new Map(objects.map((staged) => [staged.id, { ...staged }]));
    this.#next = next;
    this.#byNode = new Map();
    for (const { id, node, object } of objects) {
      let ids = this.#byNode.get(node);
      if (ids === undefined) this.#byNode.set(node, (ids = new Map()));
      ids.set(object.metadata.uid, id);
    }
  }
}

function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}

function title(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`;
}

function goesRound({ name, place }: Stage, object: KubeObject): StageError {
  return new StageError(
    `${place}: stage "${name}" and those around it go round without end: ${MOST_AT_ONCE} of them were played on ` +
      `${title(object)} one right after the other\n  Give one of them a delay.`,
  );
}
