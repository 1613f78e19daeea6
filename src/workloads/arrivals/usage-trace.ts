import type { StringMap } from '../../sim/api/meta.ts';
import { BehaviorAnnotation } from '../../sim/behavior-annotations.ts';
import { printDuration } from '../../sim/durations.ts';
import { parseUsageCurve } from '../../sim/usage-curve.ts';
import type { DocumentPath } from '../input-error.ts';
import { referencedCsv } from '../referenced-file.ts';
import type { ScenarioSource } from '../scenario.ts';
import type { ManifestOptions } from '../scenario-schema.ts';
import type { CsvTable } from '../traces/csv-table.ts';

/** What a table's columns may tell, and the annotation that it becomes. */
const RESOURCES = {
  cpu: BehaviorAnnotation.cpuUsage,
  memory: BehaviorAnnotation.memoryUsage,
  disk: BehaviorAnnotation.diskUsage,
  pid: BehaviorAnnotation.pidUsage,
  cpuDemand: BehaviorAnnotation.cpuDemand,
} as const;

type UsageTrace = NonNullable<ManifestOptions['usage']>;

/** The annotations that a recorded usage comes to, for all pods of a workload. Throws InputError. */
export function usageAnnotations(source: ScenarioSource, usage: UsageTrace, path: DocumentPath): StringMap {
  const table = referencedCsv(source, [...path, 'csv'], usage.csv);
  if (table.rows.length === 0) throw table.noRows();
  const times = timesOf(table, usage);
  const annotations: Record<string, string> = {};
  for (const [resource, annotation] of Object.entries(RESOURCES)) {
    const name = usage[resource as keyof typeof RESOURCES];
    if (name !== undefined) annotations[annotation] = curveOf(table, table.column(name), times, usage.linear);
  }
  return annotations;
}

/** When each row begins to hold, in the run's time; they follow one another. */
function timesOf(table: CsvTable, { at, shift, speedup }: UsageTrace): readonly string[] {
  const column = table.column(at);
  let before = -1;
  return table.rows.map((row) => {
    const time = table.duration(row, column) / speedup + shift;
    if (time <= before) {
      const found = row.cells[column] ?? '';
      throw table.error(row, column, { message: 'not later than the row before it', found, allowed: 'rows in order' });
    }
    before = time;
    return printDuration(time);
  });
}

const FORMS = 'an amount such as 0.25, 250m, 1Gi or 50%';

function curveOf(table: CsvTable, column: number, times: readonly string[], linear: boolean): string {
  const points = table.rows.map((row, index) => {
    const amount = (row.cells[column] ?? '').trim();
    if (parseUsageCurve(`0s=${amount}`) === undefined) {
      throw table.error(row, column, {
        message: 'not an amount',
        found: amount === '' ? 'nothing' : amount,
        allowed: FORMS,
      });
    }
    return `${times[index] ?? ''}=${amount}`;
  });
  const text = linear ? `ramp(${points.join(', ')})` : points.join(', ');
  if (parseUsageCurve(text) !== undefined) return text;
  const [row] = table.rows;
  throw table.error(row as NonNullable<typeof row>, column, {
    message: 'amounts, and parts of the request, in one column',
    allowed: 'one of the two',
  });
}
