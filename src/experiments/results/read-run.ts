import { existsSync, readFileSync } from 'node:fs';
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

  /** @throws {InputError} where no run has written there. */
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
    this.summary = JSON.parse(readFileSync(file, 'utf8')) as Summary;
    this.performance = JSON.parse(readInput(join(path, PERFORMANCE_FILE))) as RunPerformance;
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
