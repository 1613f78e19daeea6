import type { HandlerId } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { SYSTEM_CRITICAL } from './eviction-ranking.ts';
import type { NodeRecord } from './kubelet-state.ts';
import type { PodContext } from './pod-context.ts';
import type { PodRecord } from './pod-record.ts';
import type { PodStopper } from './pod-stopper.ts';

/** Pods that are ended together: from a priority on, within a period. */
interface Group {
  readonly critical: boolean;
  readonly period: Micros;
}

/**
 * Ends a node's pods before it is switched off: first those that are not critical, then the rest, each group within its
 * part of shutdownGracePeriod. Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go.
 */
export class ShutdownManager {
  readonly #context: PodContext;
  readonly #stopper: PodStopper;
  readonly #groups: readonly Group[];
  readonly #next: HandlerId;
  readonly #onNews: (node: NodeRecord) => void;
  readonly #off: (node: NodeRecord) => void;

  /** `onNews` is told when the node has become not Ready, `off` when its pods have ended. */
  constructor(
    context: PodContext,
    stopper: PodStopper,
    onNews: (node: NodeRecord) => void,
    off: (node: NodeRecord) => void,
  ) {
    const { kernel, state, settings } = context;
    this.#context = context;
    this.#stopper = stopper;
    this.#onNews = onNews;
    this.#off = off;
    const critical = seconds(settings.shutdownGracePeriodCriticalPodsSeconds);
    const whole = seconds(settings.shutdownGracePeriodSeconds);
    this.#groups = [
      { critical: false, period: Math.max(0, whole - critical) },
      { critical: true, period: Math.min(whole, critical) },
    ];
    this.#next = kernel.register('kubelet/shutdown', (index, b) => {
      const node = state.nodes[index] as NodeRecord;
      if (Math.floor(b / GROUPS) === node.life) this.#end(node, b % GROUPS);
    });
  }

  /** Whether kubelets are told of a shutdown at all. */
  get active(): boolean {
    return this.#context.settings.shutdownGracePeriodSeconds > 0;
  }

  begin(node: NodeRecord): void {
    node.notReady = 'node is shutting down';
    this.#onNews(node);
    this.#end(node, 0);
  }

  /** Ends a group of pods; the next one's turn comes when they are gone, or their time is over. */
  #end(node: NodeRecord, number: number): void {
    const { kernel, state } = this.#context;
    const group = this.#groups[number];
    if (group === undefined || node.state !== 'running') {
      this.#off(node);
      return;
    }
    let last = kernel.now;
    for (const record of state.podsOf(node)) {
      const critical = (record.pod.spec.priority ?? 0) >= SYSTEM_CRITICAL;
      if (critical !== group.critical || record.stage === 'done') continue;
      this.#stop(record, group.period);
      // Their end is seen within a second.
      last = Math.max(last, record.stopsAt + SECOND);
    }
    const at = Math.min(last, kernel.now + group.period);
    kernel.at(at, this.#next, node.index, node.life * GROUPS + number + 1);
  }

  #stop(record: PodRecord, period: Micros): void {
    if (record.stage === 'stopping') return;
    const message = 'Pod was terminated in response to imminent node shutdown.';
    record.failure = { reason: 'Terminated', message, disruption: 'TerminationByKubelet' };
    const own = record.pod.spec.terminationGracePeriodSeconds ?? 30;
    this.#stopper.stop(record, Math.min(own, Math.floor(period / SECOND)));
  }
}

/** More than there are groups of pods. */
const GROUPS = 4;
