import { InputError } from '../workloads/input-error.ts';
import { Comparison } from './comparison.ts';
import type { Aspect, Difference } from './comparison.ts';
import type { LocatedCase } from './read-cases.ts';
import { replayDecision } from './replay-decision.ts';
import { replaySequence } from './replay-sequence.ts';

/** How often something was compared, and how often it agreed. */
export interface Agreement {
  readonly compared: number;
  readonly agreed: number;
}

/** What came of one group of cases. */
export interface GroupResult {
  readonly group: string;
  /** Cases that agree in everything. */
  readonly cases: Agreement;
  readonly aspects: ReadonlyMap<Aspect, Agreement>;
}

/** A case that does not agree in everything. */
export interface Mismatch {
  readonly id: string;
  readonly group: string;
  readonly file: string;
  readonly line: number;
  readonly differences: readonly Difference[];
}

export interface ConformanceResult {
  /** In the order in which the groups were first met. */
  readonly groups: readonly GroupResult[];
  readonly mismatches: readonly Mismatch[];
}

/** Replays one case through the scheduler that simulations use; that it throws is a difference like any other. */
function replay({ reference }: LocatedCase): Comparison {
  try {
    return reference.kind === 'sequence' ? replaySequence(reference) : replayDecision(reference);
  } catch (error) {
    // Bad input has been refused at the door, but for a configuration, which says itself what is wrong with it.
    if (error instanceof InputError) throw error;
    const comparison = new Comparison();
    comparison.equal('message', 'the replay threw', error instanceof Error ? error.stack : String(error), undefined);
    return comparison;
  }
}

class GroupTally {
  readonly group: string;
  #cases = 0;
  #agreed = 0;
  readonly #aspects = new Map<Aspect, { compared: number; wrong: number }>();

  constructor(group: string) {
    this.group = group;
  }

  add({ compared, differences }: Comparison): void {
    this.#cases++;
    if (differences.length === 0) this.#agreed++;
    for (const [aspect, count] of compared) this.#of(aspect).compared += count;
    for (const { aspect } of differences) this.#of(aspect).wrong++;
  }

  result(): GroupResult {
    const aspects = [...this.#aspects].map(
      ([aspect, { compared, wrong }]) => [aspect, { compared, agreed: compared - wrong }] as const,
    );
    return {
      group: this.group,
      cases: { compared: this.#cases, agreed: this.#agreed },
      aspects: new Map(aspects),
    };
  }

  #of(aspect: Aspect): { compared: number; wrong: number } {
    let counts = this.#aspects.get(aspect);
    if (counts === undefined) this.#aspects.set(aspect, (counts = { compared: 0, wrong: 0 }));
    return counts;
  }
}

/** Replays cases and says by group how far they agree with their reference. */
export function conform(cases: Iterable<LocatedCase>): ConformanceResult {
  const groups = new Map<string, GroupTally>();
  const mismatches: Mismatch[] = [];
  for (const located of cases) {
    const { id, group } = located.reference;
    let tally = groups.get(group);
    if (tally === undefined) groups.set(group, (tally = new GroupTally(group)));
    const comparison = replay(located);
    tally.add(comparison);
    const { differences } = comparison;
    if (differences.length > 0) mismatches.push({ id, group, file: located.file, line: located.line, differences });
  }
  return { groups: [...groups.values()].map((tally) => tally.result()), mismatches };
}
