import type { Decision } from '../sim/scheduler/decision.ts';
import type { Explanation, NodeScore } from '../sim/scheduler/explain.ts';
import { wrapped } from './wrapped-text.ts';

/** A decision and all there was to be known when it was taken. */
export interface Explained {
  readonly decision: Decision;
  readonly explanation: Explanation;
  readonly weights: ReadonlyMap<string, number>;
}

/** Names shown of the nodes that were turned away for one reason. */
const EXAMPLES = 2;

/** What the terminal shows: the outcome, why nodes were turned away, and how the `shown` best of the others scored. */
export function explanationText(explained: Explained, shown: number): string {
  const { decision, explanation } = explained;
  const parts = [outcome(explained)];
  if (explanation.error !== undefined) parts.push(`The cycle ends with an error: ${explanation.error}`);
  if (explanation.refused !== undefined) {
    const { plugin, status } = explanation.refused;
    parts.push(`PreFilter refused the pod itself: ${plugin}: ${status.reasons.join(', ')}`);
  }
  const refusals = refusalTable(explanation);
  if (refusals !== '') parts.push(`Nodes turned away, by the first plugin that did\n\n${refusals}`);
  if (explanation.scores.size > 0) parts.push(scoreTable(explained, shown));
  if (decision.message !== '') parts.push(`The pod's condition says:\n${wrapped(decision.message)}`);
  return parts.join('\n\n');
}

function outcome({ decision, explanation }: Explained): string {
  const { pod, attempt, profile, result, node, score, evaluatedNodes, feasibleNodes } = decision;
  const began = (decision.time - decision.durationMicros) / 1e6;
  const lines = [`${pod}: attempt ${attempt}, at ${began.toFixed(6)} s, profile ${profile}`];
  if (result === 'scheduled') {
    const ties = explanation.best.includes(node as string) ? explanation.best.length : 0;
    const worth = score === undefined ? '' : `, total ${score}`;
    const others = ties > 1 ? `, one of ${count(ties)} with the highest total` : '';
    lines.push(`→ ${node}${worth}${others}`);
  } else {
    lines.push(result === 'error' ? '→ an error; it is tried again' : '→ no node; it waits for a change');
  }
  const all = explanation.verdicts.size;
  if (all > 0) {
    lines.push(`${count(explanation.scores.size)} of ${count(all)} nodes are feasible`);
    if (evaluatedNodes < all && explanation.refused === undefined) {
      const sampled = `the cycle looked at ${count(evaluatedNodes)} and stopped at ${count(feasibleNodes)} feasible ones`;
      lines.push(`${sampled}; below are all`);
    }
  }
  return lines.join('\n');
}

function refusalTable({ verdicts }: Explanation): string {
  const rows = new Map<string, { readonly plugin: string; readonly reason: string; readonly nodes: string[] }>();
  for (const [node, verdict] of verdicts) {
    if (verdict === undefined) continue;
    const plugin = verdict === 'excluded' ? 'PreFilter' : verdict.plugin;
    const reason = verdict === 'excluded' ? 'not among the nodes that it leaves' : verdict.reasons.join(', ');
    const key = `${plugin}\n${reason}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { plugin, reason, nodes: [node] });
    else row.nodes.push(node);
  }
  const sorted = [...rows.values()].sort((a, b) => b.nodes.length - a.nodes.length);
  const width = Math.max(...sorted.map(({ nodes }) => count(nodes.length).length));
  return sorted
    .map(({ plugin, reason, nodes }) => {
      const examples = nodes.slice(0, EXAMPLES).join(', ');
      const more = nodes.length > EXAMPLES ? ', …' : '';
      const indent = ' '.repeat(width + 2);
      return `${count(nodes.length).padStart(width)}  ${plugin}: ${reason}\n${indent}${examples}${more}`;
    })
    .join('\n');
}

function scoreTable({ decision, explanation, weights }: Explained, shown: number): string {
  const plugins = [...weights.keys()].filter((name) => [...explanation.scores.values()][0]?.plugins.has(name) === true);
  const heads = abbreviations(plugins);
  const ranked = [...explanation.scores].sort(([a, left], [b, right]) => right.total - left.total || (a < b ? -1 : 1));
  const listed = ranked.slice(0, shown);
  const chosen = ranked.find(([name]) => name === decision.node);
  if (chosen !== undefined && !listed.includes(chosen)) listed.push(chosen);
  const row = ([name, { total, plugins: scores }]: readonly [string, NodeScore]): string[] => [
    name === decision.node ? `${name} ←` : name,
    ...plugins.map((plugin) => String(scores.get(plugin)?.weighted ?? '')),
    String(total),
  ];
  const table = aligned([['node', ...heads, 'total'], ...listed.map(row)]);
  const left = ranked.length - listed.length;
  const rest = left > 0 ? `\n… and ${count(left)} more` : '';
  const longest = Math.max(...heads.map((head) => head.length));
  const legend = plugins.map((plugin, i) => `  ${heads[i]?.padEnd(longest)}  ${plugin} × ${weights.get(plugin)}`);
  const { skippedScores } = explanation;
  const skipped =
    skippedScores.length === 0 ? '' : `\n\n${wrapped(`Skipped by PreScore: ${skippedScores.join(', ')}`)}`;
  return `Feasible nodes by total\n\n${table}${rest}\n\nWeighted scores of\n${legend.join('\n')}${skipped}`;
}

/** The capitals of each name; the whole name where they do not tell it from another. */
function abbreviations(names: readonly string[]): readonly string[] {
  const capitals = names.map((name) => name.replace(/[^A-Z]/g, ''));
  return capitals.map((short, i) =>
    short === '' || capitals.some((other, j) => other === short && j !== i) ? (names[i] as string) : short,
  );
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The same for programs: every node, every plugin. */
export function explanationJson({ decision, explanation, weights }: Explained): string {
  const nodes = [...explanation.verdicts].map(([name, verdict]) => {
    if (verdict === 'excluded') return { name, excluded: true };
    if (verdict !== undefined) {
      const { plugin, code, reasons } = verdict;
      return { name, refused: { plugin, code, reasons } };
    }
    const scored = explanation.scores.get(name);
    return { name, total: scored?.total, plugins: Object.fromEntries(scored?.plugins ?? []) };
  });
  const { refused } = explanation;
  return JSON.stringify(
    {
      pod: decision.pod,
      attempt: decision.attempt,
      profile: decision.profile,
      began_seconds: (decision.time - decision.durationMicros) / 1e6,
      result: decision.result,
      node: decision.node,
      total: decision.score,
      message: decision.message,
      evaluated_nodes: decision.evaluatedNodes,
      feasible_nodes: decision.feasibleNodes,
      prefilter: refused === undefined ? undefined : { plugin: refused.plugin, ...refused.status },
      error: explanation.error,
      weights: Object.fromEntries(weights),
      skipped_scores: explanation.skippedScores,
      best: explanation.best,
      nodes,
    },
    undefined,
    2,
  );
}
