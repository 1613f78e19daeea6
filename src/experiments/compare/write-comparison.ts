import { CsvTable } from '../../reporting/csv-table.ts';
import { OutputFolder } from '../../reporting/output-folder.ts';
import type { Comparison } from './compare.ts';
import { comparisonHtml } from './comparison-html.ts';

const COMPARED = [
  'variant',
  'settings',
  'metric',
  'pairs',
  'missing',
  'baseline_mean',
  'variant_mean',
  'difference',
  'interval_low',
  'interval_high',
  'effect_size',
  'method',
  'p_value',
  'p_value_adjusted',
  'verdict',
  'seeds_needed',
] as const;

/** Writes the runs, the comparison and its page. Answers the files' names. */
export function writeComparison(out: string, comparison: Omit<Comparison, 'files'>): readonly string[] {
  const folder = new OutputFolder(out);
  const settings = new Map(comparison.variants.map((variant) => [variant.letter, variant.settings.join(' ')]));
  const metrics = [...new Set(comparison.runs.flatMap(({ outcome }) => Object.keys(outcome.metrics)))];
  const identity = [
    'variant',
    'settings',
    'seed',
    'scenario_hash',
    'event_stream_hash',
    'version',
    'simulated_seconds',
  ];
  const runs = new CsvTable(folder.file('runs.csv'), [...identity, ...metrics]);
  for (const { variant, seed, outcome } of comparison.runs) {
    const { scenarioHash, eventStreamHash, version, simulatedSeconds } = outcome;
    const figures = metrics.map((metric) => outcome.metrics[metric] ?? undefined);
    runs.row([
      variant,
      settings.get(variant),
      seed,
      scenarioHash,
      eventStreamHash,
      version,
      simulatedSeconds,
      ...figures,
    ]);
  }
  runs.end();
  const table = new CsvTable(folder.file('comparison.csv'), COMPARED);
  for (const { variant, metrics: rows } of comparison.compared) {
    for (const row of rows) {
      table.row([
        variant.letter,
        settings.get(variant.letter),
        row.metric,
        row.pairs,
        row.missing,
        row.baselineMean,
        row.variantMean,
        row.difference,
        row.low,
        row.high,
        row.effectSize ?? undefined,
        row.method,
        row.p,
        row.adjusted,
        row.verdict,
        row.seedsNeeded,
      ]);
    }
  }
  table.end();
  folder.write('comparison.html', comparisonHtml(comparison));
  folder.commit();
  return folder.names;
}
