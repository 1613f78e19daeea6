import type { ScenarioOptions } from '../workloads/scenario.ts';
import { listOf, wholeNumber } from './flags.ts';
import { fromScenarioFolder } from './typed-paths.ts';

export const ALLOW_UNKNOWN = {
  type: 'boolean',
  describe: 'Ignore fields that are not known instead of refusing them',
} as const;

/** The flags of every command that reads one scenario. */
export const SCENARIO_FLAGS = {
  seed: { type: 'string', requiresArg: true, describe: "Seed of every draw, in place of the scenario's" },
  set: {
    type: 'string',
    requiresArg: true,
    describe: 'Override one value of the scenario: path=value. May be repeated',
  },
  'allow-unknown': ALLOW_UNKNOWN,
} as const;

/** What was given of them. */
export interface GivenScenarioFlags {
  readonly seed: string | undefined;
  readonly set: string | readonly string[] | undefined;
  readonly allowUnknown: boolean | undefined;
}

/** How the scenario of this file is to be read. Throws InputError where the seed is none. */
export function scenarioOptions(file: string, { seed, set, allowUnknown }: GivenScenarioFlags): ScenarioOptions {
  const number = wholeNumber('seed', seed);
  return {
    set: fromScenarioFolder(listOf(set), file),
    ...(number === undefined ? {} : { seed: number }),
    ...(allowUnknown === undefined ? {} : { allowUnknown }),
  };
}
