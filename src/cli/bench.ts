import colors from 'picocolors';
import type { PerfItem, PerfResult } from '../experiments/scheduler-perf/scheduler-perf.ts';
import { writeWhole } from '../reporting/write-whole.ts';
import { InputError } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';
import { defineCommand } from './command.ts';
import { share, wholeNumber } from './flags.ts';

const BENCHES = ['regression', 'scheduler-perf'] as const;
const THRESHOLD = 0.05;

export const bench = defineCommand({
  usage: 'bench [what] [configs..]',
  summary: "Watch the program's own speed against a baseline, or run Kubernetes' scheduler benchmarks",
  positionals: {
    what: { type: 'string', describe: `Which: ${BENCHES.join(', ')} [regression]` },
    configs: {
      type: 'string',
      array: true,
      describe:
        'scheduler-perf: performance-config.yaml of test/integration/scheduler_perf; templates are found from there',
    },
  },
  options: {
    label: { type: 'string', requiresArg: true, describe: 'Only workloads with this label: performance, short …' },
    workload: { type: 'string', requiresArg: true, describe: 'Only workloads in whose Case/Name this stands' },
    compare: {
      type: 'string',
      requiresArg: true,
      describe: 'regression: exit 1 where slower than this baseline (JSON)',
    },
    threshold: { type: 'string', requiresArg: true, describe: 'regression: what counts as slower [5%]' },
    only: { type: 'string', requiresArg: true, describe: 'regression: cases in whose name this stands' },
    save: { type: 'string', requiresArg: true, describe: 'regression: write the figures here, as a baseline' },
    markdown: { type: 'string', requiresArg: true, describe: 'regression: write the table here, for a pull request' },
    json: { type: 'string', requiresArg: true, describe: "Write the figures here, in upstream's shape" },
    require: {
      type: 'string',
      requiresArg: true,
      describe: 'Exit 1 where less than so many times a threshold is done',
    },
    repeat: {
      type: 'string',
      requiresArg: true,
      describe: 'Run each so many times; the best of our own speeds counts',
    },
  },
  examples: [
    ['bench --compare bench/baseline.json --threshold 5%', 'has this working tree become slower?'],
    ['bench --save base.json', 'a baseline of this machine and version'],
    ['bench scheduler-perf misc/performance-config.yaml --label performance', 'the long ones'],
    ['bench scheduler-perf affinity/performance-config.yaml --workload 5000Nodes', 'some of them'],
  ],
  run: async (args) => {
    const { what = BENCHES[0], configs = [], label, workload, json, require: required, repeat } = args;
    if (what === BENCHES[0]) {
      const { benchForRegressions } = await import('./bench-regression.ts');
      const { compare, only, save, markdown } = args;
      return benchForRegressions({
        compare,
        only,
        save,
        markdown,
        threshold: share('threshold', args.threshold) ?? THRESHOLD,
      });
    }
    if (what !== BENCHES[1]) throw new InputError({ path: 'bench', ...unknownName('bench', what, BENCHES) });
    if (configs.length === 0) {
      throw new InputError({
        path: 'bench',
        message: 'no configuration is named',
        allowed: 'performance-config.yaml files',
      });
    }
    const times = wholeNumber('require', required);
    const most = wholeNumber('repeat', repeat) ?? 1;
    const { dataItems, runSchedulerPerf } = await import('../experiments/scheduler-perf/scheduler-perf.ts');
    const results: PerfResult[] = [];
    const selection = {
      ...(label === undefined ? {} : { label }),
      ...(workload === undefined ? {} : { match: workload }),
    };
    for (const config of configs) {
      for (const result of runSchedulerPerf(config, selection, (_, runs) => runs >= most)) {
        if (results.length === 0) console.log(headingText());
        results.push(result);
        console.log(resultText(result));
      }
    }
    if (results.length === 0) {
      throw new InputError({ path: 'bench', message: 'no workload is left by --label and --workload' });
    }
    const gates = [...new Set(results.flatMap(({ featureGates }) => featureGates))];
    if (gates.length > 0) console.error(`warning: feature gates have no effect here: ${gates.join(', ')}`);
    if (json !== undefined) writeWhole(json, `${JSON.stringify(dataItems(results), undefined, 2)}\n`);
    const short = results.filter(({ threshold, items }) =>
      items.some((item) => timesOf(item, threshold) < (times ?? 0)),
    );
    if (short.length > 0) console.error(`${short.length} workloads are below ${times} times their threshold`);
    return short.length > 0 ? 1 : 0;
  },
});

/** The table's heading. */
function headingText(): string {
  return colors.dim(line('pods a second', ['pods', 'simulated', 'own', 'asked', 'times']));
}

function resultText({ name, items, threshold, refusals }: PerfResult): string {
  const lines = items.map((item) => {
    const { pods, simulated, own } = item;
    const numbers = [pods, simulated.average, own].map((value) => value.toFixed(0));
    if (threshold === undefined) return line(name, numbers);
    return line(name, [...numbers, String(threshold), timesOf(item, threshold).toFixed(1)]);
  });
  const [first] = refusals;
  return [...lines, ...(first === undefined ? [] : [colors.yellow(`  the server refused: ${first}`)])].join('\n');
}

function timesOf({ own }: PerfItem, threshold: number | undefined): number {
  return threshold === undefined ? Infinity : own / threshold;
}

const NAME = 38;

/** A line of 80 columns; a name that is too long has one of its own. */
function line(name: string, cells: readonly string[]): string {
  const [pods = '', simulated = '', own = '', asked = '', times = ''] = cells;
  const numbers = `${pods.padStart(7)}${simulated.padStart(11)}${own.padStart(9)}${asked.padStart(8)}${times.padStart(7)}`;
  return name.length > NAME
    ? `${name}\n${''.padEnd(NAME)}${numbers.trimEnd()}`
    : `${name.padEnd(NAME)}${numbers}`.trimEnd();
}
