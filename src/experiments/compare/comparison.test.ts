import { describe, expect, it } from 'vitest';
import type { RunOutcome } from '../run-task.ts';
import { compareRuns } from './comparison.ts';
import type { ComparedRun, VariantComparison } from './comparison.ts';
import { parseAxis, variantsOf } from './variants.ts';

const OPTIONS = { metrics: ['pods_pending_mean', 'pods_ready', 'api_writes'], margin: 0.01, confidence: 0.95 };

/** Runs whose figures are given by variant and seed. */
function runsOf(figures: (variant: number, seed: number) => Readonly<Record<string, number | null>>): ComparedRun[] {
  const runs: ComparedRun[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    for (const [i, variant] of ['A', 'B'].entries()) {
      const outcome: RunOutcome = {
        scenarioHash: '',
        eventStreamHash: '',
        version: '',
        simulatedSeconds: 1,
        metrics: figures(i, seed),
      };
      runs.push({ variant, seed: String(seed), outcome });
    }
  }
  return runs;
}

const VARIANTS = variantsOf([parseAxis('x=1,2')]);

function compared(figures: Parameters<typeof runsOf>[0]): VariantComparison {
  const [only] = compareRuns(VARIANTS, runsOf(figures), OPTIONS);
  return only as VariantComparison;
}

/** Luck that is different each seed, between -1 and 1, and in no order. */
const luck = (seed: number): number => ((seed * 7919) % 41) / 20 - 1;

describe('a comparison', () => {
  it('calls better what is better, whatever the direction', () => {
    const { metrics, verdict } = compared((variant, seed) => ({
      pods_pending_mean: 100 + 20 * luck(seed) - variant * (10 + luck(seed + 3)),
      pods_ready: 50 + luck(seed) + variant * (5 + luck(seed + 5)),
      api_writes: 1000 + variant * (100 + luck(seed + 7)),
    }));
    expect(metrics.map((row) => row.verdict)).toEqual(['better', 'better', 'higher']);
    expect(verdict).toBe('better');
  });

  it('calls a trade-off what is better here and worse there', () => {
    const { verdict } = compared((variant, seed) => ({
      pods_pending_mean: 100 - variant * (10 + luck(seed)),
      pods_ready: 50 - variant * (5 + luck(seed + 5)),
    }));
    expect(verdict).toBe('trade-off');
  });

  it('takes for none what is too small to matter, however sure it is', () => {
    const { metrics, verdict } = compared((variant, seed) => ({
      pods_pending_mean: 100 + variant * (0.2 + 0.01 * luck(seed)),
    }));
    expect(metrics[0]).toMatchObject({ verdict: 'no difference' });
    expect(metrics[0]?.p).toBeLessThan(1e-6);
    expect(verdict).toBe('no difference');
  });

  it('says that variants differ where the metric is neither good nor bad, and that nothing is known of none', () => {
    const more = compared((variant, seed) => ({ api_writes: 100 + variant * (10 + luck(seed)) }));
    expect(more.verdict).toBe('different, neither better nor worse');
    expect(compared(() => ({})).verdict).toBe('nothing to compare');
  });

  it('says how many seeds would do where these do not', () => {
    const { metrics, verdict } = compared((variant, seed) => ({
      pods_pending_mean: 100 + variant * (2 + 20 * luck(seed)),
    }));
    expect(verdict).toBe('not enough seeds');
    // Differences of standard deviation 12 around 2: 3.24² × 36 and a little.
    expect(metrics[0]?.seedsNeeded).toBeGreaterThan(250);
    expect(metrics[0]?.seedsNeeded).toBeLessThan(600);
  });

  it('leaves out seeds on which one of the two has no value, and says how many', () => {
    const { metrics } = compared((variant, seed) => ({
      pods_pending_mean: seed === 3 && variant === 1 ? null : 100 - variant * (10 + luck(seed)),
      pods_ready: null,
    }));
    expect(metrics).toHaveLength(1);
    expect(metrics[0]).toMatchObject({ pairs: 19, missing: 1, verdict: 'better' });
  });
});

describe('axes', () => {
  it('split at commas that stand outside brackets and quotes', () => {
    expect(parseAxis('a.b=[1, 2],{x: 1, y: 2},"p,q"').values).toEqual(['[1, 2]', '{x: 1, y: 2}', '"p,q"']);
  });

  it('are combined, the first values first', () => {
    const variants = variantsOf([parseAxis('a=1,2'), parseAxis('b=x,y')]);
    expect(variants.map(({ letter, settings }) => `${letter}: ${settings.join(' ')}`)).toEqual([
      'A: a=1 b=x',
      'B: a=1 b=y',
      'C: a=2 b=x',
      'D: a=2 b=y',
    ]);
    const many = variantsOf([parseAxis(`n=${Array.from({ length: 30 }, (_, i) => i).join(',')}`)]);
    expect(many[27]?.letter).toBe('AB');
  });
});
