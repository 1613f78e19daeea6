import type { Pod } from '../../api/core.ts';
import type { JobSpec, PodFailurePolicyRule } from '../../api/workloads.ts';

/** What the first matching rule says of a failed pod; undefined where none matches: it counts. */
export function verdictOn(
  policy: JobSpec['podFailurePolicy'],
  pod: Pod,
): { readonly action: PodFailurePolicyRule['action']; readonly message: string } | undefined {
  if (policy === undefined || pod.status.phase !== 'Failed') return undefined;
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  for (const [index, rule] of policy.rules.entries()) {
    const { action, onExitCodes, onPodConditions } = rule;
    const ending = `matching ${action} rule at index ${index}`;
    if (onExitCodes !== undefined) {
      const exit = matchingExit(pod, onExitCodes);
      if (exit === undefined) continue;
      return { action, message: `Container ${exit.name} for pod ${name} failed with exit code ${exit.code} ${ending}` };
    }
    const matching = onPodConditions?.find(({ type, status = 'True' }) =>
      pod.status.conditions?.some((condition) => condition.type === type && condition.status === status),
    );
    if (matching !== undefined) return { action, message: `Pod ${name} has condition ${matching.type} ${ending}` };
  }
  return undefined;
}

/** A container that ended with one of the codes (or none of them, with NotIn); success never matches. */
function matchingExit(
  pod: Pod,
  { containerName, operator, values }: NonNullable<PodFailurePolicyRule['onExitCodes']>,
): { readonly name: string; readonly code: number } | undefined {
  for (const { name, state } of [
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.containerStatuses ?? []),
  ]) {
    const code = state.terminated?.exitCode;
    if (code === undefined || code === 0) continue;
    if (containerName !== undefined && containerName !== name) continue;
    if (values.includes(code) === (operator === 'In')) return { name, code };
  }
  return undefined;
}
