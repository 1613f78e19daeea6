import type { ApiReply, ApiRequest } from '../apiserver/request.ts';
import type { Informers } from '../apiserver/informer.ts';
import type { Environment } from '../environment.ts';
import type { Saveable } from '../kernel/saveable.ts';
import type { Micros } from '../kernel/time.ts';
import type { RetryDelays } from './rate-limiter.ts';

/**
 * What a reconcile decided: requests in stages. Requests of a stage go out together; the next stage begins when all were
 * answered. A refusal (not in its request's `ignore`) ends the plan: `always` still goes out, then the key is requeued
 * rate-limited.
 */
export interface Plan {
  readonly stages: readonly (readonly ApiRequest[])[];
  /** Goes out last, whatever became of the stages. */
  readonly always?: readonly ApiRequest[];
  /** The key is looked at again after this time, where nothing brings it back earlier. */
  readonly requeueAfterSeconds?: number;
  /** Nothing can be done now: the key is requeued as after a refusal. */
  readonly failed?: boolean;
  /** Creations of a stage go out in batches of 1, 2, 4, …, stopping at the first batch with a refusal. */
  readonly slowStart?: boolean;
}

/** A level-triggered controller: told a key, it compares what should be with what its informers know. */
export interface Controller extends Saveable {
  /** As the real manager calls it, e.g. `replicaset`. */
  readonly name: string;
  /** Keys that are worked on at one time. */
  readonly workers: number;
  /** A key is given up after so many refused plans in a row, until something new brings it back. Absent: never. */
  readonly maxRetries?: number;
  /** What is to be done for a key now; undefined where nothing is. */
  reconcile(key: string): Plan | undefined;
  /** Each reply to a request of its plans, for expectations. */
  replied?(key: string, reply: ApiReply): void;
  /** Each request of its plans that will not go out, since an earlier one was refused. */
  skipped?(key: string, request: ApiRequest): void;
}

/** Keys that wait to be worked on; a key waits once, however often it was added. */
export interface WorkQueue {
  add(key: string): void;
  addAfter(key: string, micros: Micros): void;
  /** Adds after a delay that doubles with each call for the key; see rate-limiter.ts. */
  addRateLimited(key: string): void;
  /** The key did well: its next rate-limited delay is the shortest again. */
  forget(key: string): void;
}

/** What a keyed controller is built with. */
export interface ControllerEnvironment extends Environment {
  readonly informers: Informers;
  readonly queue: WorkQueue;
}

/** Makes a keyed controller. `name` is the controller's; its queue, client and handlers are named after it. */
export interface ControllerFactory {
  readonly name: string;
  /** How its keys wait after refusals, where that is not client-go's default. */
  readonly retries?: RetryDelays;
  create(environment: ControllerEnvironment): Controller;
}
