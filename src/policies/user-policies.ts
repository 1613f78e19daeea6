/** The types that a policy module of a user's own is written against. */
import type { z } from 'zod';
import type { ExpanderPolicy } from '../sim/autoscaler/expander.ts';
import type { RollOutPolicy } from '../sim/controllers/deployment/roll-out-policy.ts';
import type { EvictionPolicy } from '../sim/controllers/eviction-policy.ts';
import type { AutoscalingPolicy } from '../sim/controllers/horizontal/autoscaling-policy.ts';
import type { JobRetryPolicy } from '../sim/controllers/job/job-retry-policy.ts';
import type { ScaleDownPolicy } from '../sim/controllers/policies.ts';
import type { QueuePolicy } from '../sim/controllers/queue-policy.ts';
import type { FailureModel } from '../sim/faults/failure-model.ts';
import type { FailureResponse } from '../sim/faults/failure-response.ts';
import type { Plugin, PluginHandle } from '../sim/scheduler/framework.ts';
import type { PolicyFamily, Zod } from './policy.ts';
import type { PolicyContext } from './slot.ts';

/** A policy's own name is the module's, where it does not say another. */
type Nameless<T> = Omit<T, 'name'> & { readonly name?: string };

/** What a module exports as `policy`. */
interface PolicyModule<Family extends PolicyFamily, Params, Made, Context> {
  readonly family: Family;
  readonly name: string;
  /** The schema of what a scenario may write under `with`; `z` is zod. */
  params(z: Zod): z.ZodType<Params>;
  /** Called once, before the run, with parameters that fit the schema. */
  create(params: Params, context: Context & PolicyContext): Nameless<Made>;
}

/** `policies.scoring`: a scheduler plugin; any one of its extension points makes it one, and most have `score`. */
export type ScoringPolicyModule<Params = unknown> = PolicyModule<'scoring', Params, Plugin, PluginHandle>;

/** `policies.reconcile.scaleDown`: which pods a ReplicaSet removes first. */
export type ScaleDownPolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, ScaleDownPolicy, object>;

/** `policies.reconcile.eviction`: how fast the pods of failed nodes are given up. */
export type EvictionPolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, EvictionPolicy, object>;

/** `policies.reconcile.rollout`: how a Deployment gets to its current template. */
export type RollOutPolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, RollOutPolicy, object>;

/** `policies.reconcile.autoscaling`: how many replicas a HorizontalPodAutoscaler wants. */
export type AutoscalingPolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, AutoscalingPolicy, object>;

/** `policies.reconcile.jobRetry`: how a Job goes on after a failure. */
export type JobRetryPolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, JobRetryPolicy, object>;

/** `policies.reconcile.queue`: in which order, and how soon, controllers work on what has changed. */
export type QueuePolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, QueuePolicy, object>;

/** `policies.reconcile.expander`: which node group the cluster autoscaler has grow. */
export type ExpanderPolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, ExpanderPolicy, object>;

/** `policies.failure.models`: how machines fail by chance. */
export type FailureModelModule<Params = unknown> = PolicyModule<'failure', Params, FailureModel, object>;

/** `policies.failure.response`: what is done about a failed node. */
export type FailureResponseModule<Params = unknown> = PolicyModule<'failure', Params, FailureResponse, object>;
