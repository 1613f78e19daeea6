import type { PluginStatus, Status } from './status.ts';

/** Counts reasons and sorts them as texts, so that "10 x" stands before "2 x". */
function histogram(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}

/**
 * The text of a failed cycle. Source: `framework.FitError`.
 *
 * @param refusals how many nodes were refused with each status
 * @param absent the status of nodes that were not looked at, and how many they are
 */
export function nodesText(
  nodes: number,
  refusals: Iterable<readonly [PluginStatus, number]>,
  absent: { readonly reasons: readonly string[]; readonly count: number },
): string {
  const counts = new Map<string, number>();
  const count = (reasons: readonly string[], times: number): void => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + times);
  };
  for (const [status, times] of refusals) count(status.reasons, times);
  if (absent.count > 0) count(absent.reasons, absent.count);
  const text = histogram(counts);
  return `0/${nodes} nodes are available:${text === '' ? '' : ` ${text}.`}`;
}

/** The text where PreFilter refused the pod itself. */
export function preFilterText(nodes: number, reasons: readonly string[]): string {
  return `0/${nodes} nodes are available: ${reasons.join(', ')}.`;
}

/** Upstream's text where there is no node at all. */
export const NO_NODES_TEXT = 'no nodes available to schedule pods';

/** The PreFilters of these plugins left no node between them. Source: RunPreFilterPlugins, framework/runtime/framework.go. */
export function simultaneously(by: readonly string[]): Status {
  const plugins = [...by].sort().join(' ');
  const reason =
    by.length === 1
      ? `node(s) didn't satisfy plugin ${plugins}`
      : `node(s) didn't satisfy plugin(s) [${plugins}] simultaneously`;
  return { code: 'UnschedulableAndUnresolvable', reasons: [reason] };
}
