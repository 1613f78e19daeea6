import { GPU_COUNT, GPU_MILLI, gpuRequests } from '../manifests/gpu-annotations.ts';
import { unknownName } from '../nearest.ts';
import type { CsvRow, CsvTable } from './csv-table.ts';
import { checkPodName } from './check-pod-name.ts';
import { GPU_MODEL } from './openb-nodes.ts';
import type { TracePod } from './trace-pods.ts';

/** The label that carries the trace's own class of service (LS: latency sensitive, BE: best effort …). */
const QOS = 'alibabacloud.com/qos';

const PHASES = ['Running', 'Succeeded', 'Failed', 'Pending'];
const MOST_GPUS = 64;
const WHOLE_GPU = 1000;

interface Columns {
  readonly name: number;
  readonly cpu: number;
  readonly memory: number;
  readonly gpus: number;
  readonly milli: number;
  /** -1 where the list has no such column: some variants carry no times. */
  readonly spec: number;
  readonly qos: number;
  readonly phase: number;
  readonly created: number;
  readonly deleted: number;
  readonly scheduled: number;
}

function columnsOf(table: CsvTable): Columns {
  const created = table.column('creation_time', true);
  return {
    name: table.column('name'),
    cpu: table.column('cpu_milli'),
    memory: table.column('memory_mib'),
    gpus: table.column('num_gpu'),
    milli: table.column('gpu_milli'),
    spec: table.column('gpu_spec', true),
    qos: table.column('qos', true),
    phase: table.column('pod_phase', true),
    created,
    deleted: table.column('deletion_time', created < 0),
    scheduled: table.column('scheduled_time', true),
  };
}

/**
 * From being scheduled to being deleted, as recorded; from creation for pods that never were, which makes their patience
 * their lifetime. Undefined in a list without times.
 */
function lifetimeOf(table: CsvTable, row: CsvRow, columns: Columns): number | undefined {
  if (columns.created < 0) return undefined;
  const created = table.wholeNumber(row, columns.created);
  const deleted = table.wholeNumber(row, columns.deleted);
  const wasScheduled = columns.scheduled >= 0 && (row.cells[columns.scheduled] ?? '') !== '';
  const scheduled = wasScheduled ? table.wholeNumber(row, columns.scheduled) : created;
  if (scheduled < created) {
    throw table.error(row, columns.scheduled, {
      message: 'scheduled before it was created',
      found: String(scheduled),
      allowed: `${created} (creation_time) or later`,
    });
  }
  if (deleted < scheduled) {
    throw table.error(row, columns.deleted, {
      message: 'deleted before it was scheduled',
      found: String(deleted),
      allowed: `${scheduled} or later`,
    });
  }
  return deleted - scheduled;
}

function modelsOf(table: CsvTable, row: CsvRow, column: number): readonly string[] {
  const text = column < 0 ? '' : (row.cells[column] ?? '');
  if (text === '') return [];
  const models = text.split('|');
  if (models.includes('')) {
    throw table.error(row, column, {
      message: 'an empty GPU model',
      found: text,
      allowed: 'models with | between, such as T4 or V100M16|V100M32',
    });
  }
  return [...new Set(models)];
}

function readRow(table: CsvTable, row: CsvRow, columns: Columns): TracePod {
  const gpus = table.wholeNumber(row, columns.gpus);
  const milli = table.wholeNumber(row, columns.milli);
  if (gpus > MOST_GPUS) {
    const problem = { message: 'more GPUs than any node has', found: String(gpus), allowed: `0 to ${MOST_GPUS}` };
    throw table.error(row, columns.gpus, problem);
  }
  if (gpus > 0 && (milli === 0 || milli > WHOLE_GPU)) {
    throw table.error(row, columns.milli, {
      message: 'not a share of a GPU',
      found: String(milli),
      allowed: `1 to ${WHOLE_GPU}, of each of the ${gpus}`,
    });
  }
  const phase = columns.phase < 0 ? 'Succeeded' : (row.cells[columns.phase] ?? '');
  if (!PHASES.includes(phase)) {
    throw table.error(row, columns.phase, unknownName('phase', phase, PHASES));
  }
  const qos = columns.qos < 0 ? '' : (row.cells[columns.qos] ?? '');
  return {
    name: checkPodName(table, row, columns.name),
    namespace: undefined,
    arrival: columns.created < 0 ? 0 : table.wholeNumber(row, columns.created),
    lifetime: lifetimeOf(table, row, columns),
    failed: phase === 'Failed',
    requests: {
      cpu: `${table.wholeNumber(row, columns.cpu)}m`,
      memory: `${table.wholeNumber(row, columns.memory)}Mi`,
      ...gpuRequests(gpus, milli),
    },
    labels: qos === '' ? {} : { [QOS]: qos },
    annotations: gpus === 0 ? {} : { [GPU_COUNT]: String(gpus), [GPU_MILLI]: String(milli) },
    models: gpus === 0 ? [] : modelsOf(table, row, columns.spec),
    modelLabel: GPU_MODEL,
  };
}

/** The pods of an openb pod list, as they stand in it. */
export function openbPods(table: CsvTable): readonly TracePod[] {
  const columns = columnsOf(table);
  return table.rows.map((row) => readRow(table, row, columns));
}
