import { isQuantity } from '../../sim/api/quantity.ts';
import type { InputError } from '../input-error.ts';
import { unknownName } from '../nearest.ts';
import { checkPodName } from './check-pod-name.ts';
import type { CsvRow, CsvTable } from './csv-table.ts';
import { GPU_MODEL } from './openb-nodes.ts';
import type { TracePod } from './trace-pods.ts';

/** Columns that say something other than a resource. */
const KNOWN = ['at', 'name', 'namespace', 'lifetime'];

/** Resources without a domain of their own. */
const RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];

function unknownColumn(table: CsvTable, column: string): InputError {
  const known = [...KNOWN, ...RESOURCES];
  const problem = unknownName('column', column, known);
  return table.headingError(column, {
    ...problem,
    allowed: `${problem.allowed}, or a resource such as nvidia.com/gpu`,
  });
}

function quantity(table: CsvTable, row: CsvRow, column: number): string | undefined {
  const text = (row.cells[column] ?? '').trim();
  if (text === '' || text === '0') return undefined;
  if (isQuantity(text) && !text.startsWith('-')) return text;
  const allowed = 'a quantity such as 500m, 2, 1.5Gi, or nothing';
  throw table.error(row, column, { message: 'not a quantity', found: text, allowed });
}

/**
 * A pod list of a user's own: the columns `at` (when), and optionally `name`, `namespace` and `lifetime`; every other
 * column is a resource (cpu, memory, nvidia.com/gpu …) with its requests as quantities.
 */
export function csvPods(table: CsvTable): readonly TracePod[] {
  const [at, name, namespace, lifetime] = [
    table.column('at'),
    table.column('name', true),
    table.column('namespace', true),
    table.column('lifetime', true),
  ] as const;
  const resources = table.columns.flatMap((column, index) => {
    if (KNOWN.includes(column)) return [];
    if (!RESOURCES.includes(column) && !column.includes('/')) throw unknownColumn(table, column);
    return [[column, index] as const];
  });
  return table.rows.map((row, index): TracePod => {
    const requests: Record<string, string> = {};
    for (const [resource, column] of resources) {
      const amount = quantity(table, row, column);
      if (amount !== undefined) requests[resource] = amount;
    }
    const lifetimeText = lifetime < 0 ? '' : (row.cells[lifetime] ?? '').trim();
    const ownNamespace = namespace < 0 ? '' : (row.cells[namespace] ?? '');
    return {
      name: name < 0 ? `pod-${index}` : checkPodName(table, row, name),
      namespace: ownNamespace === '' ? undefined : checkPodName(table, row, namespace),
      arrival: table.duration(row, at),
      lifetime: lifetimeText === '' ? undefined : table.duration(row, lifetime),
      failed: false,
      requests,
      labels: {},
      annotations: {},
      models: [],
      modelLabel: GPU_MODEL,
    };
  });
}
