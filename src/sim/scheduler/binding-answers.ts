import { nodesText } from './fit-error.ts';
import type { Plugin, Waiting } from './framework.ts';
import { problemText } from './plugin-error.ts';
import type { CycleResult } from './scheduling-cycle.ts';
import type { Status } from './status.ts';

/** The extension points of a binding cycle. */
type Point = 'Reserve' | 'Permit' | 'PreBind' | 'Bind';

/** A plugin's answer at an extension point: it agrees, has the pod wait, or what becomes of the pod. */
export function asked(
  point: Point,
  { name }: Plugin,
  ask: () => Status | Waiting | undefined,
): CycleResult | Waiting | undefined {
  let answer: Status | Waiting | undefined;
  try {
    answer = ask();
  } catch (error) {
    return failedAt(point, name, problemText(error));
  }
  if (answer === undefined || answer.code === 'Skip') return undefined;
  if ('timeoutSeconds' in answer) return answer;
  const { code, reasons } = answer;
  if (code === 'Unschedulable' || code === 'UnschedulableAndUnresolvable' || code === 'Pending')
    return refused(name, answer);
  return failedAt(point, name, reasons.join(', '));
}

const NOTHING_FOUND = { evaluated: 0, feasible: 0 } as const;

/** A plugin turned the pod away from its node. Source: the FitError of one node in schedulingCycle and bindingCycle. */
export function refused(plugin: string, status: Status): CycleResult {
  const message = nodesText(1, [[{ ...status, plugin }, 1]], { reasons: [], count: 0 });
  return { ...NOTHING_FOUND, result: 'unschedulable', message, rejectingPlugins: [plugin] };
}

/** A plugin failed where it should have answered. */
export function failedAt(point: Point, plugin: string, problem: string): CycleResult {
  const message = `running ${point} plugin "${plugin}": ${problem}`;
  return { ...NOTHING_FOUND, result: 'error', message, rejectingPlugins: [] };
}

/** An extender that binds failed to. */
export function extenderFailed(problem: string): CycleResult {
  return { ...NOTHING_FOUND, result: 'error', message: problem, rejectingPlugins: [] };
}
