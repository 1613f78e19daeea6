import { availableParallelism } from 'node:os';
import { InputError } from '../workloads/input-error.ts';
import { defineCommand } from './command.ts';
import { duration, listOf, oneOf, share, wholeNumber } from './flags.ts';
import { INTERRUPTED } from './interruption.ts';
import { runStudyInTerminal } from './study-in-terminal.ts';
import { ALLOW_UNKNOWN } from './scenario-flags.ts';
import { fromScenarioFolder } from './typed-paths.ts';

const SEEDS = 10;

export const compare = defineCommand({
  usage: 'compare <scenario>',
  summary: 'Run variants of a scenario on the same seeds, and say which is better',
  positionals: {
    scenario: { type: 'string', demandOption: true, describe: 'Scenario file (YAML)' },
  },
  options: {
    vary: { type: 'string', requiresArg: true, describe: 'What differs: path=value,value,… May be repeated' },
    seeds: { type: 'string', requiresArg: true, describe: `How many seeds each variant runs on [${SEEDS}]` },
    set: { type: 'string', requiresArg: true, describe: 'Override one value in all variants: path=value' },
    until: { type: 'string', requiresArg: true, describe: 'Stop every run at this simulated time: 90s, 6h, 2d' },
    metric: { type: 'string', requiresArg: true, describe: 'Compare this figure of summary.json. May be repeated' },
    margin: { type: 'string', requiresArg: true, describe: 'Differences under this do not matter [1%]' },
    'stop-when': { type: 'string', requiresArg: true, describe: 'Add seeds until all intervals are narrower: ci<2%' },
    'max-seeds': { type: 'string', requiresArg: true, describe: 'Where seeds are added, at most so many [10 × seeds]' },
    'warm-up': {
      type: 'string',
      requiresArg: true,
      describe: 'What is left out: scenario, or mser to find it out [scenario]',
    },
    redis: { type: 'string', requiresArg: true, describe: 'Run on the workers behind this Redis, not on threads' },
    threads: { type: 'string', requiresArg: true, describe: 'Worker threads [one a processor]' },
    out: { type: 'string', requiresArg: true, describe: 'Folder for the results [reports/<scenario>-compared]' },
    resume: { type: 'boolean', describe: 'Keep the runs that an interrupted comparison left there' },
    'allow-unknown': ALLOW_UNKNOWN,
    quiet: { type: 'boolean', describe: 'Print errors only' },
  },
  examples: [
    ['compare my.yaml --vary policies.scoring=LeastAllocated,MostAllocated', 'two scoring policies'],
    ['compare my.yaml --vary components.scheduler.percentageOfNodesToScore=0,100 --seeds 30', 'more seeds'],
    ['compare my.yaml --vary policies.scoring=default,./mine.mjs --stop-when "ci<2%"', 'until it is sure'],
  ],
  run: async (args) => {
    const vary = fromScenarioFolder(listOf(args.vary), args.scenario);
    if (vary.length === 0) {
      const allowed = 'path=value,value,…, e.g. policies.scoring=least,most';
      throw new InputError({ path: '--vary', message: 'is missing: there is nothing to compare', allowed });
    }
    const untilSeconds = duration('until', args.until);
    const margin = share('margin', args.margin);
    const stopWhen = share('stop-when', args.stopWhen?.replace(/^ci<=?/, ''));
    const maxSeeds = wholeNumber('max-seeds', args.maxSeeds);
    const seeds = wholeNumber('seeds', args.seeds) ?? SEEDS;
    const threads = wholeNumber('threads', args.threads) ?? availableParallelism();
    const warmUp = oneOf('warm-up', args.warmUp, ['scenario', 'mser'] as const);
    const set = fromScenarioFolder(listOf(args.set), args.scenario);
    const { compare: run } = await import('../experiments/compare/compare.ts');
    const comparison = await runStudyInTerminal(args.quiet ?? false, (hooks, onNotice) =>
      run(
        {
          file: args.scenario,
          vary,
          seeds,
          set,
          allowUnknown: args.allowUnknown ?? false,
          metrics: listOf(args.metric),
          threads,
          resume: args.resume ?? false,
          command: commandLine({ scenario: args.scenario, vary, set, seeds, until: args.until, warmUp }),
          onNotice,
          ...(args.out === undefined ? {} : { out: args.out }),
          ...(args.redis === undefined ? {} : { redis: args.redis }),
          ...(warmUp === undefined ? {} : { warmUp }),
          ...(untilSeconds === undefined ? {} : { untilSeconds }),
          ...(margin === undefined ? {} : { margin }),
          ...(stopWhen === undefined ? {} : { stopWhen }),
          ...(maxSeeds === undefined ? {} : { maxSeeds }),
        },
        hooks,
      ),
    );
    return comparison.partial ? INTERRUPTED : 0;
  },
});

interface Repeatable {
  readonly scenario: string;
  readonly vary: readonly string[];
  readonly set: readonly string[];
  readonly seeds: number;
  readonly until: string | undefined;
  readonly warmUp: string | undefined;
}

/** The command that gives the same runs. */
function commandLine({ scenario, vary, set, seeds, until, warmUp }: Repeatable): string {
  const quoted = (text: string): string =>
    /^[\w./=,:-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const flags = [...vary.map((axis) => ['--vary', axis]), ...set.map((setting) => ['--set', setting])].flat();
  if (until !== undefined) flags.push('--until', until);
  if (warmUp !== undefined) flags.push('--warm-up', warmUp);
  return ['orrery', 'compare', scenario, ...flags, '--seeds', String(seeds)].map(quoted).join(' ');
}
