import type { EventObject } from '../api/core.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Calendar } from '../api/timestamps.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ApiServerSettings } from '../settings.ts';
import type { ApiServer } from './api-server.ts';
import { correlated, isAllowed } from './event-series.ts';
import type { ObjectEvents, Series } from './event-series.ts';
import { objectKey } from './request.ts';

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
  /** False where its source has said too much of the object: it happened, but no v1.Event tells of it. */
  readonly written: boolean;
}

interface RecorderState {
  readonly objects: readonly (readonly [string, ObjectEvents])[];
  readonly swept: Micros;
  readonly dropped: number;
}

/**
 * v1.Events: written by components beside their work, counted where they repeat, combined where they are many, forgotten
 * after --event-ttl. They have a revision space of their own (as with --etcd-servers-overrides for events): no watch of
 * the cluster's objects sees them. As objects they are made when somebody reads them.
 */
export class EventRecorder implements Saveable {
  readonly #kernel: Kernel;
  readonly #settings: ApiServerSettings;
  readonly #observers: ((event: RecordedEvent) => void)[] = [];
  /** By the UID of the object; few a piece. What has expired counts no more, and goes with the next sweep. */
  #objects = new Map<string, ObjectEvents>();
  #swept: Micros = 0;
  #dropped = 0;

  constructor(kernel: Kernel, settings: ApiServerSettings) {
    this.#kernel = kernel;
    this.#settings = settings;
  }

  /** Has every event seen as it happens. */
  observe(observer: (event: RecordedEvent) => void): void {
    this.#observers.push(observer);
  }

  /** Lets the server answer reads of v1.Events. */
  serve(server: ApiServer, calendar: Calendar): void {
    server.virtual('Event', {
      get: (key) => this.#all(calendar).find(({ metadata }) => objectKey(metadata.namespace, metadata.name) === key),
      list: () => this.#all(calendar),
    });
  }

  /** Events that were dropped because their source had too much to say of the object. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Says that something happened to an object. */
  record(component: string, object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (!this.#settings.recordEvents) return;
    const { now } = this.#kernel;
    const expired = this.#expired;
    if (this.#swept < expired) this.#sweep(expired);
    const { uid, name, namespace = '' } = object.metadata;
    let events = this.#objects.get(uid);
    if (events === undefined) {
      events = { apiVersion: object.apiVersion, kind: object.kind, namespace, name, series: [], allowances: [] };
      this.#objects.set(uid, events);
    }
    const series = correlated(events, component, type, reason, message, now, expired);
    const written = isAllowed(events, component, now);
    if (!written) this.#dropped++;
    const { kind } = object;
    const event: RecordedEvent = {
      time: now,
      component,
      type,
      reason,
      kind,
      namespace,
      name,
      uid,
      message: series.message,
      count: series.count,
      written,
    };
    for (const observer of this.#observers) observer(event);
  }

  get #expired(): Micros {
    return this.#kernel.now - this.#settings.eventTtlSeconds * SECOND;
  }

  #sweep(before: Micros): void {
    this.#swept = this.#kernel.now;
    for (const [uid, events] of this.#objects) {
      events.series = events.series.filter(({ last }) => last >= before);
      if (events.series.length === 0) this.#objects.delete(uid);
    }
  }

  /** What there is now, as objects. */
  #all(calendar: Calendar): readonly EventObject[] {
    const expired = this.#expired;
    const all: EventObject[] = [];
    for (const [uid, events] of this.#objects) {
      for (const [index, series] of events.series.entries()) {
        if (series.last >= expired) all.push(eventObject(uid, events, series, index, calendar));
      }
    }
    return all;
  }

  save(): RecorderState {
    const objects = [...this.#objects].map(([uid, events]) => [uid, copy(events)] as const);
    return { objects, swept: this.#swept, dropped: this.#dropped };
  }

  restore(saved: unknown): void {
    const { objects, swept, dropped } = saved as RecorderState;
    this.#objects = new Map(objects.map(([uid, events]) => [uid, copy(events)]));
    this.#swept = swept;
    this.#dropped = dropped;
  }
}

function copy(events: ObjectEvents): ObjectEvents {
  return {
    ...events,
    series: events.series.map((series) => ({ ...series })),
    allowances: events.allowances.map((allowance) => ({ ...allowance })),
  };
}

/** A v1.Event as it is read: named after its object and its first time, which is what the real ones are called. */
function eventObject(
  uid: string,
  { apiVersion, kind, namespace, name }: ObjectEvents,
  { component, type, reason, message, first, last, count }: Series,
  index: number,
  calendar: Calendar,
): EventObject {
  const time = (first * 1000 + index).toString(16).padStart(16, '0');
  const home = namespace === '' ? 'default' : namespace;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${time}`,
      namespace: home,
      uid: `${uid.slice(0, 8)}-${time.slice(0, 4)}-4000-a000-${time.slice(4)}`,
      resourceVersion: String(count),
      creationTimestamp: calendar.timestamp(first),
    },
    involvedObject: { apiVersion, kind, ...(namespace === '' ? {} : { namespace }), name, uid },
    reason,
    message,
    type,
    source: { component },
    count,
    firstTimestamp: calendar.timestamp(first),
    lastTimestamp: calendar.timestamp(last),
  };
}
