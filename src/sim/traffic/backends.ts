import type { Endpoint } from '../api/workloads.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { NO_EVENT } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SERVING } from '../node/pod-serving.ts';
import type { Serving } from '../node/pod-serving.ts';
import { UNDISTURBED } from '../node/processors.ts';
import type { Pace } from '../node/processors.ts';
import type { Place } from './paces.ts';
import type { Target } from './spread.ts';

/** What there is to know of what runs where. */
interface Ground {
  isUp(node: string): boolean;
  serving(node: string, uid: string): Serving;
  pace(node: string, uid: string): Pace;
}

/** A pod that requests are sent to, or are at. */
interface Backend {
  readonly endpoint: Endpoint;
  /** Numbers of the traffics. */
  readonly users: Set<number>;
  /** What becomes of a request that is sent to it, and when that changes of itself. */
  answer: Serving['answer'];
  turn: EventRef;
  /** How fast it works. */
  pace: Pace;
}

interface BackendsState {
  readonly backends: readonly (readonly [string, readonly number[], Omit<Backend, 'users'>])[];
}

/** The pods behind Services, as they really are: whoever sends to them finds out, the rules do not know. */
export class Backends implements Saveable {
  readonly #kernel: Kernel;
  readonly #ground: Ground;
  readonly #changed: (index: number) => void;
  readonly #turn: HandlerId;
  #backends = new Map<string, Backend>();
  /** The pods of each traffic. */
  readonly #used = new Map<number, ReadonlySet<string>>();

  /** `changed` is told the number of each traffic that uses a pod of which something has changed. */
  constructor(kernel: Kernel, ground: Ground, changed: (index: number) => void) {
    this.#kernel = kernel;
    this.#ground = ground;
    this.#changed = changed;
    this.#turn = kernel.register('traffic/backend', (_a, _b, id) => this.#tell(id as string));
  }

  /** What becomes of a request that is sent to an endpoint now. */
  answer(id: string): Serving['answer'] {
    return this.#backends.get(id)?.answer ?? 'refuses';
  }

  /** How fast a pod works that requests come to. */
  pace(id: string): Pace {
    return this.#backends.get(id)?.pace ?? UNDISTURBED;
  }

  placeOf(id: string): Place | undefined {
    const { targetRef, nodeName } = this.#backends.get(id)?.endpoint ?? {};
    return targetRef === undefined || nodeName === undefined ? undefined : { node: nodeName, uid: targetRef.uid };
  }

  /** A traffic's requests go to these endpoints from now on. */
  use(index: number, targets: readonly Target[]): void {
    for (const { id, endpoint } of targets) {
      let backend = this.#backends.get(id);
      if (backend === undefined) {
        backend = { endpoint, users: new Set(), answer: 'serves', turn: NO_EVENT, pace: UNDISTURBED };
        this.#backends.set(id, backend);
        this.#plan(id, backend);
      }
      backend.users.add(index);
    }
  }

  /** Of all pods, those alone are a traffic's business. */
  keep(index: number, ids: ReadonlySet<string>): void {
    for (const id of this.#used.get(index) ?? []) {
      if (ids.has(id)) continue;
      const backend = this.#backends.get(id);
      if (backend === undefined || !backend.users.delete(index) || backend.users.size > 0) continue;
      this.#kernel.cancel(backend.turn);
      this.#backends.delete(id);
    }
    this.#used.set(index, ids);
  }

  /** Containers of a pod have begun or ended. */
  runsChanged(uid: string): void {
    const backend = this.#backends.get(uid);
    if (backend === undefined) return;
    this.#plan(uid, backend);
    for (const index of backend.users) this.#changed(index);
  }

  /** A machine came up or went down. */
  machineChanged(node: string): void {
    for (const [id, backend] of this.#backends) {
      if (backend.endpoint.nodeName !== node) continue;
      this.#plan(id, backend);
      for (const index of backend.users) this.#changed(index);
    }
  }

  /** A machine's processor is shared out anew. */
  paceChanged(node: string): void {
    for (const [id, backend] of this.#backends) {
      if (backend.endpoint.nodeName !== node) continue;
      const before = backend.pace;
      backend.pace = this.#paceOf(id);
      const { speed, drag, cores } = backend.pace;
      if (speed === before.speed && drag === before.drag && cores === before.cores) continue;
      for (const index of backend.users) this.#changed(index);
    }
  }

  #paceOf(id: string): Pace {
    const place = this.placeOf(id);
    return place === undefined ? UNDISTURBED : this.#ground.pace(place.node, place.uid);
  }

  #tell(id: string): void {
    const backend = this.#backends.get(id);
    if (backend === undefined) return;
    backend.turn = NO_EVENT;
    this.#plan(id, backend);
    for (const index of backend.users) this.#changed(index);
  }

  #plan(id: string, backend: Backend): void {
    this.#kernel.cancel(backend.turn);
    const { answer, until } = this.#servingOf(backend.endpoint);
    backend.answer = answer;
    backend.pace = this.#paceOf(id);
    backend.turn = until === Infinity ? NO_EVENT : this.#kernel.at(until, this.#turn, 0, 0, id, Priority.component);
  }

  #servingOf({ targetRef, nodeName }: Endpoint): Serving {
    // An address that somebody wrote down is taken to answer.
    if (targetRef === undefined || nodeName === undefined) return SERVING;
    // Of a machine that is down nothing comes back, not even a refusal.
    if (!this.#ground.isUp(nodeName)) return { answer: 'hangs', until: Infinity };
    return this.#ground.serving(nodeName, targetRef.uid);
  }

  save(): BackendsState {
    return {
      backends: [...this.#backends].map(([id, { users, ...backend }]) => [id, [...users], { ...backend }]),
    };
  }

  restore(saved: unknown): void {
    this.#backends = new Map();
    this.#used.clear();
    const used = new Map<number, Set<string>>();
    for (const [id, users, backend] of (saved as BackendsState).backends) {
      this.#backends.set(id, { ...backend, users: new Set(users) });
      for (const index of users) {
        const ids = used.get(index) ?? new Set();
        used.set(index, ids.add(id));
      }
    }
    for (const [index, ids] of used) this.#used.set(index, ids);
  }
}
