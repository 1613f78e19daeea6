import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../../reporting/summary.ts';
import { PERFORMANCE_FILE } from '../../run-performance.ts';
import type { RunPerformance } from '../../run-performance.ts';
import { InputError } from '../../workloads/input-error.ts';
import { CsvTable } from '../../workloads/traces/csv-table.ts';
import { readInput } from '../../workloads/yaml.ts';

/** The results of a run, read back from its folder. */
export class RunFolder {
  readonly path: string;
  readonly summary: Summary;
  readonly performance: RunPerformance;

  /** @throws {InputError} where no run has written there, or what it wrote is not whole. */
  constructor(path: string) {
    this.path = path;
    const file = join(path, 'summary.json');
    if (!existsSync(file)) {
      const study = existsSync(join(path, 'runs.csv'));
      throw new InputError({
        file: path,
        message: study ? 'these are the results of a study, not of a run' : 'no results of a run',
        allowed: 'a folder that orrery run wrote',
      });
    }
    this.summary = recordOf<Summary>(file, 'metrics');
    this.performance = recordOf<RunPerformance>(join(path, PERFORMANCE_FILE), 'simulation_seconds');
  }

  /** Numbers of a table by column. */
  columns(name: string): ReadonlyMap<string, readonly number[]> {
    const table = this.table(name);
    return new Map(table.columns.map((column, i) => [column, table.rows.map(({ cells }) => Number(cells[i]))]));
  }

  table(name: string): CsvTable {
    return new CsvTable(join(this.path, name), readInput(join(this.path, name)));
  }
}

/** A file of JSON, by a field that each of its kind has. */
function recordOf<T extends object>(file: string, field: keyof T & string): T {
  const text = readInput(file);
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record === 'object' && record !== null && field in record) return record as T;
  } catch {
    // Told below.
  }
  throw new InputError({ file, message: 'not whole', allowed: 'what orrery run wrote', hint: 'Run it again.' });
}
