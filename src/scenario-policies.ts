import { RandomSource } from './sim/kernel/random.ts';
import type { PolicyDoor, PolicyFailure, PolicyPath } from './policies/policy.ts';
import { choosePolicies } from './policies/registry.ts';
import type { ChosenPolicies } from './policies/registry.ts';
import { InputError } from './workloads/input-error.ts';
import { unknownName } from './workloads/nearest.ts';
import { schemaProblems, valueAt } from './workloads/scenario-problems.ts';
import type { Scenario } from './workloads/scenario.ts';

/** What the registry needs to know of a scenario: policies and workloads do not know each other. */
function doorOf({ source }: Scenario): PolicyDoor {
  // A single scoring policy may be written without the list; the path then has to do without the index as well.
  const written = valueAt(source.written, ['policies', 'scoring']);
  const placed = (path: PolicyPath): PolicyPath =>
    path[1] === 'scoring' && !Array.isArray(written) ? path.filter((_, index) => index !== 2) : path;
  return {
    folder: source.folder,
    error: (path, problem) => source.error(placed(path), problem),
    unknownName,
    schemaError(path, schema, complaint, value) {
      const [first] = schemaProblems(complaint, schema, value);
      if (first === undefined) return new InputError({ file: source.file, message: complaint.message });
      return source.error([...placed(path), ...first.path], first.problem, first.at);
    },
  };
}

/** Finds a scenario's policies, loads those of the user's own, and checks all parameters. Throws InputError. */
export async function scenarioPolicies(
  scenario: Scenario,
  failed: (failure: PolicyFailure) => void,
): Promise<ChosenPolicies> {
  const random = new RandomSource(scenario.seed);
  return choosePolicies(scenario.policies, { door: doorOf(scenario), random, failed });
}

/** Checks a scenario's policies without a run. */
export async function checkPolicies(scenario: Scenario): Promise<void> {
  await scenarioPolicies(scenario, () => undefined);
}
