import { extenderSet } from './extenders/extender-set.ts';
import { RandomSource } from './sim/kernel/random.ts';
import type { PolicyDoor, PolicyFailure, PolicyPath } from './policies/policy.ts';
import { choosePolicies } from './policies/registry.ts';
import type { ChosenPolicies } from './policies/registry.ts';
import { readConfiguration, SETTING_PATHS } from './policies/scheduling/configuration/read-configuration.ts';
import type {
  ConfigurationDoor,
  SchedulerConfiguration,
} from './policies/scheduling/configuration/read-configuration.ts';
import { InputError, printPath } from './workloads/input-error.ts';
import type { DocumentPath, InputProblem } from './workloads/input-error.ts';
import { unknownName } from './workloads/nearest.ts';
import { referencedYaml } from './workloads/referenced-file.ts';
import { schemaProblems, valueAt } from './workloads/scenario-problems.ts';
import type { Scenario } from './workloads/scenario.ts';
import type { YamlSource } from './workloads/yaml.ts';

/** Says what is wrong at a path of a text, at a field's value or at its name. */
type Tell = (path: DocumentPath, problem: InputProblem, at?: 'key' | 'value') => InputError;

/** The parts of a door that follow from how a text tells what is wrong with it. */
function doorThat(tell: Tell, file: string): ConfigurationDoor {
  return {
    error: tell,
    unknownName,
    schemaError(path, schema, complaint, value) {
      const [first] = schemaProblems(complaint, schema, value);
      if (first === undefined) return new InputError({ file, message: complaint.message });
      return tell([...path, ...first.path], first.problem, first.at);
    },
  };
}

/** What the registry needs to know of a scenario: policies and workloads do not know each other. */
function doorOf({ source }: Scenario): PolicyDoor {
  // A single scoring policy may be written without the list; the path then has to do without the index as well.
  const written = valueAt(source.written, ['policies', 'scoring']);
  const placed = (path: PolicyPath): PolicyPath =>
    path[1] === 'scoring' && !Array.isArray(written) ? path.filter((_, index) => index !== 2) : path;
  return {
    folder: source.folder,
    ...doorThat((path, problem, at) => source.error(placed(path), problem, at), source.file),
  };
}

const CONFIGURATION: PolicyPath = ['policies', 'schedulerConfiguration'];

/** The KubeSchedulerConfiguration that a scenario names, or holds. */
function schedulerConfiguration({ policies, source }: Scenario): SchedulerConfiguration | undefined {
  const given = policies.schedulerConfiguration;
  if (given === undefined) return undefined;
  if (typeof given !== 'string') {
    const tell: Tell = (path, problem, at) => source.error([...CONFIGURATION, ...path], problem, at);
    return readConfiguration(given, doorThat(tell, source.file));
  }
  return configurationIn(referencedYaml(source, CONFIGURATION, given));
}

/** The one KubeSchedulerConfiguration of a file. */
export function configurationIn(yaml: YamlSource): SchedulerConfiguration {
  const [document, ...others] = yaml.documents;
  if (others.length > 0) {
    throw yaml.error(1, [], { message: 'a second document', allowed: 'one KubeSchedulerConfiguration' });
  }
  if (document === undefined || document === null)
    throw yaml.error(0, [], { message: 'the file is empty', allowed: 'a KubeSchedulerConfiguration' });
  return readConfiguration(
    document,
    doorThat((path, problem, at) => yaml.error(0, path, problem, at), yaml.file),
  );
}

/** A setting that both the scenario and the configuration give could only be the one or the other. */
function checkSettings({ source }: Scenario, { settings }: SchedulerConfiguration): void {
  for (const name of Object.keys(settings) as (keyof typeof SETTING_PATHS)[]) {
    const path = ['components', 'scheduler', name];
    if (valueAt(source.written, path) === undefined) continue;
    throw source.error(path, {
      message: 'the KubeSchedulerConfiguration says it, too',
      found: `${printPath(SETTING_PATHS[name])}: ${settings[name]} there`,
      allowed: 'one of the two',
    });
  }
}

/** Finds a scenario's policies, loads those of the user's own, and checks all parameters. Throws InputError. */
export async function scenarioPolicies(
  scenario: Scenario,
  failed: (failure: PolicyFailure) => void,
): Promise<ChosenPolicies> {
  const random = new RandomSource(scenario.seed);
  const configuration = schedulerConfiguration(scenario);
  if (configuration !== undefined) checkSettings(scenario, configuration);
  const chosen = await choosePolicies(scenario.policies, { door: doorOf(scenario), random, failed }, configuration);
  return { ...chosen, extenders: extenderSet(scenario, configuration?.extenders ?? [], failed) };
}

/** Checks a scenario's policies without a run. Answers what is let pass and has no effect. */
export async function checkPolicies(scenario: Scenario): Promise<readonly string[]> {
  const { warnings } = await scenarioPolicies(scenario, () => undefined);
  return warnings.map((warning) => `${scenario.source.file}: ${warning}`);
}
