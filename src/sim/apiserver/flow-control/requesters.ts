import { groupOf, kindInfo } from '../../api/kinds.ts';
import type { ApiRequest } from '../request.ts';

/** Who asks. */
export interface Subject {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What is asked, as the API server's request info has it. */
export interface Attributes {
  readonly verb: string;
  readonly apiGroup: string;
  /** `pods`, `pods/status`. */
  readonly resource: string;
  /** Empty: of the whole cluster. */
  readonly namespace: string;
}

export const MASTERS = 'system:masters';
export const NODES = 'system:nodes';
export const ACCOUNTS = 'system:serviceaccounts';
export const AUTHENTICATED = 'system:authenticated';

/** A service account's user name. */
export function accountName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** A service account as the server knows it. */
function account(namespace: string, name: string): Subject {
  return { user: accountName(namespace, name), groups: [ACCOUNTS, `${ACCOUNTS}:${namespace}`, AUTHENTICATED] };
}

/** Whose informers are not those of a service account, by process. */
const INFORMERS: Readonly<Record<string, Subject>> = Object.fromEntries(
  ['kube-controller-manager', 'kube-scheduler'].map((name) => [
    name,
    { user: `system:${name}`, groups: [AUTHENTICATED] },
  ]),
);

/** What a load's clients are to the server. */
export interface LoadUser {
  /** Absent: each of its clients is a user of its own. */
  readonly user?: string | undefined;
  readonly groups: readonly string[];
}

/** The user that a simulated client is to the server, by its name; those of loads by the load's name. */
export function subjectOf(client: string, loads: ReadonlyMap<string, LoadUser>): Subject {
  const [kind, name = ''] = client.split('/') as [string, ...string[]];
  if (kind === 'kubelet') return { user: `system:node:${name}`, groups: [NODES, AUTHENTICATED] };
  if (kind === 'load') return loadUser(client, loads.get(name));
  if (kind === 'informers') return INFORMERS[name] ?? account('kube-system', name);
  if (client === 'scheduler') return { user: 'system:kube-scheduler', groups: [AUTHENTICATED] };
  if (client === 'users' || client === 'operators') return { user: client, groups: [AUTHENTICATED] };
  return account('kube-system', client);
}

/** A service account's groups follow from its name. */
function loadUser(client: string, { user = client, groups }: LoadUser = { groups: [] }): Subject {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  const own = namespace === undefined || name === undefined ? [AUTHENTICATED] : account(namespace, name).groups;
  return { user, groups: [...groups, ...own] };
}

/** Verb and sub-resource of what is not a verb of its own over the wire. */
const OVER_THE_WIRE: Partial<Record<ApiRequest['verb'], readonly [verb: string, subresource: string]>> = {
  apply: ['patch', ''],
  bind: ['create', '/binding'],
  evict: ['create', '/eviction'],
};

/** What a request asks for. */
export function attributesOf(request: ApiRequest): Attributes {
  const { kind, namespace } = request;
  const own = 'subresource' in request && request.subresource !== undefined ? `/${request.subresource}` : '';
  const wire = request.verb === 'list' && request.streamed === true ? 'watch' : request.verb;
  const [verb, subresource] = OVER_THE_WIRE[request.verb] ?? [wire, own];
  const plural = kindInfo(kind)?.plural ?? kind.toLowerCase();
  return { verb, apiGroup: groupOf(kind), resource: `${plural}${subresource}`, namespace };
}
