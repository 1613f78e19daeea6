import type { ApiServer } from '../sim/apiserver/api-server.ts';
import type { RecordedEvent } from '../sim/apiserver/event-recorder.ts';
import type { ControlPlaneFigures } from '../sim/control-plane-figures.ts';
import type { QueueLoad } from '../sim/controllers/controller-runner.ts';
import type { FaultNotice } from '../sim/faults/timed-fault.ts';
import type { MachineTruth } from './response-ledger.ts';
import type { AutoscalerSource, CloudSource } from './cloud-ledger.ts';
import type { EtcdDisks } from './etcd-disk.ts';
import type { LostCpu } from './lost-cpu.ts';
import type { Kernel } from '../sim/kernel/kernel.ts';
import type { Decision } from '../sim/scheduler/decision.ts';
import type { TrafficSource } from './traffic-ledger.ts';
import type { UserRefusal } from '../sim/users.ts';

/** What a recorder looks at, and all of it: a Cluster is one. Nothing here changes what happens. */
export interface RecorderSources {
  readonly kernel: Pick<Kernel, 'now' | 'dispatched' | 'observe'>;
  readonly server: Pick<ApiServer, 'observe' | 'observeRequests' | 'hash' | 'revision'>;
  readonly events: { observe(observer: (event: RecordedEvent) => void): void };
  readonly scheduler: {
    observe(observer: (decision: Decision) => void): void;
    readonly queueLengths: { readonly active: number; readonly backoff: number; readonly unschedulable: number };
  };
  readonly controllers: {
    readonly queueLengths: ReadonlyMap<string, QueueLoad>;
  };
  readonly kubelets: MachineTruth & { readonly processors?: { readonly lost: LostCpu } };
  /** How etcd and the API servers stand; absent where there is nothing to tell. */
  readonly controlPlane?: ControlPlaneFigures;
  /** etcd's disks; absent where there are none to tell of. */
  readonly etcd?: EtcdDisks;
  /** The cloud provider; absent or undefined where machines are simply there. */
  readonly provider?: CloudSource | undefined;
  /** Absent or undefined where no node group is autoscaled. */
  readonly autoscaler?: AutoscalerSource | undefined;
  /** Requests to Services; absent where there are none. */
  readonly traffic?: TrafficSource | undefined;
  readonly users: { observe(observer: (refusal: UserRefusal) => void): void };
  readonly faults: { observe(observer: (notice: FaultNotice) => void): void };
}

/** What the results say of where they come from. */
export interface RunIdentity {
  readonly name: string;
  readonly description: string;
  /** The scenario's file, without its folders, so that results do not tell where they were made. */
  readonly file: string;
  /** Of the scenario's content. */
  readonly hash: string;
  readonly seed: string;
  /** Of the program. */
  readonly version: string;
  /** Calendar time at simulated time 0. */
  readonly startTime: string;
}

/** Which files are written; summary.json always is. */
export interface OutputChoice {
  readonly pods: boolean;
  readonly nodes: boolean;
  readonly events: boolean;
  readonly decisions: boolean;
  readonly timeseries: boolean;
  readonly traffic: boolean;
  readonly metrics: boolean;
  readonly trace: boolean;
  readonly report: boolean;
}
