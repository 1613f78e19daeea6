import type { KubeNode, Pod } from '../api/core.ts';
import { identityOf } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { MILLISECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { PodInfo } from './pod-class.ts';

/** An entry of `extenders:` of a KubeSchedulerConfiguration, as far as calling it goes. Empty verbs are not supported. */
export interface ExtenderOptions {
  readonly urlPrefix: string;
  readonly filterVerb: string;
  readonly prioritizeVerb: string;
  readonly preemptVerb: string;
  readonly bindVerb: string;
  readonly weight: number;
  readonly httpTimeoutSeconds: number;
  /** It knows the nodes: it is told their names alone. */
  readonly nodeCacheCapable: boolean;
  /** It is asked only about pods that ask for one of these; none: about all. */
  readonly managedResources: readonly string[];
  /** Pods are placed without it where it fails. */
  readonly ignorable: boolean;
}

/** A POST to an extender. */
export interface ExtenderCall {
  /** Its place in the configuration. */
  readonly extender: number;
  readonly url: string;
  readonly body: string;
  /** How often this run has made the very same call before. */
  readonly ordinal: number;
}

/** What came back: a response, or why there is none. */
export type ExtenderAnswer =
  { readonly status: number; readonly body: string } | { readonly error: string; readonly timedOut?: boolean };

/** Makes a call and answers when it has been answered. The one thing in a run that may reach outside. */
export type ExtenderTransport = (call: ExtenderCall) => ExtenderAnswer;

/** Extenders with all that they are reached by. */
export interface ExtenderSet {
  readonly options: readonly ExtenderOptions[];
  readonly call: ExtenderTransport;
  /** The simulated time that a call takes that is answered; one that is not takes its time limit. */
  readonly callMilliseconds: number;
}

/** An extender that failed; the text is that of the original, as far as it can be known. */
export class ExtenderError extends Error {
  override readonly name = 'ExtenderError';
}

/** Nodes that a filter left and turned away. */
export interface ExtenderVerdicts {
  readonly feasible: readonly string[];
  readonly failed: ReadonlyMap<string, string>;
  /** Preemption does not help on these. */
  readonly unresolvable: ReadonlyMap<string, string>;
}

/** Victims on a node, as an extender is told of them and may change them. */
export interface ExtenderVictims {
  readonly pods: readonly Pod[];
  readonly pdbViolations: number;
}

/** A score of an extender goes from 0 to this. Source: extender/v1 MaxExtenderPriority. */
const MAX_EXTENDER_PRIORITY = 10;

/** What an extender's score is multiplied by, beside its weight: nodes are scored up to 100. */
export const EXTENDER_SCORE_FACTOR = 100 / MAX_EXTENDER_PRIORITY;

/**
 * The HTTP extenders of the scheduler, asked one after the other. Source: pkg/scheduler/extender.go, and their callers in
 * schedule_one.go and framework/preemption.
 */
export class Extenders implements Saveable {
  readonly #extenders: readonly Extender[];
  readonly #call: ExtenderTransport;
  readonly #callMicros: Micros;
  /** How often each call was made, by a text for it. */
  #made = new Map<string, number>();
  /** Simulated time that calls have taken since it was last asked for. */
  #spent: Micros = 0;

  constructor({ options, call, callMilliseconds }: ExtenderSet) {
    this.#extenders = options.map((option, index) => ({ option, index }));
    this.#call = call;
    this.#callMicros = Math.round(callMilliseconds * MILLISECOND);
  }

  /** Whether any of them filters. */
  get filters(): boolean {
    return this.#extenders.some(({ option }) => option.filterVerb !== '');
  }

  /** Whether any of them scores. */
  get prioritizes(): boolean {
    return this.#extenders.some(({ option }) => option.prioritizeVerb !== '');
  }

  /** The time the calls took that were made since this was last asked. */
  takeSpent(): Micros {
    const spent = this.#spent;
    this.#spent = 0;
    return spent;
  }

  /** Asks each of them to filter what those before it have left. Throws where one fails that is not ignorable. */
  filter({ pod }: PodInfo, nodes: readonly KubeNode[]): ExtenderVerdicts {
    let left = nodes;
    const failed = new Map<string, string>();
    const unresolvable = new Map<string, string>();
    for (const extender of this.#interested(pod)) {
      if (left.length === 0) break;
      const answer = this.#ignoring(extender, () => this.#filtered(extender, pod, left));
      if (answer === undefined) continue;
      left = answer.nodes;
      for (const [name, reason] of Object.entries(answer.unresolvable)) unresolvable.set(name, reason);
      for (const [name, reason] of Object.entries(answer.failed)) if (!unresolvable.has(name)) failed.set(name, reason);
    }
    return { feasible: left.map(({ metadata }) => metadata.name), failed, unresolvable };
  }

  #filtered(
    { option, index }: Extender,
    pod: Pod,
    nodes: readonly KubeNode[],
  ): { nodes: readonly KubeNode[]; failed: Messages; unresolvable: Messages } {
    if (option.filterVerb === '') return { nodes, failed: {}, unresolvable: {} };
    const result = this.#send(index, option.filterVerb, argumentsFor(option, pod, nodes)) as FilterResult;
    if ((result.Error ?? '') !== '') throw new ExtenderError(result.Error);
    const failed = result.FailedNodes ?? {};
    const unresolvable = result.FailedAndUnresolvableNodes ?? {};
    const names = result.NodeNames ?? undefined;
    if (option.nodeCacheCapable && names !== undefined) {
      const left = names.map((name) => {
        const node = nodes.find(({ metadata }) => metadata.name === name);
        if (node !== undefined) return node;
        throw new ExtenderError(
          `extender "${option.urlPrefix}" claims a filtered node "${name}" which is not found in the input node list`,
        );
      });
      return { nodes: left, failed, unresolvable };
    }
    return { nodes: result.Nodes?.items ?? [], failed, unresolvable };
  }

  /** By node name, the weighted scores of all of them; the failure of one only leaves its own out. */
  prioritize({ pod }: PodInfo, nodes: readonly KubeNode[]): ReadonlyMap<string, number> {
    const scores = new Map<string, number>();
    for (const { option, index } of this.#interested(pod)) {
      if (option.prioritizeVerb === '') continue;
      let list: unknown;
      try {
        list = this.#send(index, option.prioritizeVerb, argumentsFor(option, pod, nodes));
      } catch (error) {
        if (error instanceof ExtenderError) continue;
        throw error;
      }
      for (const { Host, Score } of list as readonly { Host: string; Score: number }[]) {
        scores.set(Host, (scores.get(Host) ?? 0) + Score * option.weight * EXTENDER_SCORE_FACTOR);
      }
    }
    return scores;
  }

  /** The nodes and victims that all of them leave of those that preemption found. */
  preempt({ pod }: PodInfo, candidates: ReadonlyMap<string, ExtenderVictims>): ReadonlyMap<string, ExtenderVictims> {
    let left = candidates;
    for (const extender of this.#interested(pod)) {
      const { option, index } = extender;
      if (option.preemptVerb === '' || left.size === 0) continue;
      left =
        this.#ignoring(extender, () => {
          const body = preemptionArguments(option, pod, left);
          const result = this.#send(index, option.preemptVerb, body) as PreemptionResult;
          return victimsFrom(option, result, candidates);
        }) ?? left;
    }
    return left;
  }

  /** Asks the one that binds, if it is interested in the pod. False: it is left to the profile's own plugin. */
  bind({ pod }: PodInfo, node: string): boolean {
    const binder = this.#extenders.find(({ option }) => option.bindVerb !== '' && isInterested(option, pod));
    if (binder === undefined) return false;
    const { namespace, name, uid } = pod.metadata;
    const body = { PodName: name, PodNamespace: namespace ?? '', PodUID: uid, Node: node };
    const answer = this.#ignoring(binder, () => {
      const result = this.#send(binder.index, binder.option.bindVerb, body) as { Error?: string };
      if ((result.Error ?? '') !== '') throw new ExtenderError(result.Error);
      return true;
    });
    return answer ?? false;
  }

  #interested(pod: Pod): readonly Extender[] {
    return this.#extenders.filter(({ option }) => isInterested(option, pod));
  }

  /** Undefined where it failed and may. */
  #ignoring<T>({ option }: Extender, ask: () => T): T | undefined {
    try {
      return ask();
    } catch (error) {
      if (error instanceof ExtenderError && option.ignorable) return undefined;
      throw error;
    }
  }

  #send(extender: number, verb: string, argument: object): unknown {
    const { urlPrefix, httpTimeoutSeconds } = (this.#extenders[extender] as Extender).option;
    const url = `${urlPrefix.replace(/\/+$/, '')}/${verb}`;
    const body = JSON.stringify(argument);
    const key = `${url} ${identityOf(body)} ${body.length}`;
    const ordinal = this.#made.get(key) ?? 0;
    this.#made.set(key, ordinal + 1);
    const answer = this.#call({ extender, url, body, ordinal });
    const timedOut = 'error' in answer && answer.timedOut === true;
    this.#spent += timedOut ? seconds(httpTimeoutSeconds) : this.#callMicros;
    if ('error' in answer) throw new ExtenderError(`Post "${url}": ${answer.error}`);
    if (answer.status !== 200) {
      throw new ExtenderError(`failed ${verb} with extender at URL ${urlPrefix}, code ${answer.status}`);
    }
    try {
      return JSON.parse(answer.body);
    } catch {
      throw new ExtenderError(`failed ${verb} with extender at URL ${urlPrefix}: the answer is not JSON`);
    }
  }

  save(): readonly [string, number][] {
    return [...this.#made];
  }

  restore(saved: unknown): void {
    this.#made = new Map(saved as [string, number][]);
    this.#spent = 0;
  }
}

interface Extender {
  readonly option: ExtenderOptions;
  readonly index: number;
}

type Messages = Readonly<Record<string, string>>;

interface FilterResult {
  readonly Nodes?: { readonly items?: readonly KubeNode[] } | null;
  readonly NodeNames?: readonly string[] | null;
  readonly FailedNodes?: Messages | null;
  readonly FailedAndUnresolvableNodes?: Messages | null;
  readonly Error?: string;
}

interface PreemptionResult {
  readonly NodeNameToMetaVictims?: Readonly<
    Record<string, { readonly Pods?: readonly { readonly UID: string }[] | null; readonly NumPDBViolations?: number }>
  > | null;
}

/** It manages nothing in particular, or something that a container asks for. */
function isInterested({ managedResources }: ExtenderOptions, { spec }: Pod): boolean {
  if (managedResources.length === 0) return true;
  return [...spec.containers, ...(spec.initContainers ?? [])].some(({ resources }) =>
    managedResources.some(
      (name) => resources?.requests?.[name] !== undefined || resources?.limits?.[name] !== undefined,
    ),
  );
}

function argumentsFor({ nodeCacheCapable }: ExtenderOptions, pod: Pod, nodes: readonly KubeNode[]): object {
  return {
    Pod: pod,
    Nodes: nodeCacheCapable ? null : { metadata: {}, items: nodes },
    NodeNames: nodeCacheCapable ? nodes.map(({ metadata }) => metadata.name) : null,
  };
}

function preemptionArguments(
  { nodeCacheCapable }: ExtenderOptions,
  pod: Pod,
  candidates: ReadonlyMap<string, ExtenderVictims>,
): object {
  const whole = [...candidates].map(([node, { pods, pdbViolations }]) => [
    node,
    {
      Pods: nodeCacheCapable ? pods.map(({ metadata }) => ({ UID: metadata.uid })) : pods,
      NumPDBViolations: pdbViolations,
    },
  ]);
  const map = Object.fromEntries(whole) as object;
  return {
    Pod: pod,
    NodeNameToVictims: nodeCacheCapable ? null : map,
    NodeNameToMetaVictims: nodeCacheCapable ? map : null,
  };
}

/** The answer names victims by UID. Source: convertToVictims and callExtenders. */
function victimsFrom(
  { urlPrefix, ignorable }: ExtenderOptions,
  { NodeNameToMetaVictims }: PreemptionResult,
  candidates: ReadonlyMap<string, ExtenderVictims>,
): ReadonlyMap<string, ExtenderVictims> {
  const left = new Map<string, ExtenderVictims>();
  for (const [node, { Pods, NumPDBViolations = 0 }] of Object.entries(NodeNameToMetaVictims ?? {})) {
    const known = candidates.get(node)?.pods ?? [];
    const pods = (Pods ?? []).map(({ UID }) => {
      const pod = known.find(({ metadata }) => metadata.uid === UID);
      if (pod !== undefined) return pod;
      throw new ExtenderError(
        `extender: ${urlPrefix} claims to preempt pod (UID: ${UID}) on node: ${node}, but the pod is not found on that node`,
      );
    });
    if (pods.length === 0) {
      if (ignorable) continue;
      throw new ExtenderError(`expected at least one victim pod on node "${node}"`);
    }
    left.set(node, { pods, pdbViolations: NumPDBViolations });
  }
  return left;
}
