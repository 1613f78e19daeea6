import { basename } from 'node:path';
import { InputError } from '../workloads/input-error.ts';
import { unknownName } from '../workloads/nearest.ts';
import { defineCommand } from './command.ts';
import { listOf } from './flags.ts';

export const plot = defineCommand({
  usage: 'plot <runs..>',
  summary: 'Draw columns of timeseries.csv of one or several runs, as SVG or PNG',
  positionals: {
    runs: { type: 'string', array: true, demandOption: true, describe: "Runs' folders; a line each" },
  },
  options: {
    metric: { type: 'string', requiresArg: true, describe: 'Column of timeseries.csv; a panel each. May be repeated' },
    out: { type: 'string', requiresArg: true, describe: 'File to write, .svg or .png [plot.svg]' },
  },
  examples: [
    ['plot reports/quickstart --metric pods_pending --out pending.svg', 'one run'],
    ['plot reports/a reports/b --metric pods_running --metric nodes_ready --out ab.png', 'two runs, two panels'],
  ],
  run: async ({ runs, metric, out = 'plot.svg' }) => {
    const metrics = listOf(metric);
    if (metrics.length === 0) {
      throw new InputError({
        path: '--metric',
        message: 'is missing',
        allowed: 'a column of timeseries.csv, e.g. pods_pending',
      });
    }
    if (!/\.(svg|png)$/.test(out)) {
      throw new InputError({
        path: '--out',
        message: 'not a picture',
        found: out,
        allowed: 'a name that ends in .svg or .png',
      });
    }
    const { RunFolder } = await import('../experiments/results/read-run.ts');
    const { writeWhole } = await import('../reporting/write-whole.ts');
    const { seriesPlot } = await import('../experiments/results/series-plot.ts');
    const tables = runs.map((run) => [basename(run), new RunFolder(run).columns('timeseries.csv')] as const);
    const panels = new Map(
      metrics.map((name) => [
        name,
        tables.map(([label, columns]) => {
          const values = columns.get(name);
          if (values === undefined) {
            throw new InputError({ path: '--metric', ...unknownName('column', name, [...columns.keys()]) });
          }
          return { label, times: columns.get('time_seconds') ?? [], values };
        }),
      ]),
    );
    const svg = seriesPlot(panels);
    if (out.endsWith('.svg')) {
      writeWhole(out, svg);
    } else {
      const { Resvg } = await import('@resvg/resvg-js');
      const picture = new Resvg(svg, { fitTo: { mode: 'zoom', value: 2 }, font: { loadSystemFonts: true } });
      writeWhole(out, picture.render().asPng());
    }
    console.log(out);
    return 0;
  },
});
