import type { ApiLoadFigures } from './api-load.ts';
import type { FlowFigures } from './apiserver/flow-control/figures.ts';
import type { ListFigures } from './apiserver/flow-control/list-figures.ts';

/** A priority level, over all API servers. */
export interface LevelFigures {
  readonly name: string;
  readonly nominal: number;
  readonly limit: number;
  readonly inUse: number;
  readonly waiting: number;
}

/** How etcd and the API servers stand, for metrics. */
export interface ControlPlaneFigures {
  readonly etcd: {
    readonly members: number;
    readonly hasLeader: boolean;
    readonly leaderChanges: number;
    readonly proposalsFailed: number;
    readonly keys: number;
    readonly totalBytes: number;
    readonly inUseBytes: number;
    readonly noSpace: boolean;
    readonly compactRevision: number;
  };
  /** Undefined where requests are not followed through the servers. */
  readonly flow:
    | { readonly figures: FlowFigures; readonly levels: readonly LevelFigures[]; readonly lists: ListFigures }
    | undefined;
  readonly loads: readonly ApiLoadFigures[];
}
