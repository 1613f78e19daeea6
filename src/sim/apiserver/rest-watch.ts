import type { Kind } from '../api/kinds.ts';
import { kindInfo } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import { failure } from '../api/status.ts';
import type { ApiStatus } from '../api/status.ts';
import type { Change } from '../etcd/store.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { ApiServer } from './api-server.ts';
import { nextBookmark } from './bookmarks.ts';
import { tooLarge } from './list-request.ts';
import { selection } from './selection.ts';
import type { ListOptions } from './selection.ts';
import { changesSince } from './watch-window.ts';

/** A watch as a client may ask for it (metav1.ListOptions). */
export interface WatchQuery extends ListOptions {
  /** ''  and '0' begin with the objects that are there; a number: with the changes after it. */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly allowWatchBookmarks?: boolean;
  /** A streaming list: the objects that are there, then a bookmark that says that these were all. */
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

/** A line of a watch's answer. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject | Bookmark | ApiStatus;
}

/** An object that is nothing but its revision. */
export interface Bookmark {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly creationTimestamp: null;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Watches that name no time-out run so long; a half more on average. Source: apiserver server/config.go (MinRequestTimeout). */
const TIMEOUT_SECONDS = 1800;

/** Marks the bookmark that ends a streaming list. Source: apimachinery meta/v1/types.go (InitialEventsAnnotationKey). */
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/**
 * A client's watch over the wire, as a place in the history: whoever serves it asks, as often as simulated time has passed,
 * what has come. So an open watch costs the run nothing and changes nothing in it, its bookmarks included.
 */
export class RestWatch {
  readonly #server: ApiServer;
  readonly #kind: Kind;
  readonly #selected: (object: KubeObject) => boolean;
  readonly #ends: Micros;
  readonly #first: readonly WatchEvent[];
  /** Up to this revision history has been read; below 0: not yet. */
  #read = -1;
  #ended = false;
  #told: number;
  #bookmark: Micros;

  private constructor(server: ApiServer, kind: Kind, query: WatchQuery) {
    this.#server = server;
    this.#kind = kind;
    this.#selected = selection(query);
    this.#ends = server.now + seconds(query.timeoutSeconds ?? TIMEOUT_SECONDS * 1.5);
    const { allowWatchBookmarks = false, resourceVersion = '' } = query;
    this.#bookmark = allowWatchBookmarks ? nextBookmark(server.now, this.#ends) : Infinity;
    const isFromNow = resourceVersion === '' || resourceVersion === '0';
    const lists = query.sendInitialEvents ?? isFromNow;
    this.#told = lists || isFromNow ? server.revision : Number(resourceVersion);
    const objects = lists ? server.list(kind, query).items : [];
    const end = query.sendInitialEvents === true && allowWatchBookmarks;
    this.#first = [
      ...objects.map((object) => ({ type: 'ADDED' as const, object })),
      ...(end ? [bookmark(kind, this.#told, INITIAL_EVENTS_END)] : []),
    ];
  }

  /** Opens a watch, or says why not. Throws RangeError for a selector that is none. */
  static open(server: ApiServer, kind: Kind, query: WatchQuery): RestWatch | ApiStatus {
    return refusal(server, query) ?? new RestWatch(server, kind, query);
  }

  /** Whether nothing more comes: its time is out, or its client was too slow. */
  get ended(): boolean {
    return this.#ended;
  }

  /** When it will have something to say though nothing is written: a bookmark, or its end. */
  get next(): Micros {
    return Math.min(this.#bookmark, this.#ends);
  }

  /** What has come since this was asked last, in order. */
  take(): readonly WatchEvent[] {
    if (this.#ended) return [];
    const events: WatchEvent[] = this.#read < 0 ? [...this.#first] : [];
    const changes = this.#unread();
    this.#read = this.#server.revision;
    if ('code' in changes) {
      this.#ended = true;
      return [...events, { type: 'ERROR', object: changes }];
    }
    const until = Math.min(this.#server.now, this.#ends);
    for (const change of changes) {
      if (change.time > until) break;
      this.#bookmarksUpTo(change.time, events);
      const event = this.#seen(change);
      if (event !== undefined) events.push(event);
      this.#told = change.revision;
    }
    this.#bookmarksUpTo(until, events);
    this.#ended = this.#server.now >= this.#ends;
    return events;
  }

  /** Changes of the kind that were not looked at. Who keeps up reads them from history's end, without a look at the rest. */
  #unread(): readonly Change[] | ApiStatus {
    if (this.#read === this.#server.revision) return [];
    if (this.#read < 0 || this.#read < this.#server.compactedRevision) {
      return changesSince(this.#server.watchWindow(this.#kind), this.#told);
    }
    return this.#server.changesAfter(this.#read).filter(({ kind }) => kind === this.#kind);
  }

  #bookmarksUpTo(time: Micros, events: WatchEvent[]): void {
    for (; this.#bookmark <= time; this.#bookmark = nextBookmark(this.#bookmark, this.#ends)) {
      this.#told = Math.max(this.#told, this.#server.progressAt(this.#bookmark) ?? 0);
      events.push(bookmark(this.#kind, this.#told));
    }
  }

  /** To a watch with selectors an object appears as it comes to match, and is deleted as it ceases to. */
  #seen({ type, object, previous, revision }: Change): WatchEvent | undefined {
    const matches = type !== 'DELETED' && this.#selected(object);
    const matched = type !== 'ADDED' && this.#selected((previous ?? object) as KubeObject);
    if (matches) return { type: matched ? 'MODIFIED' : 'ADDED', object: this.#server.shown(object) };
    if (!matched) return undefined;
    const last = previous ?? object;
    const metadata = { ...last.metadata, resourceVersion: String(revision) };
    return { type: 'DELETED', object: type === 'DELETED' ? object : { ...last, metadata } };
  }
}

function bookmark(kind: Kind, revision: number, annotations?: Readonly<Record<string, string>>): WatchEvent {
  const metadata = {
    resourceVersion: String(revision),
    creationTimestamp: null,
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { type: 'BOOKMARK', object: { apiVersion: kindInfo(kind)?.apiVersion ?? 'v1', kind, metadata } };
}

/** What can be wrong with the options. Source: apimachinery internalversion/validation (validateWatchOptions). */
function refusal(server: ApiServer, query: WatchQuery): ApiStatus | undefined {
  const { resourceVersion = '', resourceVersionMatch: match = '', sendInitialEvents } = query;
  const forbidden = (what: string): ApiStatus => failure('Invalid', `ListOptions.meta.k8s.io "" is invalid: ${what}`);
  if (sendInitialEvents !== undefined) {
    if (match !== 'NotOlderThan') {
      const what = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
      return forbidden(`resourceVersionMatch: Forbidden: ${what}`);
    }
    if (!server.watchList) {
      const what = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      return forbidden(`sendInitialEvents: Forbidden: ${what}`);
    }
  } else if (match !== '') {
    const what = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    return forbidden(`resourceVersionMatch: Forbidden: ${what}`);
  }
  if (resourceVersion !== '' && !/^\d+$/.test(resourceVersion)) {
    const why = `strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`;
    return failure('BadRequest', `resourceVersion: Invalid value: "${resourceVersion}": ${why}`);
  }
  return Number(resourceVersion) > server.revision ? tooLarge(resourceVersion, server.revision) : undefined;
}
