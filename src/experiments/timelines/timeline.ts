import { clusterOptions } from '../../cluster-options.ts';
import { scenarioPolicies } from '../../scenario-policies.ts';
import type { RecordedEvent } from '../../sim/apiserver/event-recorder.ts';
import { Cluster } from '../../sim/cluster.ts';
import type { Change } from '../../sim/etcd/store.ts';
import { SECOND, seconds } from '../../sim/kernel/time.ts';
import { parseScenario } from '../../workloads/scenario.ts';

/** What a figure of a timeline is to be; seconds unless its name says otherwise. */
export interface Expectation {
  readonly name: string;
  /** What the constants of v1.34 imply: no run may lie outside. */
  readonly range: readonly [low: number, high: number];
  /** Mean over many runs, and how far from it the mean found may lie. */
  readonly mean?: readonly [expected: number, tolerance: number];
  /** 5 % and 95 % points, and how far from them those found may lie. */
  readonly spread?: readonly [five: number, ninetyFive: number, tolerance: number];
}

/** Figures of one run, by name; one that is missing never came. */
export type Figures = Readonly<Record<string, number>>;

/** A course of events whose instants follow from Kubernetes' constants. */
export interface Timeline {
  readonly id: string;
  readonly title: string;
  readonly expected: readonly Expectation[];
  /** Runs it once. */
  run(seed: number): Promise<Figures>;
}

/** Sees every write and event of a run, with the seconds since some zero. */
export interface Witness {
  readonly write?: (change: Change, at: number) => void;
  readonly event?: (event: RecordedEvent, at: number) => void;
}

/** What somebody does to the cluster by hand, at a time in seconds from the start. */
export interface Action {
  readonly at: number;
  readonly act: (cluster: Cluster) => void;
}

/** Runs a scenario to its end before a witness. */
export async function witnessed(
  scenario: string,
  seed: number,
  zero: number,
  { write, event }: Witness,
  actions: readonly Action[] = [],
): Promise<Cluster> {
  const parsed = parseScenario(scenario, 'timeline.yaml', { seed });
  const policies = await scenarioPolicies(parsed, (failure) => {
    throw failure;
  });
  const cluster = new Cluster(clusterOptions(parsed, {}, policies));
  if (write !== undefined) cluster.server.observe((change) => write(change, change.time / SECOND - zero));
  if (event !== undefined) cluster.events.observe((it) => event(it, it.time / SECOND - zero));
  cluster.start();
  for (const { at, act } of actions) {
    cluster.run({ until: seconds(at) });
    act(cluster);
  }
  cluster.run({ until: seconds(parsed.duration) });
  return cluster;
}

/** Notes the first time of each thing; what was noted once stays. */
export class FirstTimes {
  readonly #times: Record<string, number> = {};

  note(name: string, at: number): void {
    if (!(name in this.#times)) this.#times[name] = at;
  }

  get(name: string): number {
    return this.#times[name] ?? Number.NaN;
  }
}

/** The head that all timelines' scenarios have; settings of components go into the braces. */
export function head(
  name: string,
  duration: string,
  { kubelet = '', ...others }: Readonly<Record<string, string>> = {},
): string {
  const more = Object.entries(others).map(([component, settings]) => `${component}: { ${settings} }`);
  const kubelets = ['imagesPresent: all', kubelet].filter((part) => part !== '').join(', ');
  return `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: ${name} }
duration: ${duration}
components: { ${[`kubelet: { ${kubelets} }`, ...more].join(', ')} }
`;
}
