import { describe, expect, it } from 'vitest';
import { HandMadeRun } from '../../test/support/hand-made-run.ts';
import type { FaultNotice } from '../sim/faults/timed-fault.ts';
import { summaryOf } from './summary.ts';
import { COLUMNS } from './time-series.ts';
import type { Sample } from './time-series.ts';

function notices(kind: FaultNotice['kind'], source: string, ...phases: FaultNotice['phase'][]): FaultNotice[] {
  return phases.map((phase, i) => ({ time: i, kind, nodes: ['n'], phase, source }));
}

describe('the summary', () => {
  it('counts faults when they begin, and what was done about nodes apart from them', () => {
    const faults = [
      ...notices('node-crash', 'crashes', 'begin', 'end'),
      ...notices('node-reboot', 'timed', 'begin', 'end'),
      ...notices('partition', 'timed', 'begin'),
      ...notices('reboot', 'reboot', 'begin', 'end'),
      ...notices('replace', 'replace', 'begin'),
    ];
    const { metrics } = summaryOf(new HandMadeRun().recording(60, { faults }));
    expect(metrics).toMatchObject({ faults: 3, repairs: 2 });
  });

  it('says what containers have lost at the processor, where they have', () => {
    const of = (throttled: number): object =>
      summaryOf(new HandMadeRun().recording(60, { lostCpu: { throttled, waiting: 0, limited: 0 } })).metrics;
    expect(of(1_500_000)).toMatchObject({ cpu_throttled_seconds: 1.5, cpu_waiting_seconds: 0 });
    expect(of(0)).not.toHaveProperty('cpu_throttled_seconds');
  });

  it('finds peaks and means over more samples than a function can have arguments', () => {
    const sample = Object.fromEntries(COLUMNS.map((column) => [column, 0])) as unknown as Sample;
    const samples = Array.from({ length: 300_000 }, (_, i) => ({ ...sample, pods_pending: i === 77 ? 100 : 1 }));
    const { metrics } = summaryOf(new HandMadeRun().recording(60, { samples }));
    expect(metrics).toMatchObject({ pods_pending_peak: 100, pods_pending_mean: 1.00033 });
  });
});
