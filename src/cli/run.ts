import { defineCommand } from './command.ts';
import { listOf, wholeNumber } from './flags.ts';

export const run = defineCommand({
  usage: 'run <scenario>',
  summary: 'Simulate the cluster that a scenario describes, and report what happened',
  positionals: {
    scenario: { type: 'string', demandOption: true, describe: 'Scenario file (YAML)' },
  },
  options: {
    seed: { type: 'string', requiresArg: true, describe: "Seed of every draw, in place of the scenario's" },
    set: {
      type: 'string',
      requiresArg: true,
      describe: 'Override one value of the scenario: path=value. May be repeated',
    },
    until: { type: 'string', requiresArg: true, describe: 'Stop at this simulated time: 90s, 6h, 2d' },
    out: { type: 'string', requiresArg: true, describe: 'Folder for the results [reports/<scenario>]' },
    check: { type: 'boolean', describe: 'Check the invariants after every event; a violation stops the run' },
    'check-determinism': { type: 'boolean', describe: 'Run twice and compare every byte of the results' },
    queue: { type: 'string', requiresArg: true, describe: 'Event queue of the kernel' },
    'allow-unknown': { type: 'boolean', describe: 'Ignore fields that are not known instead of refusing them' },
    quiet: { type: 'boolean', describe: 'Print errors only' },
  },
  examples: [
    ['run scenarios/quickstart.yaml', 'one simulated day of a small cluster'],
    ['run my.yaml --seed 7 --until 6h', 'other luck, the first six hours'],
    ['run my.yaml --set policies.scoring.use=MostAllocated', 'the same with another policy'],
    ['run my.yaml --check-determinism --out /tmp/twice', 'prove that two runs agree'],
  ],
  run: async ({ seed, set }) => {
    wholeNumber('seed', seed);
    listOf(set);
    throw new Error('`orrery run` is not built yet.');
  },
});
