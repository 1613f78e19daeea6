import type { RangeSettings } from './list-settings.ts';
import type { LatencySettings } from './settings.ts';

/** The store's settings, under etcd's flags' names. */
export interface EtcdSettings extends RangeSettings {
  /** kube-apiserver's --etcd-compaction-interval: compacts to the revision recorded one interval before. 5 min. */
  readonly compactionIntervalSeconds: number;
  /** Members of the cluster: 1, 3 or 5. */
  readonly members: number;
  /** --heartbeat-interval and --election-timeout: a follower waits one to two of these for its leader. */
  readonly heartbeatIntervalMilliseconds: number;
  readonly electionTimeoutMilliseconds: number;
  /** A write to a member's log on its disk; part of apiServer.writeLatency as long as no fault slows it. */
  readonly walFsyncLatency: LatencySettings;
  /** A commit of what was written to a member's database, off the path of writes: told by metrics alone. */
  readonly backendCommitLatency: LatencySettings;
  /** From one member to another and back. */
  readonly peerRoundTripMilliseconds: number;
  /** --quota-backend-bytes; 0: none. */
  readonly quotaBackendBytes: number;
  /** --watch-progress-notify-interval: how often etcd tells watches that have no events how far they are; 0: at once. */
  readonly watchProgressNotifyIntervalSeconds: number;
}
