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
  count: number;
  last: Micros;
}

/**
 * v1.Events: written by components beside their work, counted where they repeat, forgotten after --event-ttl. They have a
 * revision space of their own (as with --etcd-servers-overrides for events): no watch of the cluster's objects sees them.
 */
export class EventRecorder implements Saveable {
  readonly #kernel: Kernel;
  readonly #settings: ApiServerSettings;
  readonly #observers: ((event: RecordedEvent) => void)[] = [];
  /** By their latest occurrence, oldest first. */
  #series = new Map<string, Series>();

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
    this.#forget(now - this.#settings.eventTtlSeconds * SECOND);
    const { uid, name, namespace } = object.metadata;
    const key = `${uid} ${component} ${reason} ${message}`;
    let series = this.#series.get(key);
    if (series === undefined) series = { count: 0, last: now };
    else this.#series.delete(key);
    series.count++;
    series.last = now;
    this.#series.set(key, series);
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

  #forget(before: Micros): void {
    for (const [key, series] of this.#series) {
      if (series.last >= before) return;
      this.#series.delete(key);
    }
  }

  save(): [string, Series][] {
    return [...this.#series].map(([key, series]) => [key, { ...series }]);
  }

  restore(saved: unknown): void {
    this.#series = new Map((saved as [string, Series][]).map(([key, series]) => [key, { ...series }]));
  }
}
