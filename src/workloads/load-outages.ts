import { MACHINE_FAULTS } from '../sim/faults/timed-fault.ts';
import type { MachineFault, TimedFault } from '../sim/faults/timed-fault.ts';
import { seconds } from '../sim/kernel/time.ts';
import { unknownName } from './nearest.ts';
import type { LoadedNode } from './nodes/loaded-node.ts';
import { referencedCsv } from './referenced-file.ts';
import type { Scenario } from './scenario.ts';
import type { CsvRow, CsvTable } from './traces/csv-table.ts';

/** Faults of machines that need nothing but a time and a place to be told. */
const KINDS = MACHINE_FAULTS.filter((kind) => !['slow-pulls', 'slow-node', 'memory-leak'].includes(kind));

/** The outages that a scenario's tables list. Throws InputError. */
export function loadOutages({ outages, source }: Scenario, nodes: readonly LoadedNode[]): readonly TimedFault[] {
  return outages.flatMap(({ csv, shift, speedup }, index) => {
    const table = referencedCsv(source, ['outages', index, 'csv'], csv);
    return outagesOf(table, nodes).map((outage): TimedFault => {
      const { forMicros, at } = outage;
      const lasts = forMicros === undefined ? {} : { forMicros: Math.max(1, Math.round(forMicros / speedup)) };
      return { ...outage, at: Math.round(at / speedup) + seconds(shift), ...lasts };
    });
  });
}

function outagesOf(table: CsvTable, nodes: readonly LoadedNode[]): readonly TimedFault[] {
  const at = table.column('at');
  const zoneColumn = table.column('zone', true);
  const nodeColumn = table.column('node', zoneColumn >= 0);
  const kindColumn = table.column('kind', true);
  const forColumn = table.column('for', true);
  const names = nodes.map(({ name }) => name);
  const zones = [...new Set(nodes.flatMap(({ zone }) => (zone === undefined ? [] : [zone])))];
  /** The name in a column that has to be one of those known; undefined where there is none. */
  const known = (row: CsvRow, column: number, what: string, all: readonly string[]): string | undefined => {
    const name = (row.cells[column] ?? '').trim();
    if (name === '' || all.includes(name)) return name === '' ? undefined : name;
    throw table.error(row, column, unknownName(what, name, all));
  };
  return table.rows.map((row): TimedFault => {
    const node = known(row, nodeColumn, 'node', names);
    const zone = known(row, zoneColumn, 'zone', zones);
    if ((node === undefined) === (zone === undefined)) {
      const message = node === undefined ? 'which node is not said' : 'a node and a zone';
      throw table.error(row, Math.max(nodeColumn, zoneColumn), { message, allowed: 'one of node and zone' });
    }
    const kind = (known(row, kindColumn, 'kind of outage', KINDS) ?? 'node-crash') as MachineFault;
    const lasts = (row.cells[forColumn] ?? '').trim();
    return {
      at: seconds(table.duration(row, at)),
      kind,
      ...(node === undefined ? {} : { nodes: [node] }),
      ...(zone === undefined ? {} : { zone }),
      ...(lasts === '' ? {} : { forMicros: Math.max(1, seconds(table.duration(row, forColumn))) }),
    };
  });
}
