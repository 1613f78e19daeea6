import { preempt } from '../policies/scheduling/default-preemption.ts';
import type { Pod } from '../sim/api/core.ts';
import { explain } from '../sim/scheduler/explain.ts';
import type { Explanation } from '../sim/scheduler/explain.ts';
import { scoresNodes } from '../sim/scheduler/node-scoring.ts';
import type { PodInfo } from '../sim/scheduler/pod-class.ts';
import type { CycleResult } from '../sim/scheduler/scheduling-cycle.ts';
import { Comparison } from './comparison.ts';
import type { ExpectedDecision, ReferenceCase } from './reference-case.ts';
import { profileFor, ReferenceWorld } from './reference-world.ts';

/**
 * Decides about the case's pod three times: node by node and plugin by plugin with the plain forms, then as simulations
 * do, with columns, and once more from the caches; and compares each with the reference.
 */
export function replayDecision({ input, expect: expected }: ReferenceCase): Comparison {
  const comparison = new Comparison();
  const pod = input.pod as Pod;
  const profile = profileFor(input, pod);
  comparison.equal('queue', 'ignored', profile === undefined, expected.queue?.ignored === true);
  if (profile === undefined || expected.queue?.ignored === true) return comparison;
  const world = new ReferenceWorld(input, profile);
  const info = world.pod(pod);
  const gate = world.gate(info);
  const wanted = expected.queue?.gated === true ? expected.queue : undefined;
  comparison.equal('queue', 'gated by', gate && [gate.plugin, ...gate.status.reasons], wanted && gateOf(wanted));
  if (gate !== undefined || wanted !== undefined) return comparison;
  const told = explain(world.cycle, info);
  comparePreFilter(comparison, told, expected);
  compareFilter(comparison, told, expected);
  if (told.error !== undefined || expected.error !== undefined)
    comparison.equal('message', 'error', told.error, expected.error);
  compareScores(comparison, world, told, expected);
  comparePreemption(comparison, world, info, told, expected);
  const result = world.cycle.run(info, 1);
  compareResult(comparison, world, result, expected);
  world.cycle.startIndex = 0;
  comparison.equal('repeat', '', world.cycle.run(info, 1), result);
  return comparison;
}

function gateOf({ plugin = '', reasons = [] }: NonNullable<ExpectedDecision['queue']>): readonly string[] {
  return [plugin, ...reasons];
}

function comparePreFilter(comparison: Comparison, told: Explanation, { prefilter }: ExpectedDecision): void {
  if (prefilter === undefined) return;
  const { refused, nodeNames } = told;
  const found =
    refused === undefined
      ? { code: 'Success', nodeNames }
      : { code: refused.status.code, plugin: refused.plugin, reasons: [...refused.status.reasons].sort() };
  comparison.equal('prefilter', '', found, prefilter);
}

function compareFilter(comparison: Comparison, told: Explanation, { filter = {} }: ExpectedDecision): void {
  for (const [node, wanted] of Object.entries(filter)) {
    const found = told.verdicts.get(node);
    if (found === undefined || found === 'excluded') comparison.equal('filter', node, found ?? 'ok', wanted);
    else comparison.equal('filter', node, { ...found, reasons: [...found.reasons].sort() }, wanted);
  }
}

function compareScores(
  comparison: Comparison,
  { cycle }: ReferenceWorld,
  told: Explanation,
  expected: ExpectedDecision,
): void {
  if (expected.score === undefined) return;
  const weights = cycle.plugins.flatMap(({ plugin, weight }) =>
    weight !== 0 && scoresNodes(plugin) ? [[plugin.name, weight] as const] : [],
  );
  comparison.equal('scorers', 'weights', Object.fromEntries(weights), expected.weights ?? {});
  comparison.equal('scorers', 'skipped by PreScore', told.skippedScores, expected.prescoreSkipped ?? []);
  for (const [node, { total, plugins }] of Object.entries(expected.score)) {
    const found = told.scores.get(node);
    const names = new Set([...Object.keys(plugins), ...(found?.plugins.keys() ?? [])]);
    for (const name of names) {
      const score = found?.plugins.get(name);
      for (const stage of ['raw', 'normalized', 'weighted'] as const) {
        comparison.equal(stage, `${node} ${name}`, score?.[stage], plugins[name]?.[stage]);
      }
    }
    comparison.equal('weighted', `${node} total`, found?.total, total);
  }
  comparison.equal('best', '', told.best, expected.best);
}

/** Preemption looked at on all nodes: which could be had, and why not the others. */
function comparePreemption(
  comparison: Comparison,
  { cycle, table }: ReferenceWorld,
  info: PodInfo,
  told: Explanation,
  { preemption }: ExpectedDecision,
): void {
  const { candidates, nonCandidates, ties } = preemption ?? {};
  if (candidates === undefined && nonCandidates === undefined) return;
  const skipped = new Uint8Array(cycle.plugins.length);
  const shared = cycle.cycle(skipped);
  cycle.preFilter(shared, info, skipped);
  const rows = [...table.order].filter((row) => {
    const verdict = told.verdicts.get(table.names[row] as string);
    return typeof verdict === 'object' && verdict.code === 'Unschedulable';
  });
  const outcome = preempt(shared, info, rows, 0, rows.length);
  const found = outcome.candidates.map(({ nodeName, victims, pdbViolations }) => [
    nodeName,
    { victims: victims.map(({ key }) => key), pdbViolations },
  ]);
  comparison.equal('preemption', 'candidates', Object.fromEntries(found), candidates ?? {});
  const best = outcome.best.map(({ nodeName }) => nodeName).sort();
  comparison.equal('preemption', 'ties', best, ties ?? []);
  for (const [node, wanted] of Object.entries(nonCandidates ?? {})) {
    const status = outcome.refusals.get(node);
    // The reference names no plugin where none was run.
    const plugin = wanted.plugin === undefined ? undefined : status?.plugin;
    const told = status && { code: status.code, reasons: [...status.reasons].sort(), plugin };
    comparison.equal('preemption', `tried ${node}`, told, wanted);
  }
  comparison.equal('preemption', 'nodes tried in vain', outcome.refusals.size, Object.keys(nonCandidates ?? {}).length);
}

function compareResult(
  comparison: Comparison,
  { lastBest }: ReferenceWorld,
  result: CycleResult,
  expected: ExpectedDecision,
): void {
  if (expected.error !== undefined) {
    const found = { result: result.result, message: result.message };
    comparison.equal('message', 'error as run', found, { result: 'error', message: expected.error });
  }
  const nodes = expected.nominatedNodeUsed === true ? 1 : feasibleNodes(expected);
  if (expected.best !== undefined) {
    const total = bestTotal(expected);
    // Without any score the search ends at the first node that fits.
    const searched = Object.keys(expected.weights ?? {}).length > 0;
    const agrees =
      expected.best.includes(result.nodeName ?? '') &&
      (!searched || result.feasible === nodes) &&
      (result.score === undefined || total === undefined || result.score === total);
    const found = { node: result.nodeName, total: result.score, feasible: result.feasible };
    comparison.holds('chosen', '', agrees, found, { node: expected.best, total, feasible: nodes });
    if (result.score !== undefined) comparison.equal('best', 'as run', lastBest, expected.best);
  }
  if (expected.failure !== undefined) {
    comparison.equal('message', '', result.message, expected.failure.message);
    const { filterMessage } = expected.failure;
    comparison.holds('message', 'filters', result.message.startsWith(filterMessage), result.message, filterMessage);
  }
  comparePostFilter(comparison, result, expected);
}

function feasibleNodes({ filter = {} }: ExpectedDecision): number {
  return Object.values(filter).filter((verdict) => verdict === 'ok').length;
}

function bestTotal({ best = [], score = {} }: ExpectedDecision): number | undefined {
  return score[best[0] ?? '']?.total;
}

/** The oracle takes the first of equal nodes; any of them is right, with its own victims. */
function comparePostFilter(
  comparison: Comparison,
  { postFilter }: CycleResult,
  { preemption }: ExpectedDecision,
): void {
  if (preemption === undefined) return;
  const { nominatedNode, victims, failed } = postFilter ?? {};
  const result = nominatedNode === undefined ? 'keep' : nominatedNode === '' ? 'clear' : 'nominate';
  const code = failed === true ? 'Error' : result === 'nominate' ? 'Success' : 'Unschedulable';
  comparison.equal('preemption', 'result', [result, code], [preemption.result, preemption.code]);
  if (preemption.result !== 'nominate') return;
  const { ties = [preemption.nominatedNodeName], candidates } = preemption;
  comparison.holds('node', '', ties.includes(nominatedNode ?? ''), nominatedNode, ties);
  const wanted = candidates?.[nominatedNode ?? '']?.victims ?? preemption.victims;
  comparison.equal('victims', nominatedNode ?? '', victims, wanted);
}
