import type { KubeObject } from '../api/meta.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ApiServerSettings } from '../settings.ts';

/** An API-visible event (`v1.Event`), as it stands after the latest occurrence. */
export interface RecordedEvent {
  readonly time: Micros;
  /** Who says so, e.g. `kubelet`. */
  readonly component: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly message: string;
  /** How often it happened, this time included. */
  readonly count: number;
}

/** The series an event belongs to: equal events of one object are one object with a count. */
interface Series {
  readonly component: string;
  readonly reason: string;
  readonly message: string;
  count: number;
  last: Micros;
}

interface RecorderState {
  readonly series: readonly (readonly [string, readonly Series[]])[];
  readonly swept: Micros;
}

/**
 * v1.Events: written by components beside their work, counted where they repeat, forgotten after --event-ttl. They have a
 * revision space of their own (as with --etcd-servers-overrides for events): no watch of the cluster's objects sees them.
 */
export class EventRecorder implements Saveable {
  readonly #kernel: Kernel;
  readonly #settings: ApiServerSettings;
  readonly #observers: ((event: RecordedEvent) => void)[] = [];
  /** By the UID of the object; few a piece. What has expired counts no more, and goes with the next sweep. */
  #series = new Map<string, Series[]>();
  #swept: Micros = 0;

  constructor(kernel: Kernel, settings: ApiServerSettings) {
    this.#kernel = kernel;
    this.#settings = settings;
  }

  /** Has every event seen as it happens. */
  observe(observer: (event: RecordedEvent) => void): void {
    this.#observers.push(observer);
  }

  /** Says that something happened to an object. */
  record(component: string, object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (!this.#settings.recordEvents) return;
    const { now } = this.#kernel;
    const expired = now - this.#settings.eventTtlSeconds * SECOND;
    if (this.#swept < expired) this.#sweep(expired);
    const { uid, name, namespace } = object.metadata;
    const series = this.#seriesOf(uid, component, reason, message);
    series.count = series.last < expired ? 1 : series.count + 1;
    series.last = now;
    const event: RecordedEvent = {
      time: now,
      component,
      type,
      reason,
      kind: object.kind,
      namespace: namespace ?? '',
      name,
      uid,
      message,
      count: series.count,
    };
    for (const observer of this.#observers) observer(event);
  }

  #seriesOf(uid: string, component: string, reason: string, message: string): Series {
    let all = this.#series.get(uid);
    if (all === undefined) this.#series.set(uid, (all = []));
    for (const series of all) {
      if (series.reason === reason && series.message === message && series.component === component) return series;
    }
    const series: Series = { component, reason, message, count: 0, last: this.#kernel.now };
    all.push(series);
    return series;
  }

  #sweep(before: Micros): void {
    this.#swept = this.#kernel.now;
    for (const [uid, all] of this.#series) {
      const live = all.filter(({ last }) => last >= before);
      if (live.length === 0) this.#series.delete(uid);
      else if (live.length < all.length) this.#series.set(uid, live);
    }
  }

  save(): RecorderState {
    const copied = [...this.#series].map(([uid, all]) => [uid, all.map((series) => ({ ...series }))] as const);
    return { series: copied, swept: this.#swept };
  }

  restore(saved: unknown): void {
    const { series, swept } = saved as RecorderState;
    this.#series = new Map(series.map(([uid, all]) => [uid, all.map((one) => ({ ...one }))]));
    this.#swept = swept;
  }
}
