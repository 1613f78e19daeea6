import { celEnvironment, CelError, celValue, compileCel } from '../../cel/cel.ts';
import type { CelEnvironment, CelProgram } from '../../cel/cel.ts';
import { groupOf, kindInfo } from '../../api/kinds.ts';
import type { KubeObject, LabelSelector } from '../../api/meta.ts';
import { matchesSelector } from '../../api/selectors.ts';
import type { StatusReason } from '../../api/status.ts';

interface ResourceRule {
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly operations?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface MatchResources {
  readonly resourceRules?: readonly ResourceRule[];
  readonly excludeResourceRules?: readonly ResourceRule[];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
}

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy. */
export interface ValidatingAdmissionPolicy extends KubeObject {
  readonly spec: {
    readonly failurePolicy?: 'Fail' | 'Ignore';
    readonly paramKind?: { readonly apiVersion: string; readonly kind: string };
    readonly matchConstraints?: MatchResources;
    readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
    readonly variables?: readonly { readonly name: string; readonly expression: string }[];
    readonly validations?: readonly {
      readonly expression: string;
      readonly message?: string;
      readonly messageExpression?: string;
      readonly reason?: StatusReason;
    }[];
  };
}

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding. */
export interface ValidatingAdmissionPolicyBinding extends KubeObject {
  readonly spec: {
    readonly policyName: string;
    readonly validationActions?: readonly ('Deny' | 'Warn' | 'Audit')[];
    readonly matchResources?: MatchResources;
    readonly paramRef?: {
      readonly name?: string;
      readonly namespace?: string;
      readonly selector?: LabelSelector;
      readonly parameterNotFoundAction?: 'Allow' | 'Deny';
    };
  };
}

/** A write that policies look at. */
export interface Write {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  /** Who writes. */
  readonly user: string;
  readonly namespaceObject: KubeObject | undefined;
}

/** Why a policy denies a write. */
export interface Denial {
  readonly message: string;
  readonly reason: StatusReason;
}

/** What an expression may name. Made when the first is compiled: most runs have none. */
let environment: CelEnvironment | undefined;

function policyEnvironment(): CelEnvironment {
  const names = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables'];
  environment ??= names.reduce((made, name) => made.registerVariable(name, 'dyn'), celEnvironment());
  return environment;
}

/** By the policy's spec: expressions are compiled once. */
const programs = new WeakMap<object, Map<string, CelProgram>>();

function program(spec: object, source: string, wanted?: string): CelProgram {
  let all = programs.get(spec);
  if (all === undefined) programs.set(spec, (all = new Map()));
  let compiled = all.get(source);
  if (compiled === undefined) all.set(source, (compiled = compileCel(policyEnvironment(), source, wanted)));
  return compiled;
}

/** What is wrong with a policy's expressions, or undefined; a policy that does not compile is not taken. */
export function policyProblem({ metadata, spec }: ValidatingAdmissionPolicy): string | undefined {
  const at = (field: string, index: number, source: string, wanted: string): string | undefined => {
    try {
      program(spec, source, wanted);
      return undefined;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      const what = `ValidatingAdmissionPolicy.admissionregistration.k8s.io "${metadata.name}" is invalid`;
      return `${what}: spec.${field}[${index}].expression: Invalid value: "${source}": compilation failed: ${error.message}`;
    }
  };
  const problems = [
    ...(spec.matchConditions ?? []).map(({ expression }, i) => at('matchConditions', i, expression, 'bool')),
    ...(spec.validations ?? []).map(({ expression }, i) => at('validations', i, expression, 'bool')),
  ];
  return problems.find((problem) => problem !== undefined);
}

/** Whether a write is among those that a policy and its binding are about. */
export function concerns(match: MatchResources | undefined, write: Write): boolean {
  if (match === undefined) return true;
  const subject = (write.object ?? write.oldObject) as KubeObject;
  const isAmong = (rules: readonly ResourceRule[]): boolean => rules.some((rule) => ruleMatches(rule, subject, write));
  if (match.resourceRules !== undefined && !isAmong(match.resourceRules)) return false;
  if (isAmong(match.excludeResourceRules ?? [])) return false;
  const { namespaceSelector, objectSelector } = match;
  const labelsOfNamespace = write.namespaceObject?.metadata.labels;
  if (namespaceSelector !== undefined && write.namespaceObject !== undefined) {
    if (!matchesSelector(namespaceSelector, labelsOfNamespace)) return false;
  }
  if (objectSelector === undefined) return true;
  return [write.object, write.oldObject].some(
    (one) => one !== undefined && matchesSelector(objectSelector, one.metadata.labels),
  );
}

function ruleMatches(rule: ResourceRule, object: KubeObject, { operation }: Write): boolean {
  const includes = (list: readonly string[] | undefined, value: string): boolean =>
    list === undefined || list.includes('*') || list.includes(value);
  const version = object.apiVersion.split('/').at(-1) ?? '';
  return (
    includes(rule.apiGroups, groupOf(object.kind)) &&
    includes(rule.apiVersions, version) &&
    includes(rule.operations, operation) &&
    (includes(rule.resources, kindInfo(object.kind)?.plural ?? '') || rule.resources?.includes('*/*') === true) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(object.metadata.name))
  );
}

/** Evaluates a policy for a write, with one set of parameters. Source: apiserver pkg/admission/plugin/policy/validating. */
export function denialOf(
  policy: ValidatingAdmissionPolicy,
  binding: string,
  write: Write,
  params: KubeObject | undefined,
): Denial | undefined {
  const { spec, metadata } = policy;
  const { operation, object, oldObject, user, namespaceObject } = write;
  const subject = (object ?? oldObject) as KubeObject;
  const request = {
    operation,
    name: subject.metadata.name,
    namespace: subject.metadata.namespace ?? '',
    kind: { group: groupOf(subject.kind), version: subject.apiVersion.split('/').at(-1) ?? '', kind: subject.kind },
    resource: { group: groupOf(subject.kind), resource: kindInfo(subject.kind)?.plural ?? '' },
    userInfo: { username: user, groups: [] },
    dryRun: false,
  };
  const bound: Record<string, unknown> = {
    object: celValue(object ?? null),
    oldObject: celValue(oldObject ?? null),
    request: celValue(request),
    params: celValue(params ?? null),
    namespaceObject: celValue(namespaceObject ?? null),
  };
  const variables: Record<string, unknown> = {};
  bound['variables'] = variables;
  const denied = (message: string, reason: StatusReason): Denial => ({
    message: `ValidatingAdmissionPolicy '${metadata.name}' with binding '${binding}' denied request: ${message}`,
    reason,
  });
  try {
    if (!(spec.matchConditions ?? []).every(({ expression }) => program(spec, expression).evaluate(bound) === true)) {
      return undefined;
    }
    for (const { name, expression } of spec.variables ?? []) {
      variables[name] = program(spec, expression).evaluate(bound);
    }
    for (const validation of spec.validations ?? []) {
      const { expression, message, messageExpression, reason = 'Invalid' } = validation;
      if (program(spec, expression).evaluate(bound) === true) continue;
      const own = messageExpression === undefined ? undefined : program(spec, messageExpression).evaluate(bound);
      return denied(typeof own === 'string' ? own : (message ?? `failed expression: ${expression}`), reason);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return spec.failurePolicy === 'Ignore'
      ? undefined
      : denied(`expression resulted in error: ${error.message}`, 'Invalid');
  }
}
