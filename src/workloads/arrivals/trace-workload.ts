import { seconds } from '../../sim/kernel/time.ts';
import type { DocumentPath } from '../input-error.ts';
import type { SpecPool } from '../manifests/spec-pool.ts';
import { referencedCsv } from '../referenced-file.ts';
import type { Scenario } from '../scenario.ts';
import type { TraceSpec, WorkloadSpec } from '../scenario-schema.ts';
import type { CsvTable } from '../traces/csv-table.ts';
import { csvPods } from '../traces/csv-pods.ts';
import { openbPods } from '../traces/openb-pods.ts';
import { podOf } from '../traces/trace-pods.ts';
import type { TracePod } from '../traces/trace-pods.ts';
import { IndexedSource } from './indexed-source.ts';
import type { WorkloadPlan } from './workload-plan.ts';

/** The part of the trace that is played, in order of arrival. */
function chosen(pods: readonly TracePod[], trace: TraceSpec): readonly TracePod[] {
  const from = trace.window?.from ?? 0;
  const to = trace.window?.to ?? Number.POSITIVE_INFINITY;
  const inWindow = pods.filter((pod) => pod.arrival >= from && pod.arrival < to);
  return inWindow.sort((a, b) => a.arrival - b.arrival).slice(0, trace.maxPods);
}

function refuseTwins(table: CsvTable, pods: readonly TracePod[]): void {
  const seen = new Set<string>();
  for (const [index, { name, namespace }] of pods.entries()) {
    const key = `${namespace ?? ''}/${name}`;
    const row = table.rows[index];
    if (seen.has(key) && row !== undefined) {
      const problem = { message: 'two pods have one name', found: name, allowed: 'names that differ' };
      throw table.error(row, Math.max(0, table.columns.indexOf('name')), problem);
    }
    seen.add(key);
  }
}

/** A recorded workload: each pod comes when it came, and runs as long as it ran. */
export function traceWorkload(
  scenario: Scenario,
  workload: WorkloadSpec,
  trace: TraceSpec,
  base: DocumentPath,
  pool: SpecPool,
): WorkloadPlan {
  const table = referencedCsv(scenario.source, [...base, 'trace', 'pods'], trace.pods);
  const all = trace.format === 'openb' ? openbPods(table) : csvPods(table);
  if (all.length === 0) throw table.noRows();
  refuseTwins(table, all);
  const pods = chosen(all, trace);
  if (pods.length === 0) {
    throw scenario.source.error([...base, 'trace', 'window'], {
      message: 'no pod of the trace comes in this window',
      found: `${all.length} pods, from ${span(all)} s`,
      allowed: 'a window in which pods arrive',
    });
  }
  const from = trace.window?.from ?? 0;
  const source = new IndexedSource(workload.name, (index) => {
    const pod = pods[index];
    if (pod === undefined) return undefined;
    const at = seconds(workload.at + (pod.arrival - from) / trace.speedup);
    return { at, action: 'create', object: podOf(pod, trace, pool) };
  });
  const namespaces = new Set(pods.map((pod) => pod.namespace ?? trace.namespace));
  return { name: workload.name, source, counts: { Pod: pods.length }, namespaces, warnings: [] };
}

function span(pods: readonly TracePod[]): string {
  const times = pods.map((pod) => pod.arrival);
  return `${Math.min(...times)} to ${Math.max(...times)}`;
}
