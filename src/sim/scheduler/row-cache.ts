import { BlockSummaries } from './block-summaries.ts';

/**
 * What row-scoped plugins said about one spec, by row, each with the row's generation at the time: valid while the row
 * has not changed since.
 */
export interface RowCache {
  /** The plugins' own versions that all of it goes by. */
  version: number;
  verdictStamp: Uint32Array;
  verdict: Int32Array;
  scoreStamp: Uint32Array;
  /** Weighted sum of the scores that need no normalisation. */
  fixed: Float64Array;
  /** Raw scores that do, by plugin. */
  readonly raw: Float64Array[];
  /** By row: verdicts where pods are nominated to the node as well. */
  readonly contested: Map<number, ContestedVerdict>;
  /** The same of whole blocks of nodes. */
  readonly blocks: BlockSummaries;
  /** Nothing is in it. */
  fresh: boolean;
  /** Whether it is the spec's own: what is written there will be found again. */
  readonly lasting: boolean;
}

/** A verdict that holds while neither the row changes nor the pods nominated to it do. */
export interface ContestedVerdict {
  readonly generation: number;
  readonly nominations: number;
  readonly verdict: number;
}

/** Memory that the caches of all specs together may take. */
const MEMORY_LIMIT_BYTES = 256 * 1024 * 1024;

/** Specs remembered as seen once; then that is forgotten. */
const SEEN_LIMIT = 100_000;

/**
 * Caches by spec class; of too many the one that was not used for longest is given to the newcomer. A spec gets one when
 * it comes a second time: until then it makes do with one that all newcomers use in turn, which stays in the processor's
 * cache.
 */
export class RowCaches {
  readonly #rawColumns: number;
  /** Least recently used first. */
  readonly #caches = new Map<number, RowCache>();
  #capacity = 0;
  #limit = 0;
  #latest = -1;
  #latestCache: RowCache | undefined;
  #scratch: RowCache | undefined;
  readonly #seen = new Set<number>();

  constructor(rawColumns: number) {
    this.#rawColumns = rawColumns;
  }

  of(spec: number, version: number, capacity: number): RowCache {
    if (capacity !== this.#capacity) this.#resize(capacity);
    let cache = this.#latest === spec ? this.#latestCache : this.#caches.get(spec);
    if (cache === undefined || (cache === this.#scratch && cache.fresh)) {
      cache = this.#newcomer(spec);
      cache.version = version;
    } else if (this.#latest !== spec && cache.lasting) {
      this.#caches.delete(spec);
      this.#caches.set(spec, cache);
    }
    this.#latest = spec;
    this.#latestCache = cache;
    if (cache.version !== version) {
      clear(cache);
      cache.version = version;
    }
    return cache;
  }

  #newcomer(spec: number): RowCache {
    if (!this.#seen.has(spec)) {
      if (this.#seen.size >= SEEN_LIMIT) this.#seen.clear();
      this.#seen.add(spec);
      this.#scratch ??= this.#create(false);
      if (!this.#scratch.fresh) clear(this.#scratch);
      return this.#scratch;
    }
    const cache = this.#caches.size >= this.#limit ? this.#oldest() : this.#create(true);
    this.#caches.set(spec, cache);
    return cache;
  }

  #resize(capacity: number): void {
    this.#capacity = capacity;
    this.#caches.clear();
    this.#latest = -1;
    this.#scratch = undefined;
    const bytes = capacity * (4 + 4 + 4 + 8 + 8 * this.#rawColumns);
    this.#limit = Math.max(8, Math.floor(MEMORY_LIMIT_BYTES / bytes));
  }

  #create(lasting: boolean): RowCache {
    const capacity = this.#capacity;
    return {
      version: 0,
      verdictStamp: new Uint32Array(capacity),
      verdict: new Int32Array(capacity),
      scoreStamp: new Uint32Array(capacity),
      fixed: new Float64Array(capacity),
      raw: Array.from({ length: this.#rawColumns }, () => new Float64Array(capacity)),
      contested: new Map(),
      blocks: new BlockSummaries(this.#rawColumns),
      fresh: true,
      lasting,
    };
  }

  #oldest(): RowCache {
    const [spec, cache] = this.#caches.entries().next().value as [number, RowCache];
    this.#caches.delete(spec);
    clear(cache);
    return cache;
  }
}

function clear(cache: RowCache): void {
  cache.verdictStamp.fill(0);
  cache.scoreStamp.fill(0);
  cache.contested.clear();
  cache.blocks.clear();
  cache.fresh = true;
}
