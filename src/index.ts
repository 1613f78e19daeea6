/** The library's public surface: run scenarios, compare them, and write policies of one's own against these types. */
export { simulate } from './simulate.ts';
export type { Progress, RunHooks, RunRequest, RunResult } from './simulate.ts';
export { compare } from './experiments/compare/compare.ts';
export type { Comparison, ComparisonRequest } from './experiments/compare/compare.ts';
export type { StudyHooks } from './experiments/study/run-study.ts';
export { sweep } from './experiments/sweep/sweep.ts';
export type { SweepRequest } from './experiments/sweep/sweep.ts';
export { reproduce } from './experiments/reproduce.ts';
export type { Reproduction } from './experiments/reproduce.ts';
export { definePlugin } from './define-plugin.ts';
export { loadScenario, parseScenario } from './workloads/scenario.ts';
export type { Scenario, ScenarioOptions } from './workloads/scenario.ts';
export { InputError } from './workloads/input-error.ts';
export type {
  AutoscalingPolicyModule,
  EvictionPolicyModule,
  ExpanderPolicyModule,
  FailureModelModule,
  FailureResponseModule,
  JobRetryPolicyModule,
  QueuePolicyModule,
  RollOutPolicyModule,
  ScaleDownPolicyModule,
  ScoringPolicyModule,
} from './policies/user-policies.ts';
export type { Pod } from './sim/api/core.ts';
export type { AutoscalingPolicy } from './sim/controllers/horizontal/autoscaling-policy.ts';
export type { ExpanderPolicy, ExpansionOption } from './sim/autoscaler/expander.ts';
export type { EvictionPolicy } from './sim/controllers/eviction-policy.ts';
export type { JobRetryPolicy } from './sim/controllers/job/job-retry-policy.ts';
export type { QueuePolicy } from './sim/controllers/queue-policy.ts';
export type { RollOutPolicy } from './sim/controllers/deployment/roll-out-policy.ts';
export type { ScaleDownPolicy } from './sim/controllers/policies.ts';
export type { FailureModel } from './sim/faults/failure-model.ts';
export type { FailureResponse } from './sim/faults/failure-response.ts';
export type { Cycle, Plugin, PluginHandle } from './sim/scheduler/framework.ts';
export type { NodeView } from './sim/scheduler/node-view.ts';
export type { PodInfo } from './sim/scheduler/pod-class.ts';
export type { Status } from './sim/scheduler/status.ts';
export type { Summary } from './reporting/summary.ts';
export type { Sample } from './reporting/time-series.ts';
export type { RunPerformance } from './run-performance.ts';
export type { InputProblem } from './workloads/input-error.ts';
export type { ComparedRun, VariantComparison } from './experiments/compare/comparison.ts';
export type { Variant } from './experiments/compare/variants.ts';
export type { RunFailure, RunOutcome } from './experiments/run-task.ts';
