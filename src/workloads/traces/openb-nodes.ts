import type { KubeNode } from '../../sim/api/core.ts';
import type { Draft } from '../../sim/api/meta.ts';
import { GPU_COUNT, GPU_MILLI } from '../manifests/gpu-annotations.ts';
import type { LoadedNode } from '../nodes/loaded-node.ts';
import { HOSTNAME, PLAIN_LABELS } from '../nodes/well-known-labels.ts';
import type { CsvTable } from './csv-table.ts';

/** The label that says a node's GPU model; pods with a GPU-type constraint select by it. */
export const GPU_MODEL = 'alibabacloud.com/gpu-card-model';

/** Pods a node takes: the limit of the published experiments on this trace, which never binds there. */
const MAX_PODS = '1001';

const GPU_MILLI_EACH = 1000;

/** The node list of the openb trace (`sn,cpu_milli,memory_mib,gpu,model`). */
export function openbNodes(table: CsvTable, maxNodes: number | undefined): LoadedNode[] {
  const [sn, cpu, memory, gpu, model] = ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'].map((name) =>
    table.column(name),
  ) as [number, number, number, number, number];
  if (table.rows.length === 0) throw table.noRows();
  const nodes: LoadedNode[] = [];
  const seen = new Set<string>();
  for (const row of table.rows) {
    if (nodes.length === maxNodes) break;
    const name = row.cells[sn] ?? '';
    if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) {
      const allowed = 'lower-case letters, digits, "-" and "."';
      throw table.error(row, sn, { message: "not a node's name", found: name === '' ? 'nothing' : name, allowed });
    }
    if (seen.has(name))
      throw table.error(row, sn, { message: 'two nodes have one name', found: name, allowed: 'names that differ' });
    seen.add(name);
    const devices = table.wholeNumber(row, gpu);
    const type = row.cells[model] ?? '';
    const capacity = Object.freeze({
      cpu: `${table.wholeNumber(row, cpu, 1)}m`,
      memory: `${table.wholeNumber(row, memory, 1)}Mi`,
      pods: MAX_PODS,
      ...(devices === 0 ? {} : { [GPU_COUNT]: String(devices), [GPU_MILLI]: String(devices * GPU_MILLI_EACH) }),
    });
    if (devices > 0 && type === '') {
      throw table.error(row, model, { message: 'a node with GPUs has no model', allowed: 'a name such as T4' });
    }
    const labels = { [HOSTNAME]: name, ...PLAIN_LABELS, ...(type === '' ? {} : { [GPU_MODEL]: type }) };
    const node: Draft<KubeNode> = Object.freeze({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels },
      spec: {},
      status: { capacity, allocatable: capacity },
    });
    const group = type === '' ? 'openb-cpu' : `openb-${type.toLowerCase()}`;
    nodes.push({ name, group, zone: undefined, region: undefined, cloud: false, devices: [], node });
  }
  return nodes;
}
