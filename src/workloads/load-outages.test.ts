import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../../test/support/refusal.ts';
import type { Refusal } from '../../test/support/refusal.ts';
import { loadNodes } from './load-nodes.ts';
import { loadOutages } from './load-outages.ts';
import { parseScenario } from './scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-outages-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The outages of a table, in a cluster of nodes n-0 to n-3 in the zones a and b. */
function outages(csv: string, more = ''): ReturnType<typeof loadOutages> {
  writeFileSync(join(folder, 'outages.csv'), csv);
  const text = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: x }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 4, capacity: { cpu: 1, memory: 1Gi }, zones: [a, b] }] }
outages: [{ csv: ./outages.csv${more} }]
`;
  const scenario = parseScenario(text, join(folder, 'scenario.yaml'));
  return loadOutages(scenario, loadNodes(scenario).entries);
}

describe('outages from a table', () => {
  it('are faults of nodes and zones, crashes where no kind is given', () => {
    expect(outages('at,node,zone,kind,for\n60,n-1,,,5m\n2h,,b,zone-outage,\n')).toEqual([
      { at: 60e6, kind: 'node-crash', nodes: ['n-1'], forMicros: 300e6 },
      { at: 7200e6, kind: 'zone-outage', zone: 'b' },
    ]);
  });

  it('come later and faster where that is asked for', () => {
    expect(outages('at,node,for\n60,n-1,5m\n', ', shift: 10s, speedup: 3')).toEqual([
      { at: 30e6, kind: 'node-crash', nodes: ['n-1'], forMicros: 100e6 },
    ]);
  });

  // prettier-ignore
  const BAD: readonly { readonly csv: string; readonly refusal: Refusal }[] = [
    { csv: 'at,node\n60,n-9\n', refusal: ['2:4', 'node: no such node', 'n-9', 'n-0, n-1, n-2, n-3', 'n-0'] },
    { csv: 'at,node,kind\n60,n-1,node-crush\n', refusal: ['2:8', 'kind: no such kind of outage', 'node-crush', 'node-crash, node-shutdown', 'node-crash'] },
    { csv: 'at,node\n-5,n-1\n', refusal: ['2:1', 'at: not a duration', '-5', 'seconds, or a duration such as 90s or 1h30m'] },
    { csv: 'at,node,zone\n60,n-1,a\n', refusal: ['2:8', 'zone: a node and a zone', '', 'one of node and zone'] },
    { csv: 'when,node\n60,n-1\n', refusal: ['1:1', 'at: this column is missing', 'when, node', 'at'] },
  ];
  it.each(BAD)('are refused where they make no sense: $csv', ({ csv, refusal }) => {
    expectRefusal(() => outages(csv), refusal);
  });
});
