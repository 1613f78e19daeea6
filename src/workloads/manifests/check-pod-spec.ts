import type {
  Affinity,
  Container,
  PodAffinity,
  PodSpec,
  ResourceRequirements,
  Toleration,
} from '../../sim/api/core.ts';
import { quantityMilli } from '../../sim/api/quantity.ts';
import { describeValue } from '../input-error.ts';
import { unknownName } from '../nearest.ts';
import type { DocumentPath } from '../input-error.ts';
import { checkKey, checkLabelName, checkLabels } from './check-names.ts';
import { checkVolumeClaim } from './check-storage.ts';
import { checkLabelSelector, checkNodeSelector, checkNodeSelectorTerm } from './check-selectors.ts';
import { Misfit } from './misfit.ts';

/**
 * What the server refuses in a pod spec beyond the types of its fields: the part of ValidatePodSpec (v1.34) that a
 * simulation could stumble over.
 */

/** Refuses a number outside the bounds. */
export function checkRange(value: number | undefined, low: number, high: number, path: DocumentPath): void {
  if (value === undefined || (value >= low && value <= high)) return;
  const allowed = high === Number.POSITIVE_INFINITY ? `${low} or more` : `${low} to ${high}`;
  const message = value < 0 && low === 0 ? 'must not be negative' : 'out of range';
  throw new Misfit(path, { message, found: describeValue(value), allowed });
}

function checkResources(resources: ResourceRequirements | undefined, path: DocumentPath): void {
  if (resources === undefined) return;
  for (const side of ['requests', 'limits'] as const) {
    for (const [resource, text] of Object.entries(resources[side] ?? {})) {
      if (text.startsWith('-')) {
        throw new Misfit([...path, side, resource], {
          message: 'must not be negative',
          found: text,
          allowed: '0 or more',
        });
      }
    }
  }
  for (const [resource, request] of Object.entries(resources.requests ?? {})) {
    const limit = resources.limits?.[resource];
    if (limit !== undefined && quantityMilli(request) > quantityMilli(limit)) {
      const problem = { message: 'the request is above the limit', found: request, allowed: `at most ${limit}` };
      throw new Misfit([...path, 'requests', resource], problem);
    }
  }
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;

function checkProbes(container: Container, path: DocumentPath): void {
  for (const name of PROBES) {
    const probe = container[name];
    if (probe === undefined) continue;
    const at = [...path, name];
    const handlers = HANDLERS.filter((handler) => probe[handler] !== undefined);
    if (handlers.length !== 1) {
      const found = handlers.length === 0 ? 'none' : handlers.join(', ');
      throw new Misfit(at, { message: 'a probe has exactly one handler', found, allowed: HANDLERS.join(', ') });
    }
    checkRange(probe.initialDelaySeconds, 0, Number.POSITIVE_INFINITY, [...at, 'initialDelaySeconds']);
    for (const field of ['periodSeconds', 'timeoutSeconds', 'successThreshold', 'failureThreshold'] as const) {
      checkRange(probe[field], 0, Number.POSITIVE_INFINITY, [...at, field]);
    }
    if (probe.terminationGracePeriodSeconds !== undefined) {
      const path = [...at, 'terminationGracePeriodSeconds'];
      checkRange(probe.terminationGracePeriodSeconds, 1, Number.POSITIVE_INFINITY, path);
      if (name === 'readinessProbe') {
        const found = String(probe.terminationGracePeriodSeconds);
        throw new Misfit(path, { message: 'a readiness probe ends nothing', found, allowed: 'no such field' });
      }
    }
    if (name !== 'readinessProbe' && (probe.successThreshold ?? 1) > 1) {
      throw new Misfit([...at, 'successThreshold'], {
        message: `must be 1 for a ${name}`,
        found: String(probe.successThreshold),
        allowed: '1',
      });
    }
  }
}

/** A hook that sleeps has to end within the grace period. */
function checkHooks({ lifecycle }: Container, grace: number | undefined, path: DocumentPath): void {
  for (const name of ['postStart', 'preStop'] as const) {
    const sleep = lifecycle?.[name]?.['sleep'] as { readonly seconds?: number } | undefined;
    const most = name === 'preStop' ? (grace ?? 30) : Number.POSITIVE_INFINITY;
    checkRange(sleep?.seconds, 0, most, [...path, 'lifecycle', name, 'sleep', 'seconds']);
  }
}

function checkContainer(container: Container, path: DocumentPath): void {
  checkLabelName(container.name, [...path, 'name']);
  checkResources(container.resources, [...path, 'resources']);
  checkProbes(container, path);
  for (const [index, port] of (container.ports ?? []).entries()) {
    const at = [...path, 'ports', index];
    checkRange(port.containerPort, 1, 65_535, [...at, 'containerPort']);
    checkRange(port.hostPort, 1, 65_535, [...at, 'hostPort']);
  }
}

function checkContainers(spec: PodSpec): void {
  if (spec.containers.length === 0) {
    throw new Misfit(['containers'], { message: 'a pod has at least one container', found: 'an empty list' });
  }
  const seen = new Set<string>();
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      checkContainer(container, [list, index]);
      checkHooks(container, spec.terminationGracePeriodSeconds, [list, index]);
      if (list === 'containers' && container.restartPolicy !== undefined) {
        const problem = {
          message: 'only init containers have a restartPolicy of their own',
          found: container.restartPolicy,
        };
        throw new Misfit([list, index, 'restartPolicy'], problem);
      }
      if (seen.has(container.name)) {
        const problem = {
          message: 'two containers have one name',
          found: container.name,
          allowed: 'names that differ',
        };
        throw new Misfit([list, index, 'name'], problem);
      }
      seen.add(container.name);
    }
  }
}

function checkToleration(toleration: Toleration, path: DocumentPath): void {
  const { key = '', operator = 'Equal', value = '' } = toleration;
  if (key === '' && operator !== 'Exists') {
    throw new Misfit([...path, 'operator'], {
      message: 'without a key the operator must be Exists',
      found: operator,
      allowed: 'Exists',
    });
  }
  if (key !== '') checkKey(key, [...path, 'key']);
  if (operator === 'Exists' && value !== '') {
    throw new Misfit([...path, 'value'], {
      message: 'operator Exists takes no value',
      found: value,
      allowed: 'no value, or operator Equal',
    });
  }
  if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute') {
    const problem = {
      message: 'tolerationSeconds goes with effect NoExecute only',
      found: toleration.effect ?? 'no effect',
      allowed: 'NoExecute',
    };
    throw new Misfit([...path, 'effect'], problem);
  }
}

function checkPodAffinity(affinity: PodAffinity | undefined, path: DocumentPath): void {
  const terms = [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term, index) => ({
      term,
      at: [...path, 'requiredDuringSchedulingIgnoredDuringExecution', index],
    })),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((preferred, index) => {
      const at = [...path, 'preferredDuringSchedulingIgnoredDuringExecution', index];
      checkRange(preferred.weight, 1, 100, [...at, 'weight']);
      return { term: preferred.podAffinityTerm, at: [...at, 'podAffinityTerm'] };
    }),
  ];
  for (const { term, at } of terms) {
    checkKey(term.topologyKey, [...at, 'topologyKey']);
    checkLabelSelector(term.labelSelector, [...at, 'labelSelector']);
    checkLabelSelector(term.namespaceSelector, [...at, 'namespaceSelector']);
  }
}

function checkAffinity(affinity: Affinity | undefined): void {
  const { nodeAffinity } = affinity ?? {};
  const path = ['affinity', 'nodeAffinity'];
  checkNodeSelector(nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, [
    ...path,
    'requiredDuringSchedulingIgnoredDuringExecution',
  ]);
  for (const [index, term] of (nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const at = [...path, 'preferredDuringSchedulingIgnoredDuringExecution', index];
    checkRange(term.weight, 1, 100, [...at, 'weight']);
    checkNodeSelectorTerm(term.preference, [...at, 'preference']);
  }
  checkPodAffinity(affinity?.podAffinity, ['affinity', 'podAffinity']);
  checkPodAffinity(affinity?.podAntiAffinity, ['affinity', 'podAntiAffinity']);
}

function checkSpread(spec: PodSpec): void {
  for (const [index, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const at = ['topologySpreadConstraints', index];
    checkRange(constraint.maxSkew, 1, Number.POSITIVE_INFINITY, [...at, 'maxSkew']);
    checkRange(constraint.minDomains, 1, Number.POSITIVE_INFINITY, [...at, 'minDomains']);
    checkKey(constraint.topologyKey, [...at, 'topologyKey']);
    checkLabelSelector(constraint.labelSelector, [...at, 'labelSelector']);
    if (constraint.minDomains !== undefined && constraint.whenUnsatisfiable !== 'DoNotSchedule') {
      const problem = {
        message: 'minDomains goes with DoNotSchedule only',
        found: constraint.whenUnsatisfiable,
        allowed: 'DoNotSchedule',
      };
      throw new Misfit([...at, 'whenUnsatisfiable'], problem);
    }
  }
}

/** Each claim has a name and one origin; containers name claims of the pod. */
function checkClaims(spec: PodSpec): void {
  const names = new Set<string>();
  for (const [index, claim] of (spec.resourceClaims ?? []).entries()) {
    const at = ['resourceClaims', index];
    checkLabelName(claim.name, [...at, 'name']);
    if (names.has(claim.name)) {
      const problem = { message: 'two claims have one name', found: claim.name, allowed: 'names that differ' };
      throw new Misfit([...at, 'name'], problem);
    }
    names.add(claim.name);
    if ((claim.resourceClaimName === undefined) === (claim.resourceClaimTemplateName === undefined)) {
      const found = claim.resourceClaimName === undefined ? 'neither' : 'both';
      const allowed = 'one of resourceClaimName and resourceClaimTemplateName';
      throw new Misfit(at, { message: 'a claim comes from one place', found, allowed });
    }
  }
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, { resources }] of (spec[list] ?? []).entries()) {
      for (const [place, { name }] of (resources?.claims ?? []).entries()) {
        if (names.has(name)) continue;
        const problem = unknownName('claim of the pod', name, [...names]);
        throw new Misfit([list, index, 'resources', 'claims', place, 'name'], problem);
      }
    }
  }
}

/** Throws a Misfit with a path from the spec on. */
export function checkPodSpec(spec: PodSpec): void {
  checkContainers(spec);
  checkResources(spec.resources, ['resources']);
  checkRange(spec.terminationGracePeriodSeconds, 0, Number.POSITIVE_INFINITY, ['terminationGracePeriodSeconds']);
  checkRange(spec.activeDeadlineSeconds, 1, 2 ** 31 - 1, ['activeDeadlineSeconds']);
  checkLabels(spec.nodeSelector, ['nodeSelector']);
  checkAffinity(spec.affinity);
  checkSpread(spec);
  checkClaims(spec);
  for (const [index, toleration] of (spec.tolerations ?? []).entries())
    checkToleration(toleration, ['tolerations', index]);
  checkEphemeralVolumes(spec);
}

/** Claims that are made for the pod alone. */
function checkEphemeralVolumes({ volumes = [] }: PodSpec): void {
  for (const [i, volume] of volumes.entries()) {
    const { volumeClaimTemplate } = (volume['ephemeral'] ?? {}) as { volumeClaimTemplate?: { spec: object } };
    if (volumeClaimTemplate === undefined) continue;
    checkVolumeClaim(volumeClaimTemplate.spec, ['volumes', i, 'ephemeral', 'volumeClaimTemplate', 'spec']);
  }
}
