import { Comparison } from './comparison.ts';
import type { ReferenceCase } from './reference-case.ts';
import { profileFor, ReferenceWorld } from './reference-world.ts';

/** Schedules the case's pods one after the other; the reference's choice stands for all later steps. */
export function replaySequence({ input, expect: { steps = [] } }: ReferenceCase): Comparison {
  const comparison = new Comparison();
  const pending = input.pending ?? [];
  const worlds = new Map<unknown, ReferenceWorld>();
  for (const [index, pod] of pending.entries()) {
    const expected = steps[index];
    if (expected === undefined) break;
    const where = `step ${index} (${expected.pod})`;
    const profile = profileFor(input, pod);
    comparison.equal('queue', where, profile === undefined, expected.result === 'ignored');
    if (profile === undefined || expected.result === 'ignored') continue;
    // One cluster, looked at by each profile's plugins.
    let world = worlds.get(profile);
    if (world === undefined) worlds.set(profile, (world = worldAt(input, profile, pending, steps, index)));
    const info = world.pod(pod);
    const gated = world.gate(info) !== undefined;
    comparison.equal('queue', where, gated, expected.result === 'gated');
    if (gated || expected.result === 'gated') continue;
    world.cycle.startIndex = 0;
    const result = world.cycle.run(info, 1);
    const { node, total, feasible } = expected;
    const found = { result: result.result, node: result.nodeName, feasible: result.feasible };
    comparison.equal('chosen', where, found, { result: expected.result, node, feasible });
    if (result.score !== undefined) {
      comparison.equal('weighted', where, result.score, total);
      comparison.equal('best', where, world.lastBest, expected.best);
    }
    if (expected.message !== undefined) {
      comparison.holds('message', where, result.message.startsWith(expected.message), result.message, expected.message);
    }
    if (node !== undefined) for (const each of worlds.values()) each.table.addPod(each.pod(pod), node);
  }
  return comparison;
}

type Steps = NonNullable<ReferenceCase['expect']['steps']>;

/** The world of a profile that is first needed at a step: the pods of the steps before are in it. */
function worldAt(
  input: ReferenceCase['input'],
  profile: ConstructorParameters<typeof ReferenceWorld>[1],
  pending: NonNullable<ReferenceCase['input']['pending']>,
  steps: Steps,
  index: number,
): ReferenceWorld {
  const world = new ReferenceWorld(input, profile);
  for (const [former, pod] of pending.slice(0, index).entries()) {
    const node = steps[former]?.node;
    if (node !== undefined) world.table.addPod(world.pod(pod), node);
  }
  return world;
}
