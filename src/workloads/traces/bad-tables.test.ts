import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { expectRefusal } from '../../../test/support/refusal.ts';
import type { Refusal } from '../../../test/support/refusal.ts';
import { RandomSource } from '../../sim/kernel/random.ts';
import { loadArrivals } from '../load-arrivals.ts';
import { loadNodes } from '../load-nodes.ts';
import { parseScenario } from '../scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'orrery-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A CSV file and the workload that reads it; `nodes` for a node list. */
type Table = readonly [file: string, text: string, use: string];

const openbN = 'sn,cpu_milli,memory_mib,gpu,model\n';
const openbP =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n';
const own = (rows: string): Table => ['pods.csv', rows, 'trace: {format: csv, pods: pods.csv}'];
const nodes = (rows: string): Table => ['nodes.csv', openbN + rows, 'nodes'];
const pods = (rows: string): Table => ['pods.csv', openbP + rows, 'trace: {format: openb, pods: pods.csv}'];
const arr = (rows: string): Table => [
  'times.csv',
  rows,
  'generator: {resources: {cpu: 1}, arrivals: {csv: {file: times.csv}}}',
];
const life = (rows: string): Table => [
  'lives.csv',
  rows,
  'generator: {resources: {cpu: 1}, arrivals: {constant: {every: 1m}}, lifetime: {csv: {file: lives.csv, column: life}}}',
];
const mem = (rows: string): Table => [
  'sizes.csv',
  rows,
  'generator: {resources: {memory: {csv: {file: sizes.csv, column: memory}}}, arrivals: {constant: {every: 1m}}}',
];

// prettier-ignore
const TABLES: readonly (readonly [table: Table, ...Refusal])[] = [
  [nodes('n-0,32 cores,1024,0,\n'), '2:5', 'cpu_milli: not a whole number', '32 cores', 'a whole number of at least 1'],
  [nodes('n-0,32000,1024,0\n'), '2:1', 'this row has 4 cells, the heading 5', 'n-0,32000,1024,0', 'sn,cpu_milli,memory_mib,gpu,model'],
  [nodes('N 0,32000,1024,0,\n'), '2:1', 'sn: not a node\'s name', 'N 0', 'lower-case letters, digits, "-" and "."'],
  [nodes('n-0,32000,1024,2,\n'), '2:18', 'model: a node with GPUs has no model', '', 'a name such as T4'],
  [nodes('n-0,32000,1024,0,\nn-0,32000,1024,0,\n'), '3:1', 'sn: two nodes have one name', 'n-0', 'names that differ'],
  [['nodes.csv','sn,cpu,memory_mib,gpu,model\n','nodes'], '1:1', 'cpu_milli: this column is missing', 'sn, cpu, memory_mib, gpu, model', 'cpu_milli', 'cpu'],
  [['nodes.csv','','nodes'], '', 'the file is empty', '', 'a heading and a row for each entry'],
  [nodes(''), '1:1', 'the file has no rows', '', 'a row for each entry below the heading'],
  [pods('p-0,1000,1024,1,1500,,LS,Running,0,10,0\n'), '2:17', 'gpu_milli: not a share of a GPU', '1500', '1 to 1000, of each of the 1'],
  [pods('p-0,1000,1024,-1,0,,LS,Running,0,10,0\n'), '2:15', 'num_gpu: not a whole number', '-1', 'a whole number of at least 0'],
  [pods('p-0,1000,,0,0,,LS,Running,0,10,0\n'), '2:10', 'memory_mib: not a whole number', 'nothing', 'a whole number of at least 0'],
  [pods('p-0,1000,1024,0,0,,LS,Runing,0,10,0\n'), '2:23', 'pod_phase: no such phase', 'Runing', 'Running, Succeeded, Failed, Pending', 'Running'],
  [pods('p-0,1000,1024,0,0,,LS,Running,20,10,20\n'), '2:34', 'deletion_time: deleted before it was scheduled', '10', '20 or later'],
  [pods('p-0,1000,1024,0,0,,LS,Running,20,30,10\n'), '2:37', 'scheduled_time: scheduled before it was created', '10', '20 (creation_time) or later'],
  [pods('p-0,1000,1024,1,1000,T4||P100,LS,Running,0,10,0\n'), '2:22', 'gpu_spec: an empty GPU model', 'T4||P100', 'models with | between, such as T4 or'],
  [pods('p-0,1000,1024,0,0,,LS,Running,0,10,0\np-0,1000,1024,0,0,,LS,Running,0,10,0\n'), '3:1', 'name: two pods have one name', 'p-0', 'names that differ'],
  [pods('p_0,1000,1024,0,0,,LS,Running,0,10,0\n'), '2:1', 'name: not a name', 'p_0', 'lower-case letters, digits, "-" and "."'],
  [pods('p-0,1000,1024,99,1000,,LS,Running,0,10,0\n'), '2:15', 'num_gpu: more GPUs than any node has', '99', '0 to 64'],
  [pods(''), '1:1', 'the file has no rows', '', 'a row for each entry below the heading'],
  [own('at,cpu,memroy\n1m,1,1Gi\n'), '1:8', 'memroy: no such column', 'memroy', 'at, name, namespace, lifetime, cpu', 'memory'],
  [own('time,cpu\n1m,1\n'), '1:1', 'at: this column is missing', 'time, cpu', 'at'],
  [own('at,cpu\nsoon,1\n'), '2:1', 'at: not a duration', 'soon', 'seconds, or a duration such as 90s or'],
  [own('at,cpu\n1m,much\n'), '2:4', 'cpu: not a quantity', 'much', 'a quantity such as 500m, 2, 1.5Gi, or'],
  [own('at,name\n1m,"p\n'), '2:4', 'a quoted cell does not end on its line, or goes on after its quote', '', 'quotes around a whole cell, doubled'],
  [own('at,lifetime\n1m,long\n'), '2:4', 'lifetime: not a duration', 'long', 'seconds, or a duration such as 90s or'],
  [arr('when\n1m\n'), '1:1', 'at: this column is missing', 'when', 'at'],
  [arr('at\n-5\n'), '2:1', 'at: not a duration', '-5', 'a duration such as 90s'],
  [life('life\nsoon\n'), '2:1', 'life: not a duration', 'soon', 'a duration such as 90s'],
  [life('lifetime\n1m\n'), '1:1', 'life: this column is missing', 'lifetime', 'life', 'lifetime'],
  [life('life\n'), '1:1', 'the file has no rows', '', 'a row for each entry below the heading'],
  [mem('memory\n1GB\n'), '2:1', 'memory: not a quantity', '1GB', 'a quantity such as 2Gi'],
];

const HEAD = 'apiVersion: orrery.dev/v1alpha1\nkind: Scenario\nmetadata: {name: x}\nduration: 1h\n';
const PLAIN = 'cluster: {nodeGroups: [{name: n, count: 1, capacity: {cpu: 8, memory: 32Gi}}]}\n';
const TRACED = 'cluster: {trace: {format: openb, nodes: nodes.csv}}\n';

function load([file, text, use]: Table): void {
  writeFileSync(join(folder, file), text);
  const rest = use === 'nodes' ? TRACED : `${PLAIN}workloads:\n  - {name: w, ${use}}\n`;
  const scenario = parseScenario(HEAD + rest, join(folder, 'x.yaml'));
  loadNodes(scenario);
  loadArrivals(scenario, new RandomSource(scenario.seed));
}

describe('a bad row of a trace or a CSV file is refused', () => {
  it.each(TABLES.map(([table, ...refusal]) => ({ says: refusal[1], table, refusal })))('$says', ({ table, refusal }) =>
    expectRefusal(() => load(table), refusal),
  );
});
