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
  FailureModelModule,
  FailureResponseModule,
  JobRetryPolicyModule,
  QueuePolicyModule,
  RollOutPolicyModule,
  ScaleDownPolicyModule,
  ScoringPolicyModule,
} from './policies/user-policies.ts';
export type { Pod } from './sim/api/core.ts';
