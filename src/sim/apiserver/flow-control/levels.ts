/** A priority level (flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration). */
export interface PriorityLevel {
  readonly name: string;
  /** Its part of the server's seats, against the others' shares. */
  readonly nominalConcurrencyShares: number;
  /** Percentage of its seats that others may borrow. */
  readonly lendablePercent: number;
  /** How many more than its own it may borrow, as a percentage of them; undefined: as many as there are. */
  readonly borrowingLimitPercent?: number | undefined;
  /** Without queues what finds no seat is rejected; `exempt` levels have no limit at all. */
  readonly queuing:
    { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number } | undefined;
  readonly exempt: boolean;
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

/** Seats that each level has of a server's, before anybody borrows. Source: flowcontrol/apf_controller.go. */
export function nominalSeats(levels: readonly PriorityLevel[], total: number): readonly number[] {
  const sum = levels.reduce((all, one) => all + one.nominalConcurrencyShares, 0);
  return levels.map(({ nominalConcurrencyShares }) => Math.ceil((total * nominalConcurrencyShares) / sum));
}
