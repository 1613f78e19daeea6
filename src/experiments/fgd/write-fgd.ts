import { CsvTable } from '../../reporting/csv-table.ts';
import { OutputFolder } from '../../reporting/output-folder.ts';
import type { NamedCurve } from './fgd-plot.ts';
import { fgdPlot } from './fgd-plot.ts';

const COLUMNS = [
  'policy',
  'arrived_percent',
  'allocation_percent',
  'fragmentation_percent',
  'fragmentation_ratio_percent',
];

/** Writes the curves as a table and as a picture. Answers the files' names. */
export function writeFgd(out: string, curves: readonly NamedCurve[]): readonly string[] {
  const folder = new OutputFolder(out);
  const table = new CsvTable(folder.file('fgd.csv'), COLUMNS);
  for (const { policy, points } of curves) {
    for (const { percent, allocation, fragmentation, fragmentationRatio } of points) {
      table.row([policy, percent, rounded(allocation), rounded(fragmentation), rounded(fragmentationRatio)]);
    }
  }
  table.end();
  folder.write('fgd.svg', fgdPlot(curves));
  folder.commit();
  return folder.names;
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
