import { CsvTable } from '../../reporting/csv-table.ts';
import { OutputFolder } from '../../reporting/output-folder.ts';
import { writeRuns } from '../results/runs-table.ts';
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
  try {
    writeFiles(folder, comparison);
    folder.commit();
  } catch (error) {
    folder.abandon();
    throw error;
  }
  return folder.names;
}

function writeFiles(folder: OutputFolder, comparison: Omit<Comparison, 'files'>): void {
  const settings = new Map(comparison.variants.map((variant) => [variant.letter, variant.settings.join(' ')]));
  writeRuns(folder, comparison.variants, comparison.runs);
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
}
