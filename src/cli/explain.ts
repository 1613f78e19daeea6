import { printDuration } from '../sim/durations.ts';
import { InputError, printValue } from '../workloads/input-error.ts';
import { nearest } from '../workloads/nearest.ts';
import { defineCommand } from './command.ts';
import { listOf, oneOf, wholeNumber } from './flags.ts';

const FORMATS = ['table', 'json'] as const;

/** Feasible nodes that the table shows. */
const SHOWN = 10;

export const explain = defineCommand({
  usage: 'explain <scenario> <pod>',
  summary: 'Run a scenario up to a scheduling decision, and say why it was taken',
  positionals: {
    scenario: { type: 'string', demandOption: true, describe: 'Scenario file (YAML)' },
    pod: { type: 'string', demandOption: true, describe: 'namespace/name, a name, or its beginning with a *' },
  },
  options: {
    attempt: { type: 'string', requiresArg: true, describe: "Which of the pod's attempts, from 1 [1]" },
    nodes: { type: 'string', requiresArg: true, describe: `Feasible nodes that are shown [${SHOWN}]` },
    format: { type: 'string', requiresArg: true, describe: `${FORMATS.join(' or ')} [table]` },
    seed: { type: 'string', requiresArg: true, describe: "Seed of every draw, in place of the scenario's" },
    set: {
      type: 'string',
      requiresArg: true,
      describe: 'Override one value of the scenario: path=value. May be repeated',
    },
    'allow-unknown': { type: 'boolean', describe: 'Ignore fields that are not known instead of refusing them' },
  },
  examples: [
    ["explain my.yaml 'web-*'", 'the first pod of web that was tried'],
    ['explain my.yaml batch/job-1 --attempt 3', 'its third attempt'],
    ['explain my.yaml web-0 --format json', 'every node and every plugin, for programs'],
  ],
  run: async (args) => {
    const seed = wholeNumber('seed', args.seed);
    const attempt = wholeNumber('attempt', args.attempt) ?? 1;
    const shown = wholeNumber('nodes', args.nodes) ?? SHOWN;
    const format = oneOf('format', args.format, FORMATS) ?? 'table';
    if (attempt === 0) throw new InputError({ path: '--attempt', message: 'attempts count from 1', found: '0' });
    const { loadScenario } = await import('../workloads/scenario.ts');
    const { explainDecision } = await import('../explain-decision.ts');
    const { explanationJson, explanationText } = await import('../reporting/explanation-text.ts');
    const scenario = loadScenario(args.scenario, {
      set: listOf(args.set),
      ...(seed === undefined ? {} : { seed }),
      ...(args.allowUnknown === undefined ? {} : { allowUnknown: args.allowUnknown }),
    });
    const explained = await explainDecision(scenario, args.pod, attempt, (text) => console.error(text));
    if ('decision' in explained) {
      console.log(format === 'json' ? explanationJson(explained) : explanationText(explained, shown));
      return 0;
    }
    const { tried, attempts } = explained;
    const within = `within ${printDuration(scenario.duration)}`;
    if (attempts > 0) {
      const times = attempts === 1 ? 'once' : `${attempts} times`;
      console.error(`orrery: the scheduler tried ${printValue(args.pod)} ${times} ${within}: no attempt ${attempt}`);
      return 1;
    }
    const near = nearest(args.pod, [...tried, ...tried.map((key) => key.slice(key.indexOf('/') + 1))]);
    const hint = near === undefined ? `; it tried ${tried.length} others, such as ${tried[0] ?? 'none'}` : '';
    console.error(`orrery: the scheduler tried no pod ${printValue(args.pod)} ${within}${hint}`);
    if (near !== undefined) console.error(`  did you mean ${printValue(near)}?`);
    return 1;
  },
});
