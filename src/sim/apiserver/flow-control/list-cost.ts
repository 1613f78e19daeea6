import { SECOND } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { ListSettings, RangeSettings } from '../../list-settings.ts';
import type { ReadRequest } from '../request.ts';
import type { ListSource } from './list-source.ts';

/** Shorter answers are not compressed. Source: endpoints/handlers/responsewriters/writers.go (defaultGzipThresholdBytes). */
const LEAST_COMPRESSED = 128 * 1024;

/** Objects of a page that etcd is asked for at most, when selectors leave pages unfilled. Source: storage/etcd3/store.go. */
const LARGEST_PAGE = 10_000;

/** What a list from etcd takes of memory beside what etcd answers, as a multiple of it. Source: KEP-3157 (motivation). */
const COPIES = 5;

/** Most that an answer from the watch cache holds at once. Source: flowcontrol/request/list_work_estimator.go (1 MB). */
const MOST_BUFFERED = 1_000_000;

/** What a streamed list holds. Source: KEP-3157 (goals: about 2 MB a watcher). */
const STREAM_BYTES = 2_000_000;

/** What the kind of a list is like: how many objects there are, and their size as it is stored. */
export interface Stored {
  readonly objects: number;
  readonly bytesEach: number;
}

/** What a read takes of whom. */
export interface ReadCost {
  /** A core's time at etcd, and at the API server, in microseconds. */
  readonly etcd: number;
  readonly server: number;
  /** How long the answer is on its way to the client. */
  readonly transfer: Micros;
  /** Objects that etcd was asked for, and that are sent. */
  readonly fetched: number;
  readonly returned: number;
  /** What the server's memory holds of it meanwhile, in bytes. */
  readonly memory: number;
}

/** How many objects a list sends, and how many it looks at for that. */
function objectsOf({ selects, limit = 0, continues }: ReadRequest, objects: number): [returned: number, seen: number] {
  const left = Math.max(0, objects - (continues?.read ?? 0));
  if (selects === 'none') return [0, left];
  const returned = limit > 0 ? Math.min(limit, left) : left;
  return [returned, returned];
}

/** How many ranges etcd is asked for: one, or pages that double as selectors leave them unfilled. */
export function rangesOf(limit: number, fetched: number): number {
  if (limit === 0) return 1;
  let ranges = 1;
  for (let page = limit, read = limit; read < fetched; read += page, ranges++) page = Math.min(2 * page, LARGEST_PAGE);
  return ranges;
}

/** What a list takes, of objects of one kind. */
export function listCost(
  request: ReadRequest,
  source: ListSource,
  { objects, bytesEach }: Stored,
  settings: ListSettings & { readonly requestCpuMicroseconds: number },
  ranges: RangeSettings,
): ReadCost {
  const [returned, seen] = objectsOf(request, objects);
  const bytes = returned * bytesEach;
  const compresses = request.streamed === true ? settings.watchListCompression : settings.apiResponseCompression;
  const isCompressed = compresses && bytes > LEAST_COMPRESSED;
  const sent = isCompressed ? bytes / settings.compressionRatio : bytes;
  const fetched = source === 'etcd' ? seen : 0;
  const fetchedBytes = fetched * bytesEach;
  const requests = source === 'etcd' ? rangesOf(request.limit ?? 0, fetched) : 0;
  return {
    etcd:
      ranges.cpuCores === 0
        ? 0
        : fetched * ranges.rangeCpuMicrosecondsPerObject + (fetchedBytes * SECOND) / ranges.rangeBytesPerSecond,
    server:
      settings.requestCpuMicroseconds * Math.max(1, requests) +
      fetched * settings.decodeCpuMicrosecondsPerObject +
      (fetchedBytes * SECOND) / settings.decodeBytesPerSecond +
      (seen - returned) * settings.listCpuMicrosecondsPerObjectPassedOver +
      returned * settings.listCpuMicrosecondsPerObject +
      (bytes * SECOND) / settings.encodeBytesPerSecond +
      (isCompressed ? (bytes * SECOND) / settings.compressBytesPerSecond : 0),
    transfer: Math.round((sent * SECOND) / settings.connectionBytesPerSecond),
    fetched,
    returned,
    memory: memoryOf(request, fetchedBytes, bytes),
  };
}

function memoryOf({ streamed }: ReadRequest, fetchedBytes: number, bytes: number): number {
  if (fetchedBytes > 0) return COPIES * fetchedBytes;
  return streamed === true ? Math.min(bytes, STREAM_BYTES) : Math.min(bytes, MOST_BUFFERED);
}
