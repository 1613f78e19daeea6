import type { Decision } from '../sim/scheduler/decision.ts';
import type { Explanation, NodeScore } from '../sim/scheduler/explain.ts';
import type { Shortfall } from '../sim/scheduler/shortfall.ts';
import { printDuration } from '../sim/durations.ts';
import { contestOf, nearMisses } from './what-if.ts';
import type { Contest } from './what-if.ts';
import { wrapped } from './wrapped-text.ts';

/** A decision and all there was to be known when it was taken. */
export interface Explained {
  readonly decision: Decision;
  readonly explanation: Explanation;
  readonly weights: ReadonlyMap<string, number>;
  readonly shortfalls: readonly Shortfall[];
  /** The pod was on this node before. */
  readonly was?: string;
  /** What would be decided, not what was. */
  readonly supposed?: boolean;
}

/** Names shown of the nodes that were turned away for one reason. */
const EXAMPLES = 2;

/** What the terminal shows: the outcome, why nodes were turned away, and how the `shown` best of the others scored. */
export function explanationText(explained: Explained, shown: number): string {
  const { decision, explanation } = explained;
  const parts = [outcomeLines(explained).join('\n')];
  if (explanation.error !== undefined) parts.push(`The cycle ends with an error: ${explanation.error}`);
  if (explanation.refused !== undefined) {
    const { plugin, status } = explanation.refused;
    parts.push(`PreFilter refused the pod itself: ${plugin}: ${status.reasons.join(', ')}`);
  }
  const refusals = refusalTable(explanation);
  if (refusals !== '') parts.push(`Nodes turned away, by the first plugin that did\n\n${refusals}`);
  if (explanation.scores.size > 0) parts.push(scoreTable(explained, shown));
  const contest = contestOf(explanation, explained.weights, decision.node);
  if (contest !== undefined) parts.push(contestText(contest));
  if (explanation.scores.size === 0) parts.push(...nearMissText(explained));
  if (decision.message !== '') parts.push(`The pod's condition says:\n${wrapped(decision.message)}`);
  return parts.join('\n\n');
}

/** What it came to, and how many nodes were looked at. */
export function outcomeLines(explained: Explained): readonly string[] {
  const { decision, explanation, was } = explained;
  const { pod, profile, result, node, score, evaluatedNodes, feasibleNodes } = decision;
  const lines = [`${pod}: ${momentText(explained)}profile ${profile}`];
  if (was !== undefined) lines.push(`It is on ${was}; below it is as if it had to be placed again`);
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
  return lines;
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

/** When the decision was taken: its attempt and time, or the time at which it would be taken. */
function momentText({ decision, supposed }: Explained): string {
  const began = (decision.time - decision.durationMicros) / 1e6;
  if (supposed !== true) return `attempt ${decision.attempt}, at ${began.toFixed(6)} s, `;
  return decision.time === 0 ? '' : `at ${printDuration(began)}, `;
}

function contestText({ winner, runnerUp, behind, plugins }: Contest): string {
  const signed = (value: number): string => (value > 0 ? `+${value}` : String(value));
  const rows = plugins
    .filter(({ difference, winnerWithout }) => difference !== 0 || winnerWithout !== winner)
    .map(({ plugin, weight, difference, turningWeight, winnerWithout }) => [
      plugin,
      signed(difference),
      turningWeight === undefined ? '' : `${weight} → ${turningWeight}`,
      winnerWithout === winner ? '' : winnerWithout,
    ]);
  const title =
    behind === 0 ? `${runnerUp} has as many points` : `Runner-up ${runnerUp}: ${behind} points behind ${winner}`;
  if (rows.length === 0) return title;
  const head = ['', 'points', 'turns at weight', 'best without it'];
  return `${title}\n\n${aligned([head, ...rows])}`;
}

/** Nodes that are named, and changes that are told of each. */
const NEAREST = 3;

function nearMissText({ shortfalls }: Explained): readonly string[] {
  if (shortfalls.length === 0) return [];
  const misses = nearMisses(shortfalls).slice(0, NEAREST);
  const lines = misses.map(({ node, changes }) => `${node}\n${changes.map((change) => indented(change)).join('\n')}`);
  return [`Nearest to fitting, and what it would take\n\n${lines.join('\n')}`];
}

function indented(text: string): string {
  return wrapped(text)
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
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
export function explanationJson({ decision, explanation, weights, shortfalls, was, supposed }: Explained): string {
  const nodes = [...explanation.verdicts].map(([name, verdict]) => {
    if (verdict === 'excluded') return { name, excluded: true };
    if (verdict !== undefined) {
      const { plugin, code, reasons } = verdict;
      return { name, refused: { plugin, code, reasons } };
    }
    const scored = explanation.scores.get(name);
    return { name, total: scored?.total, plugins: Object.fromEntries(scored?.plugins ?? []) };
  });
  const contest = contestOf(explanation, weights, decision.node);
  const misses = explanation.scores.size === 0 ? nearMisses(shortfalls) : [];
  const { refused } = explanation;
  return JSON.stringify(
    {
      pod: decision.pod,
      attempt: supposed === true ? undefined : decision.attempt,
      was,
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
      runner_up: contest && {
        node: contest.runnerUp,
        behind: contest.behind,
        plugins: contest.plugins.map(({ plugin, weight, difference, turningWeight, winnerWithout }) => ({
          plugin,
          weight,
          difference,
          turning_weight: turningWeight,
          winner_without: winnerWithout,
        })),
      },
      nearest: misses.length === 0 ? undefined : misses,
      shortfalls: shortfalls.map(({ node, refusals, lacks }) => ({ node, refusals, lacks })),
      nodes,
    },
    undefined,
    2,
  );
}
