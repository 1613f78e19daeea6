import { dirname } from 'node:path';
import type { Explained } from '../reporting/explanation-text.ts';
import { printDuration } from '../sim/durations.ts';
import { seconds } from '../sim/kernel/time.ts';
import { InputError, printValue } from '../workloads/input-error.ts';
import { nearest } from '../workloads/nearest.ts';
import { defineCommand } from './command.ts';
import { duration, oneOf, wholeNumber } from './flags.ts';
import { SCENARIO_FLAGS, scenarioOptions } from './scenario-flags.ts';
import type { GivenScenarioFlags } from './scenario-flags.ts';

const FORMATS = ['table', 'json', 'html'] as const;

/** Feasible nodes that the table shows. */
const SHOWN = 10;

/** A pod of which there is nothing to explain. */
interface Nothing {
  readonly says: string;
  /** Keys of the pods there are. */
  readonly known: readonly string[];
}

export const explain = defineCommand({
  usage: 'explain <inputs..>',
  summary: 'Say why a pod went, or would go, to its node, or to none',
  positionals: {
    inputs: {
      type: 'string',
      array: true,
      demandOption: true,
      describe:
        "A scenario, or files of a cluster's dump; then the pod: namespace/name, a name, or its beginning with a *",
    },
  },
  options: {
    attempt: { type: 'string', requiresArg: true, describe: "Which of the pod's attempts in the scenario, from 1 [1]" },
    at: {
      type: 'string',
      requiresArg: true,
      describe: 'What would be decided at this time of the scenario, such as 90s',
    },
    nodes: { type: 'string', requiresArg: true, describe: `Feasible nodes that are shown [${SHOWN}]` },
    format: { type: 'string', requiresArg: true, describe: `${FORMATS.join(', ')} [table]` },
    out: { type: 'string', requiresArg: true, describe: 'File to write to, instead of the terminal' },
    'scheduler-config': {
      type: 'string',
      requiresArg: true,
      describe: "The dump's KubeSchedulerConfiguration [the default of v1.34]",
    },
    ...SCENARIO_FLAGS,
  },
  examples: [
    ["explain my.yaml 'web-*'", 'the first pod of web that was tried'],
    ['explain my.yaml batch/job-1 --attempt 3', 'its third attempt'],
    ['explain my.yaml web-0 --at 10m', 'where it would go ten minutes in'],
    ['explain dump.yaml web-0', 'a pod of a real cluster: kubectl get nodes,pods,… -A -o yaml'],
    ['explain my.yaml web-0 --format html --out why.html', 'every node and every plugin, as a page'],
  ],
  run: async (args) => {
    const inputs = args.inputs;
    const pod = inputs.at(-1) ?? '';
    const files = inputs.slice(0, -1);
    const [first] = files;
    if (first === undefined) {
      throw new InputError({ message: 'an argument is missing', found: pod, allowed: 'a file, then the pod' });
    }
    const shown = wholeNumber('nodes', args.nodes) ?? SHOWN;
    const format = oneOf('format', args.format, FORMATS) ?? 'table';
    const { isScenario } = await import('../workloads/read-dump.ts');
    const explained = isScenario(first) ? await ofScenario(files, pod, args) : await ofDump(files, pod, args);
    if ('says' in explained) return nothing(pod, explained);
    const { explanationJson, explanationText } = await import('../reporting/explanation-text.ts');
    const { explanationHtml } = await import('../reporting/explanation-html.ts');
    const text =
      format === 'json'
        ? explanationJson(explained)
        : format === 'html'
          ? explanationHtml(explained)
          : explanationText(explained, shown);
    if (args.out === undefined) {
      console.log(text);
    } else {
      const { makeFolder, writeWhole } = await import('../reporting/write-whole.ts');
      makeFolder(dirname(args.out));
      writeWhole(args.out, `${text}\n`);
      console.log(args.out);
    }
    return 0;
  },
});

interface Flags extends GivenScenarioFlags {
  readonly attempt: string | undefined;
  readonly at: string | undefined;
  readonly schedulerConfig: string | undefined;
}

async function ofScenario(files: readonly string[], pod: string, flags: Flags): Promise<Explained | Nothing> {
  const [file = '', another] = files;
  if (another !== undefined) throw new InputError({ file: another, message: 'one scenario alone can be explained' });
  if (flags.schedulerConfig !== undefined) {
    const allowed = 'policies.schedulerConfiguration in the scenario';
    throw new InputError({
      path: '--scheduler-config',
      message: 'is for dumps',
      found: flags.schedulerConfig,
      allowed,
    });
  }
  const options = scenarioOptions(file, flags);
  const attempt = wholeNumber('attempt', flags.attempt);
  const at = duration('at', flags.at);
  if (attempt === 0) throw new InputError({ path: '--attempt', message: 'attempts count from 1', found: '0' });
  if (attempt !== undefined && at !== undefined) {
    throw new InputError({
      path: '--at',
      message: 'an attempt has its own time',
      allowed: 'one of --attempt and --at',
    });
  }
  const { loadScenario } = await import('../workloads/scenario.ts');
  const { explainDecision } = await import('../explain-decision.ts');
  const scenario = loadScenario(file, options);
  const moment = at === undefined ? { attempt: attempt ?? 1 } : { at: seconds(at) };
  const explained = await explainDecision(scenario, pod, moment, (text) => console.error(text));
  if ('decision' in explained) return explained;
  const { tried, attempts } = explained;
  if (at !== undefined) return { says: `there is no pod ${printValue(pod)} at ${printDuration(at)}`, known: tried };
  const within = `within ${printDuration(scenario.duration)}`;
  if (attempts > 0) {
    const times = attempts === 1 ? 'once' : `${attempts} times`;
    return { says: `the scheduler tried ${printValue(pod)} ${times} ${within}: no attempt ${attempt ?? 1}`, known: [] };
  }
  return { says: `the scheduler tried no pod ${printValue(pod)} ${within}`, known: tried };
}

async function ofDump(files: readonly string[], pod: string, flags: Flags): Promise<Explained | Nothing> {
  for (const flag of ['attempt', 'at', 'seed', 'set'] as const) {
    if (flags[flag] !== undefined)
      throw new InputError({ path: `--${flag}`, message: 'is for scenarios, not for dumps' });
  }
  const { explainDump } = await import('../explain-dump.ts');
  const configuration = flags.schedulerConfig === undefined ? {} : { configuration: flags.schedulerConfig };
  const explained = explainDump({ files, pod, ...configuration });
  if ('decision' in explained) return explained;
  return { says: `there is no pod ${printValue(pod)} in the dump`, known: explained.known };
}

function nothing(pod: string, { says, known }: Nothing): number {
  const near = nearest(pod, [...known, ...known.map((key) => key.slice(key.indexOf('/') + 1))]);
  const others = known.length === 0 ? '' : `; there are ${known.length} others, such as ${known[0]}`;
  console.error(`orrery: ${says}${near === undefined ? others : ''}`);
  if (near !== undefined) console.error(`  did you mean ${printValue(near)}?`);
  return 1;
}
