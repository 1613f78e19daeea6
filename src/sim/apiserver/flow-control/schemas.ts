import { ACCOUNTS, AUTHENTICATED, MASTERS, NODES, accountName } from './requesters.ts';
import type { Attributes, Subject } from './requesters.ts';

/** Who is meant (flowcontrol v1 Subject); `*` for everybody. */
export type SubjectRule =
  | { readonly kind: 'User'; readonly user: { readonly name: string } }
  | { readonly kind: 'Group'; readonly group: { readonly name: string } }
  | { readonly kind: 'ServiceAccount'; readonly serviceAccount: { readonly namespace: string; readonly name: string } };

/** What is meant (ResourcePolicyRule); `*` for everything. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Whether requests that name no namespace are meant. */
  readonly clusterScope?: boolean;
  readonly namespaces?: readonly string[];
}

/** A request is meant where one of the subjects and one of the rules are (PolicyRulesWithSubjects). */
export interface PolicyRules {
  readonly subjects: readonly SubjectRule[];
  readonly resourceRules?: readonly ResourceRule[];
  /** Paths that are no resources; nothing that is simulated asks for any. */
  readonly nonResourceRules?: readonly object[];
}

/** Which requests belong to a level, and what makes two of them one flow (FlowSchema). Lower precedence comes first. */
export interface FlowSchema {
  readonly name: string;
  readonly precedence: number;
  readonly level: string;
  readonly distinguisher: 'ByUser' | 'ByNamespace' | undefined;
  readonly rules: readonly PolicyRules[];
}

const user = (name: string): SubjectRule => ({ kind: 'User', user: { name } });
const group = (name: string): SubjectRule => ({ kind: 'Group', group: { name } });
const anyRequest: ResourceRule = {
  verbs: ['*'],
  apiGroups: ['*'],
  resources: ['*'],
  clusterScope: true,
  namespaces: ['*'],
};
const anything: Omit<PolicyRules, 'subjects'> = {
  resourceRules: [anyRequest],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};

function schema(
  name: string,
  precedence: number,
  level: string,
  distinguisher: FlowSchema['distinguisher'],
  subjects: readonly SubjectRule[],
  what: Omit<PolicyRules, 'subjects'> = anything,
): FlowSchema {
  return { name, precedence, level, distinguisher, rules: [{ subjects, ...what }] };
}

const MANAGER = user('system:kube-controller-manager');
const SCHEDULER = user('system:kube-scheduler');
const EVERYBODY = [group('system:unauthenticated'), group(AUTHENTICATED)];

/** Source: apiserver pkg/apis/flowcontrol/bootstrap/default.go. */
export const DEFAULT_SCHEMAS: readonly FlowSchema[] = [
  schema('exempt', 1, 'exempt', undefined, [group(MASTERS)]),
  schema('probes', 2, 'exempt', undefined, EVERYBODY, {
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema(
    'system-leader-election',
    100,
    'leader-election',
    'ByUser',
    [MANAGER, SCHEDULER, { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } }],
    {
      resourceRules: [
        {
          verbs: ['get', 'create', 'update'],
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          namespaces: ['*'],
        },
      ],
    },
  ),
  schema('system-node-high', 400, 'node-high', 'ByUser', [group(NODES)], {
    resourceRules: [
      { verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ['*'] },
      { verbs: ['*'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] },
    ],
  }),
  schema('system-nodes', 500, 'system', 'ByUser', [group(NODES)]),
  schema('kube-controller-manager', 800, 'workload-high', 'ByNamespace', [MANAGER]),
  schema('kube-scheduler', 800, 'workload-high', 'ByNamespace', [SCHEDULER]),
  schema('kube-system-service-accounts', 900, 'workload-high', 'ByNamespace', [group(`${ACCOUNTS}:kube-system`)]),
  schema('service-accounts', 9000, 'workload-low', 'ByUser', [group(ACCOUNTS)]),
  schema('global-default', 9900, 'global-default', 'ByUser', EVERYBODY),
  schema('catch-all', 10_000, 'catch-all', 'ByUser', EVERYBODY),
];

/** Whether one of the subjects is the one who asks. Source: apiserver flowcontrol/rule.go. */
export function matchesSubject(subjects: readonly SubjectRule[], { user: name, groups }: Subject): boolean {
  return subjects.some((subject) => {
    if (subject.kind === 'User') return subject.user.name === '*' || subject.user.name === name;
    if (subject.kind === 'Group') return subject.group.name === '*' || groups.includes(subject.group.name);
    const { serviceAccount: account } = subject;
    if (account.name !== '*') return name === accountName(account.namespace, account.name);
    return name.startsWith(accountName(account.namespace, ''));
  });
}

/** Whether a rule means a request. Source: apiserver flowcontrol/rule.go (matchResourcePolicyRule). */
export function matchesResource(rule: ResourceRule, { verb, apiGroup, resource, namespace }: Attributes): boolean {
  return (
    includes(rule.verbs, verb) &&
    includes(rule.apiGroups, apiGroup) &&
    includes(rule.resources, resource) &&
    (namespace === '' ? rule.clusterScope === true : includes(rule.namespaces ?? [], namespace))
  );
}

function includes(allowed: readonly string[], value: string): boolean {
  return allowed.includes(value) || allowed.includes('*');
}

/** What tells a schema's flows apart for a request. */
export function flowOf({ name, distinguisher }: FlowSchema, subject: Subject, { namespace }: Attributes): string {
  if (distinguisher === undefined) return name;
  return `${name}/${distinguisher === 'ByUser' ? subject.user : namespace}`;
}
