import type { Micros } from '../kernel/time.ts';

/** What one scheduling attempt came to. */
export interface Decision {
  /** End of the cycle. */
  readonly time: Micros;
  /** `namespace/name`. */
  readonly pod: string;
  readonly uid: string;
  /** The scheduler name whose profile decided. */
  readonly profile: string;
  /** Counts the pod's attempts from 1. */
  readonly attempt: number;
  readonly result: 'scheduled' | 'unschedulable' | 'error';
  /** Where it goes; for `scheduled` only. */
  readonly node: string | undefined;
  /** Weighted total of the node chosen; undefined where nothing was scored (one feasible node). */
  readonly score: number | undefined;
  readonly evaluatedNodes: number;
  readonly feasibleNodes: number;
  /** Empty, or the text of the PodScheduled condition ("0/50 nodes are available: …"). */
  readonly message: string;
  /** Simulated length of the cycle. */
  readonly durationMicros: Micros;
  /** From the pod's entry into the queue for this attempt to the cycle's start. */
  readonly queueMicros: Micros;
  /** Plugins that turned nodes, or the pod itself, away. */
  readonly rejectingPlugins: readonly string[];
}
