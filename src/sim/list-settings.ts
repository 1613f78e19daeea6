/**
 * What lists cost the API server. Upstream has no constants of these: where a measurement says, it stands beside the
 * default (default-settings.ts). Speeds are those of one core, of bytes as they are stored.
 */
export interface ListSettings {
  /** A core's time for each object of a list that is sent, and for each that its selectors leave out. */
  readonly listCpuMicrosecondsPerObject: number;
  readonly listCpuMicrosecondsPerObjectPassedOver: number;
  /** What encoding adds to that by size. */
  readonly encodeBytesPerSecond: number;
  /** APIResponseCompression: whether large answers are compressed. */
  readonly apiResponseCompression: boolean;
  /** WatchListCompression: whether streamed lists are. There only since 1.37. */
  readonly watchListCompression: boolean;
  readonly compressBytesPerSecond: number;
  /** How many times smaller an answer gets. */
  readonly compressionRatio: number;
  /** What goes through one client's connection. */
  readonly connectionBytesPerSecond: number;
  /** What a list that etcd serves costs the API server more, by objects and by size: all of them are decoded. */
  readonly decodeCpuMicrosecondsPerObject: number;
  readonly decodeBytesPerSecond: number;
  /** ConsistentListFromCache: whether lists of the latest come from the watch cache. Cannot be off any more since 1.34. */
  readonly consistentListFromCache: boolean;
  /** ListFromCacheSnapshot: whether pages and lists of an exact revision come from it, as far back as it reaches. */
  readonly listFromCacheSnapshot: boolean;
}

/** What ranges of keys cost an etcd member. */
export interface RangeSettings {
  /** Cores of each member; 0: ranges take no time. */
  readonly cpuCores: number;
  /** A core's time for each object of a range, and what it reads and sends in a second. */
  readonly rangeCpuMicrosecondsPerObject: number;
  readonly rangeBytesPerSecond: number;
}

/** How a process's informers get their first list, where requests are followed through the servers. */
export interface InformerSettings {
  /** WatchListClient: whether it is streamed, if the server knows that. On in the controller manager alone until 1.35. */
  readonly watchListClient: boolean;
}
