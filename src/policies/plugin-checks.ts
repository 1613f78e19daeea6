import { MAX_NODE_SCORE } from '../sim/scheduler/framework.ts';
import type { Plugin } from '../sim/scheduler/framework.ts';
import type { StatusCode } from '../sim/scheduler/status.ts';
import { describeResult } from './guard.ts';
import type { ResultCheck } from './guard.ts';

/** The extension points of a scheduler plugin, in the order in which a pod comes to them; any one makes a plugin. */
export const PLUGIN_METHODS = [
  'score',
  'scoreRows',
  'preEnqueue',
  'preFilter',
  'filter',
  'filterRows',
  'postFilter',
  'preScore',
  'reserve',
  'permit',
  'preBind',
] as const satisfies readonly (keyof Plugin)[];

/** What a plugin's methods may give, so that a mistake is told at once and by its name. */
export function pluginChecks(plugin: Plugin): Readonly<Record<string, ResultCheck>> {
  return { ...statusChecks, ...scoreChecks(plugin) };
}

function scoreChecks(plugin: Plugin): Readonly<Record<string, ResultCheck>> {
  // Without a normalisation of its own, 0 to 100; with one, any finite number before it.
  const highest = plugin.normalizeScore === undefined ? MAX_NODE_SCORE : Infinity;
  const bad = (score: unknown): boolean =>
    typeof score !== 'number' || !Number.isFinite(score) || (highest !== Infinity && (score < 0 || score > highest));
  const allowed = highest === Infinity ? 'a finite number' : `a number from 0 to ${MAX_NODE_SCORE}`;
  const inRows =
    (scoresAt: number, countAt: number, refused: (score: unknown) => boolean, wanted: string): ResultCheck =>
    (_result, args) => {
      const scores = args[scoresAt] as Float64Array;
      for (let i = 0; i < (args[countAt] as number); i++) {
        if (refused(scores[i])) return `left ${String(scores[i])} where ${wanted} is wanted`;
      }
      return undefined;
    };
  const outOfRange = (score: unknown): boolean => !((score as number) >= 0 && (score as number) <= MAX_NODE_SCORE);
  return {
    score: (score) => (bad(score) ? `gave ${describeResult(score)} where ${allowed} is wanted` : undefined),
    scoreRows: inRows(4, 3, bad, allowed),
    normalizeScore: inRows(2, 3, outOfRange, `a number from 0 to ${MAX_NODE_SCORE}`),
  };
}

const REFUSALS: readonly StatusCode[] = ['Unschedulable', 'UnschedulableAndUnresolvable', 'Error'];

type Parts = Readonly<Record<string, unknown>>;

/** Nothing, or a status with one of the codes; `other` lets further forms through. */
function status(codes: readonly StatusCode[], other: (parts: Parts) => boolean = () => false): ResultCheck {
  const wanted = `nothing, or {code, reasons} with code ${codes.join(', ')}`;
  return (result) => {
    if (result === undefined) return undefined;
    if (typeof result !== 'object' || result === null || result instanceof Promise) {
      return `gave ${describeResult(result)} where ${wanted} is wanted`;
    }
    const parts = result as Parts;
    if (other(parts)) return undefined;
    const { code, reasons } = parts;
    if (!codes.includes(code as StatusCode)) return `gave the code ${JSON.stringify(code)} where ${wanted} is wanted`;
    const good = Array.isArray(reasons) && reasons.every((reason) => typeof reason === 'string');
    return good ? undefined : `gave reasons that are no list of texts where ${wanted} is wanted`;
  };
}

function waits({ code, timeoutSeconds }: Parts): boolean {
  return code === 'Wait' && typeof timeoutSeconds === 'number' && timeoutSeconds >= 0;
}

const statusChecks: Readonly<Record<string, ResultCheck>> = {
  preEnqueue: status(['Pending', 'UnschedulableAndUnresolvable', 'Unschedulable']),
  preFilter: status([...REFUSALS, 'Skip'], ({ nodeNames }) => nodeNames instanceof Set),
  filter: status(REFUSALS),
  preScore: status(['Skip', 'Error']),
  reserve: status(REFUSALS),
  permit: status(REFUSALS, waits),
  preBind: status(REFUSALS, waits),
  postFilter: (result) => {
    if (result === undefined) return undefined;
    const message = (result as { readonly message?: unknown } | null)?.message;
    return typeof message === 'string'
      ? undefined
      : `gave ${describeResult(result)} where {message, nominatedNode, victims} is wanted`;
  },
};
