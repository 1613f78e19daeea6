/** The types that a policy module of a user's own is written against. */
import type { z } from 'zod';
import type { EvictionPolicy } from '../sim/controllers/eviction-policy.ts';
import type { ScaleDownPolicy } from '../sim/controllers/policies.ts';
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

/** `policies.scoring`: a scheduler plugin; `score` is all it needs. */
export type ScoringPolicyModule<Params = unknown> = PolicyModule<'scoring', Params, Plugin, PluginHandle>;

/** `policies.reconcile.scaleDown`: which pods a ReplicaSet removes first. */
export type ScaleDownPolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, ScaleDownPolicy, object>;

/** `policies.reconcile.eviction`: how fast the pods of failed nodes are given up. */
export type EvictionPolicyModule<Params = unknown> = PolicyModule<'reconcile', Params, EvictionPolicy, object>;

/** `policies.failure.models`: how machines fail by chance. */
export type FailureModelModule<Params = unknown> = PolicyModule<'failure', Params, FailureModel, object>;

/** `policies.failure.response`: what is done about a failed node. */
export type FailureResponseModule<Params = unknown> = PolicyModule<'failure', Params, FailureResponse, object>;
