import colors from 'picocolors';
import { defineCommand } from './command.ts';

/** Rows are cut to a terminal's width. */
const WIDTH = 78;

export const diff = defineCommand({
  usage: 'diff <one> <other>',
  summary: 'Say where two runs part: the first event or decision that differs, and what was asked differently',
  positionals: {
    one: { type: 'string', demandOption: true, describe: "A run's folder" },
    other: { type: 'string', demandOption: true, describe: "Another run's folder" },
  },
  options: {},
  examples: [['diff reports/quickstart reports/packed', 'exit code 1 where they differ']],
  run: async (args) => {
    const { RunFolder } = await import('../experiments/results/read-run.ts');
    const { firstDifference, inputDifferences } = await import('../experiments/results/first-difference.ts');
    const [one, other] = [new RunFolder(args.one), new RunFolder(args.other)];
    for (const { what, one: first, other: second } of inputDifferences(one, other)) {
      console.log(colors.dim(`${what}:`));
      console.log(`  ${first === '' ? '–' : first}\n  ${second === '' ? '–' : second}`);
    }
    const found = firstDifference(one, other);
    if (found === undefined) {
      const same = one.summary.event_stream_hash === other.summary.event_stream_hash;
      console.log(
        same ? 'The same events, to the last one.' : 'Their events and decisions are the same; other writes differ.',
      );
      return same ? 0 : 1;
    }
    console.log(`\nThey part at ${found.time} s, in ${found.file}:`);
    const print = (mark: string, rows: readonly string[]): void => {
      for (const row of rows) console.log(`${mark} ${row.length > WIDTH ? `${row.slice(0, WIDTH - 1)}…` : row}`);
    };
    print(' ', [found.columns]);
    print(' ', found.before);
    print(colors.red('-'), found.one.length === 0 ? ['(nothing more)'] : found.one);
    print(colors.green('+'), found.other.length === 0 ? ['(nothing more)'] : found.other);
    return 1;
  },
});
