import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../../../test/support/refusal.ts';
import type { Refusal } from '../../../test/support/refusal.ts';
import type { StringMap } from '../../sim/api/meta.ts';
import { RandomSource } from '../../sim/kernel/random.ts';
import { loadArrivals } from '../load-arrivals.ts';
import { parseScenario } from '../scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-usage-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The annotations of a pod whose workload has a table of usage, and of one that says its own. */
function annotations(csv: string, usage: string): readonly (StringMap | undefined)[] {
  writeFileSync(join(folder, 'usage.csv'), csv);
  const text = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: x }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 1, capacity: { cpu: 1, memory: 1Gi } }] }
workloads:
  - name: w
    options: { usage: { csv: ./usage.csv, ${usage} } }
    inline:
      - { apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [{ name: c, image: i }] } }
      - apiVersion: v1
        kind: Pod
        metadata: { name: b, annotations: { orrery.dev/cpu-usage: 1 } }
        spec: { containers: [{ name: c, image: i }] }
`.replace('cpu-usage: 1', 'cpu-usage: "1"');
  const scenario = parseScenario(text, join(folder, 'scenario.yaml'));
  const plan = loadArrivals(scenario, new RandomSource('1')).workloads[0];
  return plan?.objects?.().map(({ metadata }) => metadata.annotations) ?? [];
}

const CSV = 'at,cores,bytes\n0,0.5,1Gi\n90s,750m,2Gi\n1h,50m,1Gi\n';

describe('usage from a table', () => {
  it('becomes steps over time for the pods of the workload that say nothing of their own', () => {
    const [a, b] = annotations(CSV, 'cpu: cores, memory: bytes');
    expect(a).toEqual({
      'orrery.dev/cpu-usage': '0s=0.5, 1m30s=750m, 1h=50m',
      'orrery.dev/memory-usage': '0s=1Gi, 1m30s=2Gi, 1h=1Gi',
    });
    expect(b).toMatchObject({ 'orrery.dev/cpu-usage': '1', 'orrery.dev/memory-usage': a?.['orrery.dev/memory-usage'] });
  });

  it('or a line, later and faster', () => {
    const [a] = annotations(CSV, 'cpu: cores, linear: true, shift: 10s, speedup: 3');
    expect(a).toEqual({ 'orrery.dev/cpu-usage': 'ramp(10s=0.5, 40s=750m, 20m10s=50m)' });
  });

  // prettier-ignore
  const BAD: readonly { readonly csv: string; readonly usage: string; readonly refusal: Refusal }[] = [
    { csv: CSV, usage: 'cpu: core', refusal: ['1:1', 'core: this column is missing', 'at, cores, bytes', 'core', 'cores'] },
    { csv: 'at,c\n0,1\n0,2\n', usage: 'cpu: c', refusal: ['3:1', 'at: not later than the row before it', '0', 'rows in order'] },
    { csv: 'at,c\n0,-1\n', usage: 'cpu: c', refusal: ['2:3', 'c: not an amount', '-1', 'an amount such as 0.25, 250m, 1Gi or 50%'] },
    { csv: 'at,c\n0,1\n1m,50%\n', usage: 'cpu: c', refusal: ['2:3', 'c: amounts, and parts of the request, in one column', '', 'one of the two'] },
    { csv: 'at,c\n', usage: 'cpu: c', refusal: ['1:1', 'the file has no rows', '', 'a row for each entry'] },
    { csv: CSV, usage: 'linear: true', refusal: ['9:23', 'workloads[0].options.usage: which column is not said', 'a mapping, {"csv":"./usage.csv","linear":true}', 'one or more of cpu, memory'] },
  ];
  it.each(BAD)('is refused where it makes no sense: $csv $usage', ({ csv, usage, refusal }) => {
    expectRefusal(() => annotations(csv, usage), refusal);
  });
});
