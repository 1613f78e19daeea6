import { expect, it } from 'vitest';
import { at, FaultRun } from '../../test/support/fault-run.ts';
import { seconds } from '../sim/kernel/time.ts';
import type { FaultNotice } from '../sim/faults/timed-fault.ts';
import { ResponseLedger } from './response-ledger.ts';

/** The figures of sixteen pods on eight nodes in which one thing goes wrong at 1,000 s, after 3,000 s. */
function figures(kind: FaultNotice['kind'] & Parameters<typeof at>[1], lasts: number): Record<string, number | null> {
  const run = new FaultRun({ faults: [at(1000, kind, { nodes: ['n3'], forMicros: seconds(lasts) })] });
  const { server, faults, kubelets, kernel } = run.cluster;
  const ledger = new ResponseLedger(kubelets);
  server.observe((change) => ledger.changed(change));
  faults.observe((notice) => ledger.faulted(notice));
  run.start().until(3000);
  return ledger.figures(kernel.now);
}

it('counts evictions from a machine that is down as useful, and nobody runs twice', () => {
  const { evictions, evictions_needless: needless, pods_double_running: twice, ...rest } = figures('node-crash', 900);
  expect(evictions).toBeGreaterThan(0);
  expect(needless).toBe(0);
  expect(twice).toBe(0);
  // Two pods are missing from some 50 s on until 300 s later.
  expect(rest['degradations']).toBe(1);
  expect(rest['recovery_max_seconds']).toBeGreaterThan(295);
  expect(rest['recovery_max_seconds']).toBeLessThan(320);
  const missing = rest['replicas_missing_seconds'] as number;
  expect(rest['workloads_available_ratio']).toBeCloseTo(1 - missing / (16 * 3000), 3);
  expect(rest['error_budget_burnt_ratio']).toBeCloseTo((1 - (rest['workloads_available_ratio'] as number)) / 0.001, 6);
});

it('counts evictions across a partition as needless, and how long their pods ran twice', () => {
  const { evictions, evictions_needless: needless, ...rest } = figures('partition', 900);
  expect(evictions).toBe(2);
  expect(needless).toBe(2);
  expect(rest['pods_double_running']).toBe(2);
  // Given up some 350 s after the partition began; heard of when it ended, 900 s after; and a second to stop.
  const each = (rest['pods_double_running_seconds'] as number) / 2;
  expect(each).toBeGreaterThan(900 - 355.5);
  expect(each).toBeLessThan(900 - 339.7 + 10);
});
