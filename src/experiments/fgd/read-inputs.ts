import { DEVICE } from '../../policies/gpu-sharing/gpu-node.ts';
import type { GpuTask } from '../../policies/gpu-sharing/gpu-node.ts';
import { InputError } from '../../workloads/input-error.ts';
import { readCsv } from '../../workloads/traces/csv-table.ts';
import { readInput } from '../../workloads/yaml.ts';
import type { NodeShape } from './filling.ts';

/** Pods that a node of the published experiments takes. */
const MOST_PODS = 1001;

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** The nodes of an openb list (`sn,cpu_milli,memory_mib,gpu,model`), sorted by name. */
export function readNodes(file: string): readonly NodeShape[] {
  const table = readCsv(file);
  const [name, cpu, memory, gpu, model] = ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'].map((it) =>
    table.column(it),
  ) as [number, number, number, number, number];
  if (table.rows.length === 0) throw table.noRows();
  return table.rows
    .map((row) => ({
      name: row.cells[name] as string,
      model: row.cells[model] as string,
      cpu: table.wholeNumber(row, cpu),
      memory: table.wholeNumber(row, memory),
      devices: table.wholeNumber(row, gpu),
      pods: MOST_PODS,
    }))
    .sort(byName);
}

/** The tasks of an openb list (`name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,…`), sorted by name. */
export function readTasks(file: string): readonly GpuTask[] {
  const table = readCsv(file);
  const [name, cpu, memory, gpus, milli] = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'].map((it) =>
    table.column(it),
  ) as [number, number, number, number, number];
  const spec = table.column('gpu_spec', true);
  if (table.rows.length === 0) throw table.noRows();
  const sorts = new Map<string, number>();
  return table.rows
    .map((row) => {
      const devices = table.wholeNumber(row, gpus);
      const share = devices === 0 ? 0 : Math.min(DEVICE, table.wholeNumber(row, milli, 1));
      const models = spec < 0 ? '' : (row.cells[spec] as string).trim();
      const task = {
        name: row.cells[name] as string,
        cpu: table.wholeNumber(row, cpu),
        memory: table.wholeNumber(row, memory),
        devices,
        share,
        models: models === '' ? undefined : new Set(models.split('|')),
      };
      const key = `${task.cpu} ${task.memory} ${devices} ${share} ${models}`;
      const sort = sorts.get(key) ?? sorts.size;
      sorts.set(key, sort);
      return { ...task, sort };
    })
    .sort(byName);
}

/** An order of arrivals and of nodes. */
export interface Order {
  /** Indices of tasks, sorted by name, as they arrive. */
  readonly pods: readonly number[];
  /** Ranks of the nodes, sorted by name: the lower wins ties. */
  readonly ranks: readonly number[];
}

/** Reads `pods i i i …` and `nodes r r r …`, a line each. */
export function readOrder(file: string, pods: number, nodes: number): Order {
  const lines = readInput(file).split(/\r?\n/);
  const numbers = (line: number, word: string, below: number): readonly number[] => {
    const [first, ...rest] = (lines[line - 1] ?? '').trim().split(/\s+/);
    if (first !== word) {
      const found = first === undefined || first === '' ? 'nothing' : first;
      throw new InputError({ file, line, column: 1, message: 'not an order', found, allowed: `${word} and numbers` });
    }
    return rest.map((text, index) => {
      const value = Number(text);
      if (/^\d+$/.test(text) && value < below) return value;
      const path = `${word}[${index}]`;
      throw new InputError({ file, line, path, message: 'no such number', found: text, allowed: `0 to ${below - 1}` });
    });
  };
  const order = { pods: numbers(1, 'pods', pods), ranks: numbers(2, 'nodes', nodes) };
  if (order.ranks.length !== nodes || new Set(order.ranks).size !== nodes) {
    const found = `${order.ranks.length} ranks, ${new Set(order.ranks).size} of them different`;
    throw new InputError({
      file,
      line: 2,
      path: 'nodes',
      message: 'not a rank for each node',
      found,
      allowed: `the numbers 0 to ${nodes - 1}, each once`,
    });
  }
  return order;
}
