import type { LabelSelector } from '../api/meta.ts';
import type { TimeSpec } from '../behavior.ts';
import type { Micros } from '../kernel/time.ts';

/** Who sends requests. */
export type ClientsSpec =
  /** Pods, while they run: each as much as the others. */
  | { readonly kind: 'pods'; readonly namespace: string; readonly selector: LabelSelector }
  /** Nodes, or what runs on their network, while they are up. */
  | { readonly kind: 'nodes'; readonly zone: string | undefined; readonly selector: LabelSelector }
  /** The world outside, through the Service's load balancer or node port. */
  | { readonly kind: 'external' };

/** From an instant on so many requests a second; the last step goes on for ever. */
export interface RateStep {
  readonly at: Micros;
  readonly perSecond: number;
}

/** How requests come. */
export type LoadSpec =
  /** At their own rate, at random (Poisson), whatever becomes of them. */
  | { readonly kind: 'open'; readonly steps: readonly RateStep[]; readonly perClient: boolean }
  /** Each of so many users sends the next one a while after it has had its answer, or an error. */
  | { readonly kind: 'closed'; readonly users: number; readonly thinkTime: TimeSpec };

/** Requests to a Service, and what they take. */
export interface TrafficSpec {
  readonly name: string;
  /** The Service's key. */
  readonly service: string;
  readonly from: ClientsSpec;
  /** Every request an event of its own, or only the changes of their rates. */
  readonly mode: 'sampled' | 'fluid';
  readonly load: LoadSpec;
  /** How long a pod works on a request. */
  readonly serviceTime: TimeSpec;
  /** How much processor time that takes: what requests want of their pods' nodes. 0: nothing is said of it. */
  readonly cpuTime: Micros;
  /** Requests that a pod works on at once, and that wait there beyond that; more are refused. */
  readonly concurrency: number;
  readonly queue: number;
  /** How long a client waits for an answer. */
  readonly timeout: Micros;
  /** The share of requests that is to be served. */
  readonly objective: number;
  /** When it begins and ends. */
  readonly at: Micros;
  readonly until: Micros;
}
