import { describe, expect, it } from 'vitest';
import type { FaultNotice } from '../sim/faults/timed-fault.ts';
import { faultSpans, isRepair, spanLabel } from './fault-spans.ts';

const CRASH = { kind: 'node-crash', nodes: ['a'], source: 'random-crashes' } as const;
const begin = (notice: Omit<FaultNotice, 'time' | 'phase'>, time: number): FaultNotice => ({
  ...notice,
  time,
  phase: 'begin',
});
const end = (notice: Omit<FaultNotice, 'time' | 'phase'>, time: number): FaultNotice => ({
  ...notice,
  time,
  phase: 'end',
});

describe('spans of faults', () => {
  it('last from begin to end, and to the end of the run where they were not over', () => {
    const partition = { kind: 'partition', nodes: ['b', 'c'], zone: 'z', source: 'timed' } as const;
    expect(faultSpans([begin(CRASH, 10), begin(partition, 20), end(CRASH, 30)], 100)).toEqual([
      { ...CRASH, zone: undefined, from: 10, to: 30, open: false },
      { ...partition, from: 20, to: 100, open: true },
    ]);
  });

  it('keep two alike apart that overlap', () => {
    const spans = faultSpans([begin(CRASH, 10), begin(CRASH, 20), end(CRASH, 30), end(CRASH, 50)], 100);
    expect(spans.map(({ from, to, open }) => [from, to, open])).toEqual([
      [10, 30, false],
      [20, 50, false],
    ]);
  });

  it('have an instant of their own where begin and end are one', () => {
    const kill = { kind: 'pod-kill', nodes: [], source: 'timed' } as const;
    expect(faultSpans([begin(kill, 5), end(kill, 5)], 100)).toMatchObject([{ from: 5, to: 5, open: false }]);
  });

  it('are named after what happened, where, and by whose doing', () => {
    const nodes = ['a', 'b', 'c', 'd'];
    const labels = faultSpans(
      [
        begin(CRASH, 1),
        begin({ kind: 'drain', nodes, source: 'timed' }, 2),
        begin({ kind: 'zone-outage', nodes, zone: 'z', source: 'zone-outages' }, 3),
        begin({ kind: 'api-server-outage', nodes: [], source: 'timed' }, 4),
      ],
      100,
    ).map(spanLabel);
    expect(labels).toEqual([
      'node-crash a (random-crashes)',
      'drain a, b and 2 more',
      'zone-outage zone z (zone-outages)',
      'api-server-outage',
    ]);
  });

  it('are repairs where the failure response acted, not where the scenario reboots a node', () => {
    expect(isRepair({ kind: 'reboot' })).toBe(true);
    expect(isRepair({ kind: 'replace' })).toBe(true);
    expect(isRepair({ kind: 'node-reboot' })).toBe(false);
    expect(isRepair({ kind: 'instance-gone' })).toBe(false);
  });
});
