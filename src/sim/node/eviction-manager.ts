import type { Pod } from '../api/core.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import type { Purpose } from '../kernel/random.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Rejection } from './admission.ts';
import { ranked, SYSTEM_CRITICAL, isCritical } from './eviction-ranking.ts';
import type { Consumer } from './eviction-ranking.ts';
import { homeOfImages, RESOURCE_NAMES, starvedBy, thresholdAmount, thresholdsOf } from './eviction-signals.ts';
import type { StarvedResource, Threshold } from './eviction-signals.ts';
import { removeImages } from './image-gc.ts';
import type { NodeRecord } from './kubelet-state.ts';
import { reaches, totalLoad } from './load.ts';
import { beyondStorageLimit, storageMessage } from './local-storage.ts';
import { capacityOf, consumersOn, nodeLoads } from './node-strain.ts';
import { specOf } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { PodRecord } from './pod-record.ts';
import type { PodStopper } from './pod-stopper.ts';

/** How often the manager looks, and how long it waits for an evicted pod at most. Source: eviction_manager.go. */
const MONITORING_PERIOD: Micros = 10 * SECOND;
const CLEANUP_WAIT: Micros = 30 * SECOND;

const RESOURCES: readonly StarvedResource[] = ['memory', 'disk', 'images', 'inodes', 'pid'];

/**
 * Sees to it that a node does not run out of memory, disk or process ids: it tells of it by conditions, removes images,
 * and evicts one pod a pass. When a threshold will be met follows from what is used, so a pass is an event only where it
 * would find something. Source: pkg/kubelet/eviction/eviction_manager.go synchronize.
 */
export class EvictionManager {
  readonly #context: PodContext;
  readonly #stopper: PodStopper;
  readonly #thresholds: readonly Threshold[];
  readonly #phases: Purpose;
  readonly #pass: HandlerId;
  /** Told when the conditions or the images of a node have changed. */
  readonly #onNews: (node: NodeRecord) => void;

  constructor(context: PodContext, stopper: PodStopper, onNews: (node: NodeRecord) => void) {
    const { kernel, state, settings } = context;
    this.#context = context;
    this.#stopper = stopper;
    this.#onNews = onNews;
    this.#thresholds = thresholdsOf(settings);
    this.#phases = kernel.random.purpose('eviction-pass');
    this.#pass = kernel.register('kubelet/eviction-pass', (index) => this.#look(state.nodes[index] as NodeRecord));
  }

  /** What is used on the node has changed: when is the next pass that would find something? */
  plan(node: NodeRecord): void {
    const { kernel } = this.#context;
    const at = this.#nextPass(node);
    if (kernel.isPending(node.pass)) {
      if (node.passAt === at) return;
      kernel.cancel(node.pass);
    }
    node.passAt = at;
    if (at < Infinity) node.pass = kernel.at(at, this.#pass, node.index);
  }

  #nextPass(node: NodeRecord): Micros {
    const { kernel, settings, state } = this.#context;
    if (node.state !== 'running' || node.paused) return Infinity;
    const { now } = kernel;
    if (node.met.length > 0) return this.#tick(node, now + 1);
    let next = Infinity;
    for (const resource of RESOURCES) {
      const seen = node.pressure[resource];
      if (seen !== undefined) next = Math.min(next, this.#tick(node, Math.max(now + 1, seen + this.#transition)));
      const capacity = capacityOf(node, resource, settings);
      if (capacity === Infinity) continue;
      const levels = this.#thresholds
        .filter(({ signal }) => starvedBy(signal, settings) === resource)
        .map(({ text }) => capacity - thresholdAmount(text, capacity));
      if (levels.length === 0) continue;
      // Met is what is less than the threshold, by one byte at least.
      const crossing = reaches(nodeLoads(state, node, resource, settings), Math.min(...levels) + 1, now);
      if (crossing < Infinity) next = Math.min(next, this.#tick(node, Math.max(crossing, now + 1)));
    }
    for (const record of consumersOn(state, node)) {
      const beyond = this.#isEvictable(record) ? beyondStorageLimit(record, now) : Infinity;
      if (beyond < Infinity) next = Math.min(next, this.#tick(node, Math.max(beyond, now + 1)));
    }
    return next;
  }

  get #transition(): Micros {
    return seconds(this.#context.settings.evictionPressureTransitionPeriodSeconds);
  }

  /** The first pass at or after a time. */
  #tick(node: NodeRecord, time: Micros): Micros {
    node.passPhase ??= Math.round(this.#phases.uniform(node.identity, node.life) * MONITORING_PERIOD);
    const { passPhase: phase } = node;
    return time <= phase ? phase : phase + Math.ceil((time - phase) / MONITORING_PERIOD) * MONITORING_PERIOD;
  }

  #look(node: NodeRecord): void {
    if (node.state !== 'running' || node.paused) return;
    const { now } = this.#context.kernel;
    const met = this.#observe(node);
    if (this.#evictBeyondLimits(node)) {
      this.plan(node);
      return;
    }
    const due = met.filter(({ signal, hard, grace }) => hard || now - (node.observed[signal] ?? now) >= grace);
    const [first] = due;
    if (first !== undefined && !this.#reclaim(node, first)) {
      const victim = this.#evict(node, first);
      if (victim !== undefined) this.#awaitEnd(node, victim);
    }
    this.plan(node);
  }

  /** The next pass comes when the pod is gone, looked at every second. */
  #awaitEnd(node: NodeRecord, victim: PodRecord): void {
    const { now } = this.#context.kernel;
    const gone = Math.ceil((victim.stopsAt - now + SECOND) / SECOND) * SECOND;
    node.passPhase = now + Math.min(gone, CLEANUP_WAIT);
  }

  #isEvictable(record: PodRecord): boolean {
    return record.stage !== 'done' && record.stage !== 'stopping' && !isCritical(record);
  }

  /**
   * Evicts pods that use more of the disk than their limits allow, all in one pass; whether there were any. Source:
   * eviction_manager.go localStorageEviction.
   */
  #evictBeyondLimits(node: NodeRecord): boolean {
    const { kernel, state } = this.#context;
    let last: PodRecord | undefined;
    for (const record of consumersOn(state, node)) {
      const message = this.#isEvictable(record) ? storageMessage(record, kernel.now) : undefined;
      if (message === undefined) continue;
      record.failure = { reason: 'Evicted', message };
      this.#context.event(record, 'Warning', 'Evicted', message);
      this.#stopper.stop(record, 1);
      if (last === undefined || record.stopsAt > last.stopsAt) last = record;
    }
    if (last !== undefined) this.#awaitEnd(node, last);
    return last !== undefined;
  }

  /** Which thresholds are met, soft ones without regard to their grace; what of it the node's conditions tell. */
  #observe(node: NodeRecord): readonly Threshold[] {
    const { kernel, settings, state } = this.#context;
    const { now } = kernel;
    const met = this.#thresholds.filter((threshold, number) => {
      const resource = starvedBy(threshold.signal, settings);
      const capacity = capacityOf(node, resource, settings);
      if (capacity === Infinity) return false;
      const available = capacity - totalLoad(nodeLoads(state, node, resource, settings), now);
      const { text, minimumReclaim } = threshold;
      // One that was met stays so until enough is there again.
      const more = node.met.includes(number) && minimumReclaim !== undefined;
      const needed = thresholdAmount(text, capacity) + (more ? thresholdAmount(minimumReclaim, capacity) : 0);
      return available < needed;
    });
    node.met = met.map((threshold) => this.#thresholds.indexOf(threshold));
    const before = RESOURCES.map((resource) => node.pressure[resource] !== undefined).join();
    const signals = new Set(met.map(({ signal }) => signal));
    for (const { signal } of this.#thresholds) {
      if (signals.has(signal)) node.observed[signal] ??= now;
      else delete node.observed[signal];
    }
    for (const resource of RESOURCES) {
      const seen = node.pressure[resource];
      if (met.some(({ signal }) => starvedBy(signal, settings) === resource)) node.pressure[resource] = now;
      else if (seen !== undefined && now - seen >= this.#transition) delete node.pressure[resource];
    }
    if (RESOURCES.map((resource) => node.pressure[resource] !== undefined).join() !== before) this.#onNews(node);
    return met;
  }

  /** Removes all unused images where the disk is full that they lie on. Whether that was enough. */
  #reclaim(node: NodeRecord, threshold: Threshold): boolean {
    const { kernel, settings, state } = this.#context;
    const home = homeOfImages(settings);
    if (starvedBy(threshold.signal, settings) !== home) return false;
    const freed = removeImages(state, node, Infinity, kernel.now, { ...settings, imageMinimumGCAgeSeconds: 0 });
    if (freed === 0) return false;
    node.imagesChanged = true;
    this.#onNews(node);
    const capacity = capacityOf(node, home, settings);
    const available = capacity - totalLoad(nodeLoads(state, node, home, settings), kernel.now);
    return available > thresholdAmount(threshold.text, capacity);
  }

  #evict(node: NodeRecord, threshold: Threshold): PodRecord | undefined {
    const { kernel, settings, state } = this.#context;
    const starved = starvedBy(threshold.signal, settings);
    const active = state.podsOf(node).filter(({ stage }) => stage !== 'done' && stage !== 'stopping');
    for (const consumer of ranked(active, starved, kernel.now, settings)) {
      const { record } = consumer;
      if (isCritical(record)) continue;
      const capacity = capacityOf(node, starved, settings);
      const available = capacity - totalLoad(nodeLoads(state, node, starved, settings), kernel.now);
      const message = evictionMessage(consumer, threshold, starved, available);
      record.failure = { reason: 'Evicted', message, disruption: 'TerminationByKubelet' };
      this.#context.event(record, 'Warning', 'Evicted', message);
      const { evictionMaxPodGracePeriodSeconds: most } = settings;
      const own = record.pod.spec.terminationGracePeriodSeconds ?? 30;
      this.#stopper.stop(record, threshold.hard ? 1 : Math.max(1, Math.min(most, own)));
      return record;
    }
    return undefined;
  }

  /** Why a pod that comes now is not taken in. Source: eviction_manager.go Admit. */
  rejection(node: NodeRecord, pod: Pod): Rejection | undefined {
    const { memory, pid } = node.pressure;
    const disk = node.pressure.disk ?? node.pressure.images ?? node.pressure.inodes;
    const others = disk !== undefined || pid !== undefined;
    if ((memory === undefined && !others) || (pod.spec.priority ?? 0) >= SYSTEM_CRITICAL) return undefined;
    if (!others) {
      if (pod.status.qosClass !== 'BestEffort') return undefined;
      const tolerates = pod.spec.tolerations?.some(({ key, effect, operator }) => {
        const matches = key === undefined ? operator === 'Exists' : key === 'node.kubernetes.io/memory-pressure';
        return matches && (effect === undefined || effect === 'NoSchedule');
      });
      if (tolerates === true) return undefined;
    }
    const names: readonly [string, Micros | undefined][] = [
      ['MemoryPressure', memory],
      ['DiskPressure', disk],
      ['PIDPressure', pid],
    ];
    const conditions = names.flatMap(([name, since]) => (since === undefined ? [] : [name]));
    return { reason: 'Evicted', message: `The node had condition: [${conditions.join(' ')}]. ` };
  }

  /** The kubelet has started: it knows of no pressure. */
  reset(node: NodeRecord): void {
    node.met = [];
    node.observed = {};
    node.pressure = {};
    node.passPhase = undefined;
    this.plan(node);
  }
}

/** Source: pkg/kubelet/eviction/helpers.go evictionMessage. */
function evictionMessage(
  { record, usage, request }: Consumer,
  { text }: Threshold,
  starved: StarvedResource,
  available: number,
): string {
  const name = RESOURCE_NAMES[starved];
  const first = `The node was low on resource: ${name}. Threshold quantity: ${text}, available: ${Math.round(available)}. `;
  if (usage <= request) return first;
  const container = specOf(record.pod, record.containers.length - 1).name;
  return `${first}Container ${container} was using ${Math.round(usage)}, request is ${Math.round(request)}, has larger consumption of ${name}. `;
}
