import { chmodSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Workspace } from '../../../test/support/orrery.ts';
import { countInstructions } from './instructions.ts';
import { benchMarkdown, compareBenches } from './verdict.ts';
import { runBenches } from './run-benches.ts';
import type { BenchFile } from './run-benches.ts';

const file = (figures: Readonly<Record<string, readonly number[]>>): BenchFile => ({
  code_version: '1',
  node_version: 'v20',
  figures: Object.entries(figures).map(([name, logarithms]) => ({ name, logarithms, milliseconds: 10 })),
});

describe('verdicts on speed', () => {
  const base = file({ a: [0, 0.01, -0.01, 0.005], b: [1, 1.01, 0.99, 1] });

  it('needs a change beyond the threshold and beyond chance', () => {
    const now = file({ a: [0.14, 0.15, 0.13, 0.14], b: [1.02, 1.03, 1.02, 1.01], c: [0, 0, 0, 0] });
    const rows = compareBenches(base, now, 0.05);
    expect(rows.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['a', 'slower'],
      ['b', 'same'],
      ['c', 'new'],
    ]);
    expect(rows[0]?.change).toBeCloseTo(Math.exp(0.13875) - 1, 3);
    expect(benchMarkdown(rows, 0.05)).toContain('🔴 slower');
  });

  it('is not taken in by a large change that may be chance', () => {
    const [row] = compareBenches(file({ a: [0, 0.3, -0.3, 0.1] }), file({ a: [0.4, -0.2, 0.3, 0.1] }), 0.05);
    expect(row?.verdict).toBe('same');
  });

  it('knows what has become faster', () => {
    const [row] = compareBenches(base, file({ a: [-0.2, -0.21, -0.19, -0.2] }), 0.05);
    expect(row?.verdict).toBe('faster');
  });
});

describe('instructions', () => {
  const workspace = new Workspace();
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });
  afterAll(() => workspace.remove());

  /** A `perf` that counts a thousand instructions for every call that the process was asked for, or says what it says. */
  const perf = (line: string): void => {
    const script = `#!/bin/sh\ncalls=$(printf '%s' "$*" | sed -n 's/.*,\\([0-9]*\\)\\]$/\\1/p')\necho "${line}" >&2\n`;
    workspace.write('perf', script);
    chmodSync(workspace.path('perf'), 0o755);
    process.env['PATH'] = `${workspace.path('.')}:${path}`;
  };

  it('are those of a call, without what comes before the calls', () => {
    perf('$((5000000 + 1000 * ${calls:-0})),,instructions:u,100,100.00,,');
    expect(countInstructions(['kernel/hold'])).toEqual(new Map([['kernel/hold', 1000]]));
  });

  it('are left out where the machine does not count them, and where there is no perf', () => {
    perf('<not supported>,,instructions:u,0,100.00,,');
    expect(countInstructions(['kernel/hold'])).toBeUndefined();
    process.env['PATH'] = workspace.path('none');
    expect(countInstructions(['kernel/hold'])).toBeUndefined();
  });

  it('are compared where both were counted', () => {
    const of = (instructions: number): BenchFile => {
      const { figures, ...rest } = file({ a: [0, 0.01, -0.01, 0.005] });
      return { ...rest, figures: figures.map((figure) => ({ ...figure, instructions })) };
    };
    const [row] = compareBenches(of(1000), of(1150), 0.05);
    expect(row?.instructions).toBeCloseTo(0.15);
    expect(benchMarkdown(row === undefined ? [] : [row], 0.05)).toContain('| +15.0 % |');
    expect(compareBenches(file({ a: [0, 0] }), of(1), 0.05)[0]?.instructions).toBeUndefined();
  });
});

// A minute and a half of processor time.
describe.runIf(process.env['VERIFY'] === '1')('benches, run', { timeout: 600_000 }, () => {
  const measured = (slowed: Readonly<Record<string, number>> = {}): BenchFile =>
    runBenches({ names: ['kernel/hold', 'store/write-and-read'], tolerance: 0.025, processes: [4, 10], slowed });

  it('find a slowdown of 15 % in one case, and nothing in the other nor between two runs of the same', () => {
    const [base, again, slower] = [measured(), measured(), measured({ 'kernel/hold': 1.15 })];
    const verdicts = (now: BenchFile): unknown => compareBenches(base, now, 0.05).map(({ verdict }) => verdict);
    expect(verdicts(again)).toEqual(['same', 'same']);
    expect(verdicts(slower)).toEqual(['slower', 'same']);
    // So it is more than the threshold of 5 %. How much more, a process is compiled well or badly by chance (a tenth).
    const [hold] = compareBenches(base, slower, 0.05);
    expect(hold?.change).toBeLessThan(0.35);
  });
});
