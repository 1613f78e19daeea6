import type { KubeObject } from '../api/meta.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import type { ApiReply } from '../apiserver/request.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { goDuration } from '../durations.ts';
import { MINUTE, SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { asked, extenderFailed, refused, failedAt } from './binding-answers.ts';

import type { Plugin, Waiting } from './framework.ts';
import type { Extenders } from './extenders.ts';
import type { NodeView } from './node-view.ts';
import { problemText } from './plugin-error.ts';
import type { PodClasses } from './pod-class.ts';
import { queuedPodFrom, queuedPodState } from './queued-pod.ts';
import type { QueuedPod, QueuedPodState } from './queued-pod.ts';
import type { CycleResult, SchedulingCycle } from './scheduling-cycle.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** Permit makes no pod wait longer. Source: maxTimeout, framework/runtime/framework.go. */
const LONGEST_WAIT: Micros = 15 * MINUTE;

/** How often a PreBind that waits is asked again. Source: volumebinding/binder.go BindPodVolumes. */
const POLL_SECONDS = 1;

/** How long a plugin may make a pod wait, and until when that is. */
interface TimeLimit {
  readonly wait: Micros;
  readonly until: Micros;
}

/** A pod between the choice of its node and the answer to its binding. */
interface Binding {
  /** Timers find it by its number: those of a binding that is over find none. */
  readonly id: number;
  readonly pod: QueuedPod;
  readonly nodeName: string;
  stage: 'permit' | 'preBind' | 'bind';
  /** What Reserve left for the later extension points, by plugin; plain data. */
  readonly state: Map<string, unknown>;
  /** Permit: the plugins it waits for, each with its time limit. */
  readonly waitsFor: Map<string, TimeLimit>;
  /** Permit: who turned it away meanwhile, and why. */
  rejected: { readonly plugin: string; readonly reason: string } | undefined;
  /** PreBind: the plugin that is at it, by its place; when it is given up (0: it has not begun to wait). */
  plugin: number;
  deadline: Micros;
  doing: string;
  /** Requests that are not answered yet, and the first refusal of one that is. */
  waiting: number;
  refusal: string | undefined;
}

type SavedBinding = Omit<Binding, 'pod' | 'state' | 'waitsFor'> & {
  readonly pod: QueuedPodState;
  readonly state: readonly [string, unknown][];
  readonly waitsFor: readonly [string, TimeLimit][];
};

interface BindingsState {
  readonly bindings: readonly SavedBinding[];
  readonly nextId: number;
}

/** What the scheduler does about the outcome of a binding. */
interface Outcomes {
  /** Permit agreed: what happens in the cluster no longer matters to the pod. */
  permitted(pod: QueuedPod): void;
  bound(pod: QueuedPod, nodeName: string, object: KubeObject): void;
  /** It is not bound, and what was reserved has been given back. */
  failed(pod: QueuedPod, result: CycleResult): void;
}

/**
 * The binding cycles: Reserve, Permit, PreBind and Bind of pods that have a node. They run side by side, and beside the
 * scheduling of other pods; a plugin may make a pod wait in Permit, and be asked again and again in PreBind.
 * Source: bindingCycle, pkg/scheduler/schedule_one.go.
 */
export class BindingCycles implements Saveable {
  readonly #kernel: Kernel;
  readonly #client: ApiClient;
  readonly #classes: PodClasses;
  readonly #cycleOf: (pod: QueuedPod) => SchedulingCycle;
  readonly #outcomes: Outcomes;
  readonly #extenders: Extenders | undefined;
  readonly #plugins = new Map<SchedulingCycle, readonly Plugin[]>();
  readonly #bindings = new Map<string, Binding>();
  readonly #byId = new Map<number, Binding>();
  #nextId = 1;
  readonly #permitDue: HandlerId;
  readonly #permitOver: HandlerId;
  readonly #poll: HandlerId;
  readonly #answered: HandlerId;
  readonly #bound: HandlerId;

  constructor(
    { kernel, client, classes }: { kernel: Kernel; client: ApiClient; classes: PodClasses },
    cycleOf: (pod: QueuedPod) => SchedulingCycle,
    waitingPods: WaitingPods,
    outcomes: Outcomes,
    extenders?: Extenders,
  ) {
    this.#extenders = extenders;
    this.#kernel = kernel;
    this.#client = client;
    this.#classes = classes;
    this.#cycleOf = cycleOf;
    this.#outcomes = outcomes;
    const timer = (name: string, act: (binding: Binding) => void): HandlerId =>
      kernel.register(name, (id) => {
        const binding = this.#byId.get(id);
        if (binding !== undefined) act(binding);
      });
    this.#permitDue = timer('scheduler/permit-due', (binding) => this.#onPermitDue(binding));
    this.#permitOver = timer('scheduler/permit-over', (binding) => this.#onPermitOver(binding));
    this.#poll = timer('scheduler/pre-bind', (binding) => this.#preBind(binding));
    this.#answered = kernel.register('scheduler/pre-bind-reply', (id, _b, reply) => {
      const binding = this.#byId.get(id);
      if (binding !== undefined) this.#onAnswer(binding, reply as ApiReply);
    });
    this.#bound = kernel.register('scheduler/bound', (id, _b, reply) => {
      const binding = this.#byId.get(id);
      if (binding !== undefined) this.#onBound(binding, reply as ApiReply);
    });
    waitingPods.attach({
      list: () => this.#waitingPods(),
      allow: (key, plugin) => this.#allow(key, plugin),
      reject: (key, plugin, reason) => this.#reject(key, plugin, reason),
    });
  }

  /** The pod has the node of that row; answers why Reserve or Permit does not agree, if so. */
  start(pod: QueuedPod, nodeName: string): CycleResult | undefined {
    const binding: Binding = {
      id: this.#nextId++,
      pod,
      nodeName,
      stage: 'permit',
      state: new Map(),
      waitsFor: new Map(),
      rejected: undefined,
      plugin: 0,
      deadline: 0,
      doing: '',
      waiting: 0,
      refusal: undefined,
    };
    const refusal = this.#reserveAndPermit(binding);
    if (refusal !== undefined) {
      this.#unreserve(binding);
      return refusal;
    }
    this.#bindings.set(pod.key, binding);
    this.#byId.set(binding.id, binding);
    if (binding.waitsFor.size === 0) this.#permitted(binding);
    return undefined;
  }

  /** The pod went away, or someone else has bound it: unless the binding is on its way, it is over. */
  cancel(key: string): void {
    const binding = this.#bindings.get(key);
    if (binding === undefined || binding.stage === 'bind') return;
    this.#forget(binding);
    this.#unreserve(binding);
  }

  /** Plugins that have anything to say there; none of the default ones where no pod uses claims. */
  #pluginsOf(cycle: SchedulingCycle): readonly Plugin[] {
    let plugins = this.#plugins.get(cycle);
    if (plugins === undefined) {
      const points = ['reserve', 'unreserve', 'permit', 'preBind'] as const;
      plugins = cycle.plugins
        .map(({ plugin }) => plugin)
        .filter((plugin) => points.some((point) => plugin[point] !== undefined));
      this.#plugins.set(cycle, plugins);
    }
    return plugins;
  }

  #view({ pod, nodeName }: Binding): NodeView | undefined {
    const { table } = this.#cycleOf(pod);
    const row = table.rowOf(nodeName);
    return row === undefined ? undefined : table.views[row];
  }

  #reserveAndPermit(binding: Binding): CycleResult | undefined {
    const cycle = this.#cycleOf(binding.pod);
    const plugins = this.#pluginsOf(cycle);
    const view = this.#view(binding);
    if (plugins.length === 0 || view === undefined) return undefined;
    const shared = cycle.cycle(undefined, binding.state);
    const { info } = binding.pod;
    for (const plugin of plugins) {
      if (plugin.reserve === undefined) continue;
      const refusal = asked('Reserve', plugin, () => plugin.reserve?.(shared, info, view));
      if (refusal !== undefined) return refusal as CycleResult;
    }
    for (const plugin of plugins) {
      if (plugin.permit === undefined) continue;
      const answer = asked('Permit', plugin, () => plugin.permit?.(shared, info, view));
      if (answer === undefined) continue;
      if ('result' in answer) return answer;
      const wait = Math.min(Math.round(answer.timeoutSeconds * SECOND), LONGEST_WAIT);
      binding.waitsFor.set(plugin.name, { wait, until: this.#kernel.now + wait });
      this.#kernel.after(wait, this.#permitDue, binding.id);
    }
    return undefined;
  }

  #onPermitDue(binding: Binding): void {
    if (binding.stage !== 'permit' || binding.rejected !== undefined) return;
    for (const [plugin, { wait, until }] of binding.waitsFor) {
      if (until > this.#kernel.now) continue;
      const waited = goDuration(wait / SECOND);
      this.#turnedAway(binding, plugin, `rejected due to timeout after waiting ${waited} at plugin ${plugin}`);
      return;
    }
  }

  #onPermitOver(binding: Binding): void {
    if (binding.stage !== 'permit') return;
    const { rejected } = binding;
    if (rejected !== undefined) this.#turnedAway(binding, rejected.plugin, rejected.reason);
    else if (binding.waitsFor.size === 0) this.#permitted(binding);
  }

  #turnedAway(binding: Binding, plugin: string, reason: string): void {
    this.#fail(binding, refused(plugin, { code: 'Unschedulable', reasons: [reason] }));
  }

  #permitted(binding: Binding): void {
    binding.stage = 'preBind';
    this.#outcomes.permitted(binding.pod);
    this.#preBind(binding);
  }

  /** Asks the plugins one after the other, each until it has done its part. */
  #preBind(binding: Binding): void {
    if (binding.stage !== 'preBind') return;
    const cycle = this.#cycleOf(binding.pod);
    const plugins = this.#pluginsOf(cycle);
    const shared = cycle.cycle(undefined, binding.state);
    for (; binding.plugin < plugins.length; binding.plugin++, binding.deadline = 0) {
      const plugin = plugins[binding.plugin] as Plugin;
      if (plugin.preBind === undefined) continue;
      if (binding.deadline > 0 && this.#kernel.now >= binding.deadline) {
        this.#preBindFailed(binding, plugin, 'context deadline exceeded');
        return;
      }
      const view = this.#view(binding);
      if (view === undefined) {
        this.#fail(binding, failedAt('PreBind', plugin.name, `node "${binding.nodeName}" not found`));
        return;
      }
      const answer = asked('PreBind', plugin, () => plugin.preBind?.(shared, binding.pod.info, view));
      if (answer === undefined) continue;
      if ('result' in answer) this.#fail(binding, answer);
      else this.#askAgain(binding, answer);
      return;
    }
    binding.stage = 'bind';
    // What an extender that binds does at the API server is done for it: it cannot reach that one.
    try {
      this.#extenders?.bind(binding.pod.info, binding.nodeName);
    } catch (error) {
      this.#fail(binding, extenderFailed(problemText(error)));
      return;
    }
    const { namespace = '', name, uid } = binding.pod.info.pod.metadata;
    const { key } = binding.pod;
    const { nodeName } = binding;
    this.#client.request(
      { verb: 'bind', kind: 'Pod', namespace, name, key, uid, nodeName },
      this.#bound,
      undefined,
      binding.id,
    );
  }

  #askAgain(binding: Binding, { requests = [], pollSeconds = POLL_SECONDS, timeoutSeconds, doing }: Waiting): void {
    binding.doing = doing === undefined ? '' : `${doing}: `;
    if (binding.deadline === 0) binding.deadline = this.#kernel.now + Math.round(timeoutSeconds * SECOND);
    binding.waiting = requests.length;
    for (const request of requests) this.#client.request(request, this.#answered, pollSeconds, binding.id);
    if (requests.length === 0) this.#pollAfter(binding, pollSeconds);
  }

  #pollAfter({ id, deadline }: Binding, pollSeconds: number): void {
    const left = Math.max(0, deadline - this.#kernel.now);
    this.#kernel.after(Math.min(Math.round(pollSeconds * SECOND), left), this.#poll, id);
  }

  #onAnswer(binding: Binding, { result, request, context }: ApiReply): void {
    binding.waiting--;
    if (!result.ok && request.ignore?.includes(result.status.reason) !== true)
      binding.refusal ??= result.status.message;
    if (binding.waiting > 0) return;
    if (binding.refusal === undefined) {
      this.#pollAfter(binding, context as number);
      return;
    }
    const plugin = this.#pluginsOf(this.#cycleOf(binding.pod))[binding.plugin] as Plugin;
    this.#preBindFailed(binding, plugin, binding.refusal);
  }

  #preBindFailed(binding: Binding, { name }: Plugin, problem: string): void {
    this.#fail(binding, failedAt('PreBind', name, `${binding.doing}${problem}`));
  }

  #onBound(binding: Binding, { result }: ApiReply): void {
    if (!result.ok) {
      this.#fail(binding, failedAt('Bind', 'DefaultBinder', result.status.message));
      return;
    }
    this.#forget(binding);
    this.#outcomes.bound(binding.pod, binding.nodeName, result.object);
  }

  #fail(binding: Binding, result: CycleResult): void {
    this.#forget(binding);
    this.#unreserve(binding);
    this.#outcomes.failed(binding.pod, result);
  }

  #forget({ id, pod }: Binding): void {
    this.#bindings.delete(pod.key);
    this.#byId.delete(id);
  }

  /** In the reverse order of Reserve, of all plugins, whether they came to reserve anything or not. */
  #unreserve(binding: Binding): void {
    const cycle = this.#cycleOf(binding.pod);
    const plugins = this.#pluginsOf(cycle);
    if (plugins.length === 0) return;
    const shared = cycle.cycle(undefined, binding.state);
    const view = this.#view(binding);
    for (const plugin of [...plugins].reverse()) {
      const requests = plugin.unreserve?.(shared, binding.pod.info, view) ?? [];
      for (const request of requests) this.#client.request(request);
    }
  }

  *#waitingPods(): IterableIterator<{ pod: QueuedPod['info']; nodeName: string; plugins: readonly string[] }> {
    for (const { stage, pod, nodeName, waitsFor } of this.#bindings.values()) {
      if (stage === 'permit') yield { pod: pod.info, nodeName, plugins: [...waitsFor.keys()] };
    }
  }

  #allow(key: string, plugin: string): void {
    const binding = this.#bindings.get(key);
    if (binding?.stage !== 'permit' || !binding.waitsFor.delete(plugin) || binding.waitsFor.size > 0) return;
    this.#kernel.after(0, this.#permitOver, binding.id);
  }

  #reject(key: string, plugin: string, reason: string): void {
    const binding = this.#bindings.get(key);
    if (binding?.stage !== 'permit' || binding.rejected !== undefined) return;
    binding.rejected = { plugin, reason };
    this.#kernel.after(0, this.#permitOver, binding.id);
  }

  save(): BindingsState {
    const bindings = [...this.#bindings.values()].map(({ pod, state, waitsFor, ...rest }) => ({
      ...rest,
      pod: queuedPodState(pod),
      state: [...state],
      waitsFor: [...waitsFor],
    }));
    return { bindings, nextId: this.#nextId };
  }

  restore(saved: unknown): void {
    const state = saved as BindingsState;
    this.#bindings.clear();
    this.#byId.clear();
    for (const one of state.bindings) {
      const binding: Binding = {
        ...one,
        pod: queuedPodFrom(one.pod, this.#classes),
        state: new Map(one.state),
        waitsFor: new Map(one.waitsFor),
      };
      this.#bindings.set(binding.pod.key, binding);
      this.#byId.set(binding.id, binding);
    }
    this.#nextId = state.nextId;
  }
}
