import colors from 'picocolors';
import { defineCommand } from './command.ts';

export const reproduce = defineCommand({
  usage: 'reproduce <folder> [run]',
  summary: 'Run a recorded run again, and check that the same happens',
  positionals: {
    folder: { type: 'string', demandOption: true, describe: 'Results of orrery run, compare or sweep' },
    run: { type: 'string', describe: 'Of a study: which run, as in the column run of runs.csv' },
  },
  options: {},
  examples: [
    ['reproduce reports/quickstart', 'the run whose results lie there'],
    ['reproduce reports/packing B-7', 'variant B on seed 7 of a study'],
  ],
  run: async ({ folder, run }) => {
    const { reproduce: again } = await import('../experiments/reproduce.ts');
    const { run: name, recorded, again: outcome, same, differing, otherCode } = await again(folder, run);
    if ('failure' in outcome) {
      console.error(`${name}: ${outcome.failure}`);
      return outcome.exitCode;
    }
    if (same) {
      console.log(colors.green(`${name}: the same, events ${outcome.eventStreamHash}`));
      return 0;
    }
    console.log(colors.red(`${name}: differs`));
    const lines = [
      ['scenario', recorded.scenarioHash, outcome.scenarioHash],
      ['events', recorded.eventStreamHash, outcome.eventStreamHash],
      ['code', recorded.version, outcome.version],
      ...differing.map((metric) => [metric, recorded.metrics[metric], outcome.metrics[metric]]),
    ] as const;
    for (const [what, before, now] of lines) if (before !== now) console.log(`  ${what}: ${before} then, ${now} now`);
    if (otherCode)
      console.log('The program has changed since: results of the version above are what that version gives.');
    return 1;
  },
});
