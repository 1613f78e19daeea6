import { join } from 'node:path';
import { InputError } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';
import { defineCommand } from './command.ts';

const FORMATS = ['openmetrics'] as const;

export const exportResults = defineCommand({
  usage: 'export <format> <run>',
  summary: "Write a run's time series in another format",
  positionals: {
    format: { type: 'string', demandOption: true, describe: `Which: ${FORMATS.join(', ')}` },
    run: { type: 'string', demandOption: true, describe: "The run's folder" },
  },
  options: { out: { type: 'string', requiresArg: true, describe: 'File to write [<run>/timeseries.openmetrics]' } },
  examples: [['export openmetrics reports/quickstart', 'then: promtool tsdb create-blocks-from openmetrics FILE DIR']],
  run: async ({ format, run, out }) => {
    if (format !== FORMATS[0]) throw new InputError({ path: 'export', ...unknownName('format', format, FORMATS) });
    const { RunFolder } = await import('../experiments/results/read-run.ts');
    const { writeWhole } = await import('../reporting/write-whole.ts');
    const { exportOpenMetrics } = await import('../experiments/results/export-open-metrics.ts');
    const file = out ?? join(run, 'timeseries.openmetrics');
    writeWhole(file, exportOpenMetrics(new RunFolder(run)));
    console.log(file);
    return 0;
  },
});
