import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KubeNode } from '../api/core.ts';
import { LabelColumns, NO_VALUE } from './label-columns.ts';

const ROWS = 8;

function node(zone: string | undefined): KubeNode {
  const labels = zone === undefined ? {} : { zone };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', uid: 'u', labels },
    spec: {},
    status: {},
  } as KubeNode;
}

it('knows how many rows have a value, whatever comes, changes and goes', () => {
  const zone = fc.constantFrom(undefined, 'a', 'b');
  const step = fc.record({ row: fc.nat(ROWS - 1), exists: fc.boolean(), zone });
  fc.assert(
    fc.property(fc.array(zone, { maxLength: ROWS }), fc.array(step), fc.nat(), (first, steps, grownAfter) => {
      const nodes: (KubeNode | undefined)[] = Array.from({ length: ROWS }, (_, row) =>
        row < first.length ? node(first[row]) : undefined,
      );
      const columns = new LabelColumns(nodes);
      columns.grow(ROWS);
      const column = columns.column('zone');
      for (const [i, { row, exists, zone }] of steps.entries()) {
        nodes[row] = exists ? node(zone) : undefined;
        columns.update(row);
        if (i === grownAfter) columns.grow(2 * ROWS);
      }
      const zones = nodes.map((it) => it?.metadata.labels?.['zone']);
      expect(column.known).toBe(zones.filter((it) => it !== undefined).length);
      expect(zones.map((_, row) => column.texts[column.values[row] as number])).toEqual(zones);
      expect(column.values.filter((value) => value !== NO_VALUE)).toHaveLength(column.known);
    }),
  );
});
