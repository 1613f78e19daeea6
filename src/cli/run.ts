import type { RunRequest } from '../simulate.ts';
import { defineCommand } from './command.ts';
import { duration, oneOf } from './flags.ts';
import { SCENARIO_FLAGS, scenarioOptions } from './scenario-flags.ts';

const QUEUES = ['instants', 'fastpriorityqueue'] as const;
const HEARTBEATS = ['lazy', 'plain'] as const;

export const run = defineCommand({
  usage: 'run <scenario>',
  summary: 'Simulate the cluster that a scenario describes, and report what happened',
  positionals: {
    scenario: { type: 'string', demandOption: true, describe: 'Scenario file (YAML)' },
  },
  options: {
    ...SCENARIO_FLAGS,
    until: { type: 'string', requiresArg: true, describe: 'Stop at this simulated time: 90s, 6h, 2d' },
    out: { type: 'string', requiresArg: true, describe: 'Folder for the results [reports/<scenario>]' },
    check: { type: 'boolean', describe: 'Check the invariants at every write; a violation stops the run' },
    'check-determinism': { type: 'boolean', describe: 'Run twice and compare every byte of the results' },
    'time-limit': {
      type: 'string',
      requiresArg: true,
      describe: 'Stop after so much real time, with what was recorded: 90s, 10m',
    },
    heartbeats: {
      type: 'string',
      requiresArg: true,
      describe: `How healthy nodes' leases are renewed: ${HEARTBEATS.join(' or ')}; the results are the same`,
    },
    queue: {
      type: 'string',
      requiresArg: true,
      describe: `Event queue: ${QUEUES.join(' or ')}; the results are the same`,
    },
    quiet: { type: 'boolean', describe: 'Print errors only' },
  },
  examples: [
    ['run scenarios/quickstart.yaml', 'one simulated day of a small cluster'],
    ['run my.yaml --seed 7 --until 6h', 'other luck, the first six hours'],
    ['run my.yaml --set duration=2d --set seed=9', 'with other values'],
    ['run my.yaml --check-determinism', 'prove that two runs agree'],
  ],
  run: async (args) => {
    const until = duration('until', args.until);
    const timeLimit = duration('time-limit', args.timeLimit);
    const queue = oneOf('queue', args.queue, QUEUES);
    const heartbeats = oneOf('heartbeats', args.heartbeats, HEARTBEATS);
    const { loadScenario } = await import('../workloads/scenario.ts');
    const { runInTerminal } = await import('./run-in-terminal.ts');
    const scenario = loadScenario(args.scenario, scenarioOptions(args.scenario, args));
    const request: RunRequest & { readonly out: string } = {
      out: args.out ?? `reports/${scenario.metadata.name}`,
      check: args.check ?? false,
      ...(until === undefined ? {} : { untilSeconds: until }),
      ...(timeLimit === undefined ? {} : { timeLimitSeconds: timeLimit }),
      ...(queue === undefined ? {} : { queue }),
      ...(heartbeats === undefined ? {} : { heartbeats }),
    };
    return runInTerminal(scenario, request, {
      quiet: args.quiet ?? false,
      twice: args.checkDeterminism ?? false,
    });
  },
});
