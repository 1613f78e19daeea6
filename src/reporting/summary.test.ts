import { describe, expect, it } from 'vitest';
import { HandMadeRun } from '../../test/support/hand-made-run.ts';
import type { FaultNotice } from '../sim/faults/timed-fault.ts';
import { summaryOf } from './summary.ts';

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
});
