import type { Toleration } from '../../api/core.ts';
import type { ApiServerSettings } from '../../settings.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** Whether a toleration names the taint key for NoExecute (an empty key or effect stands for all). */
function tolerates(toleration: Toleration, key: string): boolean {
  const effect = toleration.effect ?? 'NoExecute';
  const named = toleration.key === undefined || toleration.key === '' || toleration.key === key;
  return named && effect === 'NoExecute';
}

/**
 * DefaultTolerationSeconds: a pod tolerates nodes that are not ready or not reached for so long, unless it says something
 * else of them. Source: plugin/pkg/admission/defaulttolerationseconds.
 */
export function tolerating(
  given: readonly Toleration[],
  { defaultNotReadyTolerationSeconds, defaultUnreachableTolerationSeconds }: ApiServerSettings,
): readonly Toleration[] {
  const added: Toleration[] = [];
  const add = (key: string, tolerationSeconds: number): void => {
    if (!given.some((toleration) => tolerates(toleration, key))) {
      added.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds });
    }
  };
  add(NOT_READY, defaultNotReadyTolerationSeconds);
  add(UNREACHABLE, defaultUnreachableTolerationSeconds);
  return added.length === 0 ? given : [...given, ...added];
}
