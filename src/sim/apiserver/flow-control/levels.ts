/** A priority level (flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration). */
export interface PriorityLevel {
  readonly name: string;
  /** Its part of the server's seats, against the others' shares. */
  readonly nominalConcurrencyShares: number;
  /** Percentage of its seats that others may borrow. */
  readonly lendablePercent: number;
  /** Without queues what finds no seat is rejected; `exempt` levels have no limit at all. */
  readonly queuing:
    { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number } | undefined;
  readonly exempt: boolean;
}

/** Which requests belong to a level, and what makes two of them one flow (FlowSchema). Lower precedence comes first. */
export interface FlowSchema {
  readonly name: string;
  readonly precedence: number;
  readonly level: string;
  readonly distinguisher: 'ByUser' | 'ByNamespace' | undefined;
  readonly matches: (subject: Subject, request: Attributes) => boolean;
}

/** Who asks. */
export interface Subject {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What is asked. */
export interface Attributes {
  readonly kind: string;
  readonly namespace: string;
}

function level(
  name: string,
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queuing?: readonly [queues: number, handSize: number],
): PriorityLevel {
  const [queues = 0, handSize = 0] = queuing ?? [];
  return {
    name,
    nominalConcurrencyShares,
    lendablePercent,
    queuing: queuing === undefined ? undefined : { queues, handSize, queueLengthLimit: 50 },
    exempt: false,
  };
}

/** Source: apiserver pkg/apis/flowcontrol/bootstrap/default.go. */
export const DEFAULT_LEVELS: readonly PriorityLevel[] = [
  { name: 'exempt', nominalConcurrencyShares: 0, lendablePercent: 0, queuing: undefined, exempt: true },
  level('system', 30, 33, [64, 6]),
  level('node-high', 40, 25, [64, 6]),
  level('leader-election', 10, 0, [16, 4]),
  level('workload-high', 40, 50, [128, 6]),
  level('workload-low', 100, 90, [128, 6]),
  level('global-default', 20, 50, [128, 6]),
  level('catch-all', 5, 0),
];

const MASTERS = 'system:masters';
const NODES = 'system:nodes';
const ACCOUNTS = 'system:serviceaccounts';

const isIn =
  (group: string) =>
  ({ groups }: Subject): boolean =>
    groups.includes(group);

/** Source: apiserver pkg/apis/flowcontrol/bootstrap/default.go; probes reach no object that is simulated. */
export const DEFAULT_SCHEMAS: readonly FlowSchema[] = [
  { name: 'exempt', precedence: 1, level: 'exempt', distinguisher: undefined, matches: isIn(MASTERS) },
  {
    name: 'system-leader-election',
    precedence: 100,
    level: 'leader-election',
    distinguisher: 'ByUser',
    matches: ({ user, groups }, { kind, namespace }) =>
      kind === 'Lease' &&
      namespace === 'kube-system' &&
      (user === 'system:kube-controller-manager' ||
        user === 'system:kube-scheduler' ||
        groups.includes(`${ACCOUNTS}:kube-system`)),
  },
  {
    name: 'system-node-high',
    precedence: 400,
    level: 'node-high',
    distinguisher: 'ByUser',
    matches: ({ groups }, { kind }) => groups.includes(NODES) && (kind === 'Node' || kind === 'Lease'),
  },
  { name: 'system-nodes', precedence: 500, level: 'system', distinguisher: 'ByUser', matches: isIn(NODES) },
  {
    name: 'kube-controller-manager',
    precedence: 800,
    level: 'workload-high',
    distinguisher: 'ByNamespace',
    matches: ({ user }) => user === 'system:kube-controller-manager',
  },
  {
    name: 'kube-scheduler',
    precedence: 800,
    level: 'workload-high',
    distinguisher: 'ByNamespace',
    matches: ({ user }) => user === 'system:kube-scheduler',
  },
  {
    name: 'kube-system-service-accounts',
    precedence: 900,
    level: 'workload-high',
    distinguisher: 'ByNamespace',
    matches: isIn(`${ACCOUNTS}:kube-system`),
  },
  {
    name: 'service-accounts',
    precedence: 9000,
    level: 'workload-low',
    distinguisher: 'ByUser',
    matches: isIn(ACCOUNTS),
  },
  { name: 'global-default', precedence: 9900, level: 'global-default', distinguisher: 'ByUser', matches: () => true },
];

/** The schema of a request: the first that matches. */
export function schemaOf(subject: Subject, request: Attributes): FlowSchema {
  return DEFAULT_SCHEMAS.find((schema) => schema.matches(subject, request)) as FlowSchema;
}

/** What tells a schema's flows apart for a request. */
export function flowOf({ name, distinguisher }: FlowSchema, { user }: Subject, { namespace }: Attributes): string {
  if (distinguisher === undefined) return name;
  return `${name}/${distinguisher === 'ByUser' ? user : namespace}`;
}

/** Seats that a level has of a server's, before anybody borrows. Source: flowcontrol/apf_controller.go. */
export function nominalSeats({ nominalConcurrencyShares }: PriorityLevel, total: number): number {
  const sum = DEFAULT_LEVELS.reduce((all, one) => all + one.nominalConcurrencyShares, 0);
  return Math.ceil((total * nominalConcurrencyShares) / sum);
}

/** The user that a simulated client is to the server, by its name; `groups` are those of loads, by the load's name. */
export function subjectOf(client: string, groups: ReadonlyMap<string, readonly string[]>): Subject {
  const [kind, name = ''] = client.split('/') as [string, ...string[]];
  if (kind === 'kubelet') return { user: `system:node:${name}`, groups: [NODES] };
  if (kind === 'load') return { user: client, groups: groups.get(name) ?? [] };
  if (client === 'scheduler') return { user: 'system:kube-scheduler', groups: [] };
  if (client === 'users' || client === 'operators') return { user: client, groups: [] };
  const account = `system:serviceaccount:kube-system:${client}`;
  return { user: account, groups: [ACCOUNTS, `${ACCOUNTS}:kube-system`] };
}
