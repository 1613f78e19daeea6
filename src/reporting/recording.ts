import type { RecordedEvent } from '../sim/apiserver/event-recorder.ts';
import type { ControlPlaneFigures } from '../sim/control-plane-figures.ts';
import type { FaultNotice } from '../sim/faults/timed-fault.ts';
import type { Micros } from '../sim/kernel/time.ts';
import type { CloudLedger } from './cloud-ledger.ts';
import type { DurationTally } from './duration-tally.ts';
import type { EtcdDiskLedger } from './etcd-disk.ts';
import type { StageLatency } from './latencies.ts';
import type { LoadSample } from './load-samples.ts';
import type { LostCpu } from './lost-cpu.ts';
import type { NodeFrame } from './node-frames.ts';
import type { NodeLedger } from './node-ledger.ts';
import type { PodLedger, PodLife } from './pod-ledger.ts';
import type { ServiceLedger } from './service-ledger.ts';
import type { RunIdentity } from './sources.ts';
import type { Sample } from './time-series.ts';
import type { Tally } from './tally.ts';
import type { TrafficLedger } from './traffic-ledger.ts';

/** Counters of what has no record of its own. */
export interface Tallies {
  /** API requests by verb, kind and HTTP code. */
  readonly requests: Tally;
  /** How long they were at the server, by verb and kind. */
  readonly durations: DurationTally;
  /** Scheduling attempts by result. */
  readonly attempts: Record<'scheduled' | 'unschedulable' | 'error', number>;
  /** The same by the scheduler name whose profile decided. */
  readonly attemptsByProfile: Map<string, Record<'scheduled' | 'unschedulable' | 'error', number>>;
  /** v1.Events by type and reason. */
  readonly events: Tally;
  /** Sum and number of the simulated lengths of scheduling cycles, in microseconds. */
  cycleMicros: number;
  evaluatedNodes: number;
  /** Requests of users that were refused. */
  refusals: number;
}

/** How busy the control plane was: a sample for each of the time series. */
export interface Loads {
  readonly controllers: readonly string[];
  readonly verbs: readonly string[];
  readonly samples: readonly LoadSample[];
}

/** Everything that was recorded of a run, when it is over. */
export interface Recording {
  readonly identity: RunIdentity;
  readonly partial: boolean;
  /** Why it ended early; '' where it did not. */
  readonly reason: string;
  readonly now: Micros;
  /** What came before counts in no headline figure. */
  readonly warmUp: Micros;
  readonly kernelEvents: number;
  readonly revision: number;
  readonly hash: string;
  readonly pods: PodLedger;
  readonly nodes: NodeLedger;
  readonly samples: readonly Sample[];
  readonly frames: readonly NodeFrame[];
  readonly loads: Loads;
  readonly services: ServiceLedger;
  /** Requests to Services; nothing in it where a scenario has no traffic. */
  readonly traffic: TrafficLedger;
  /** How well failures were answered; see ResponseLedger. */
  readonly responses: Readonly<Record<string, number | null>>;
  readonly faults: readonly FaultNotice[];
  /** Warnings that people would want to see in the report: the first few of each reason. */
  readonly warnings: readonly RecordedEvent[];
  readonly tallies: Tallies;
  /** etcd and the API servers at the end; undefined where there are none to look at. */
  readonly controlPlane?: ControlPlaneFigures | undefined;
  readonly disks?: EtcdDiskLedger | undefined;
  /** What containers have lost at the processor; undefined where nobody says. */
  readonly lostCpu?: LostCpu | undefined;
  /** Instances and their cost; undefined where machines are simply there. */
  readonly cloud?: CloudLedger | undefined;
  /** Of the pods that count. */
  readonly latencies: readonly StageLatency[];
}

/** Pods that count in headline figures. */
export function* countedPods({ pods, warmUp }: Recording): IterableIterator<PodLife> {
  for (const pod of pods.pods.values()) if (pod.created >= warmUp) yield pod;
}
