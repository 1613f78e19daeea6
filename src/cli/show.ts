import { defineCommand } from './command.ts';

export const show = defineCommand({
  usage: 'show <run>',
  summary: "Print a run's summary again",
  positionals: { run: { type: 'string', demandOption: true, describe: "The run's folder, reports/<scenario>" } },
  options: {},
  examples: [['show reports/quickstart', 'what orrery run said at its end']],
  run: async ({ run }) => {
    const { RunFolder } = await import('../experiments/results/read-run.ts');
    const { summaryText } = await import('./summary-text.ts');
    const { summary, performance } = new RunFolder(run);
    const { partial } = summary;
    console.log(summaryText({ partial, files: ['report.html'], summary, performance }, run));
    return 0;
  },
});
