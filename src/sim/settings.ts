/**
 * The settings of the simulated components, under the real flags' names. Their values are in default-settings.ts, from which the scenario format derives its schema. Durations are seconds unless
 * the name says otherwise; latencies are given as a lognormal's median and 99th percentile.
 */

import type { EtcdSettings } from './etcd-settings.ts';
import type { InformerSettings, ListSettings } from './list-settings.ts';

/** A latency drawn from a lognormal distribution. `p99` equal to `median` makes it constant. */
export interface LatencySettings {
  readonly medianMilliseconds: number;
  readonly p99Milliseconds: number;
}

/** A client's token bucket (client-go's flowcontrol). `qps: 0` switches the limit off. */
export interface ClientSettings {
  readonly qps: number;
  readonly burst: number;
}

export interface ApiServerSettings extends ApiFrontSettings {
  /** Time from a write's arrival to its commit; bound by etcd's fsync. No constant upstream: a suggestion. */
  readonly writeLatency: LatencySettings;
  /** A read served from the watch cache. */
  readonly readLatency: LatencySettings;
  /** From commit to the watch event's arrival at a client: uniform between these two. */
  readonly watchDelayMinMilliseconds: number;
  readonly watchDelayMaxMilliseconds: number;
  /** Whether components' informers ask for bookmarks, as client-go's reflectors always do. */
  readonly allowWatchBookmarks: boolean;
  /** WatchList: whether a watch may begin with the objects there are. In the server on again since 1.34. */
  readonly watchList: boolean;
  /** Whether component Events (v1.Event) are written as objects. */
  readonly recordEvents: boolean;
  /** --event-ttl, 1 h. */
  readonly eventTtlSeconds: number;
  /** DefaultTolerationSeconds admission, --default-not-ready-toleration-seconds. */
  readonly defaultNotReadyTolerationSeconds: number;
  readonly defaultUnreachableTolerationSeconds: number;
  /** --disable-admission-plugins. */
  readonly disableAdmissionPlugins: readonly string[];
  /** --enable-admission-plugins: those that are off by default. */
  readonly enableAdmissionPlugins: readonly string[];
}

/** What stands before the API server's work; followed only where `followRequests` says so. */
export interface ApiFrontSettings extends ListSettings {
  /**
   * Whether requests are followed through the servers: balancer, flow control, processing. Where they are not, none ever
   * waits there, which is how it is as long as clients keep to their limits.
   */
  readonly followRequests: boolean;
  /** API servers behind the balancer. */
  readonly replicas: number;
  /** How long the balancer takes to notice that one is gone, or back. No constant upstream. */
  readonly balancerHealthCheckSeconds: number;
  /** --enable-priority-and-fairness; otherwise the two limits below hold by themselves. */
  readonly enablePriorityAndFairness: boolean;
  /** --max-requests-inflight, --max-mutating-requests-inflight; together a server's seats. */
  readonly maxRequestsInflight: number;
  readonly maxMutatingRequestsInflight: number;
  /** --request-timeout; a quarter of it is the longest wait for a seat. */
  readonly requestTimeoutSeconds: number;
  /** Cores of each server; 0: its work takes no time of its own. */
  readonly cpuCores: number;
  /** A core's time for a request, and for each watcher told of a write. No constants upstream. */
  readonly requestCpuMicroseconds: number;
  readonly watchCpuMicrosecondsPerEvent: number;
}

export interface SchedulerSettings extends ClientSettings, InformerSettings {
  /** 0 = adaptive, as upstream. */
  readonly percentageOfNodesToScore: number;
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
  /** Time a pod may stay unschedulable before it is tried again without an event: 5 min, looked at every 30 s. */
  readonly podMaxInUnschedulablePodsSeconds: number;
  /** SchedulerAsyncAPICalls: what a failed cycle writes does not hold up the next one. On in 1.34.0 and .1, off since. */
  readonly asyncAPICalls: boolean;
  /** Simulated cost of one scheduling cycle: a base and a part for each node examined. */
  readonly cycleBaseMicroseconds: number;
  readonly cyclePerNodeMicroseconds: number;
  /** More for each node of the cluster, where the pod has such constraints (see cycle-cost.ts). */
  readonly cycleHardSpreadPerClusterNodeMicroseconds: number;
  readonly cycleSoftSpreadPerClusterNodeMicroseconds: number;
  readonly cyclePodAffinityPerClusterNodeMicroseconds: number;
}

/** How processes of one component agree which of them works. */
export interface LeaderElectionSettings {
  /** Processes, of which one leads. */
  readonly replicas: number;
  /** --leader-elect-lease-duration. */
  readonly leaderElectLeaseDurationSeconds: number;
  /** --leader-elect-retry-period. */
  readonly leaderElectRetryPeriodSeconds: number;
}

export interface ControllerManagerSettings extends ClientSettings, InformerSettings, LeaderElectionSettings {
  /** Simulated cost of one sync of a work item. No constant upstream. */
  readonly syncLatency: LatencySettings;
  readonly concurrentDeploymentSyncs: number;
  readonly concurrentReplicaSetSyncs: number;
  readonly concurrentStatefulSetSyncs: number;
  readonly concurrentDaemonSetSyncs: number;
  readonly concurrentJobSyncs: number;
  readonly concurrentCronJobSyncs: number;
  readonly concurrentEndpointSliceSyncs: number;
  readonly concurrentGcSyncs: number;
  readonly concurrentRcSyncs: number;
  readonly concurrentNamespaceSyncs: number;
  readonly concurrentTtlAfterFinishedSyncs: number;
  readonly concurrentEndpointSyncs: number;
  readonly mirroringConcurrentServiceEndpointSyncs: number;
  /** Whether the Endpoints controller runs, as it does in a cluster (--controllers); nothing here reads Endpoints. */
  readonly endpoints: boolean;
  readonly concurrentResourceQuotaSyncs: number;
  readonly resourceQuotaSyncPeriodSeconds: number;
  readonly nodeMonitorPeriodSeconds: number;
  /** 50 s since 1.32. */
  readonly nodeMonitorGracePeriodSeconds: number;
  readonly nodeStartupGracePeriodSeconds: number;
  readonly nodeEvictionRate: number;
  readonly secondaryNodeEvictionRate: number;
  readonly largeClusterSizeThreshold: number;
  readonly unhealthyZoneThreshold: number;
  /** --allocate-node-cidrs: the manager gives nodes their pods' addresses, and without them they have no network. */
  readonly allocateNodeCIDRs: boolean;
  /** --cluster-cidr: at most one of each family. */
  readonly clusterCIDR: readonly string[];
  /** --node-cidr-mask-size-ipv4, --node-cidr-mask-size-ipv6: how long the prefix of a node's range is. */
  readonly nodeCIDRMaskSizeIPv4: number;
  readonly nodeCIDRMaskSizeIPv6: number;
  /** --terminated-pod-gc-threshold. */
  readonly terminatedPodGcThreshold: number;
  readonly podGcPeriodSeconds: number;
  readonly podGcQuarantineSeconds: number;
  readonly concurrentHorizontalPodAutoscalerSyncs: number;
  readonly horizontalPodAutoscalerSyncPeriodSeconds: number;
  readonly horizontalPodAutoscalerTolerance: number;
  readonly horizontalPodAutoscalerDownscaleStabilizationSeconds: number;
  readonly horizontalPodAutoscalerCpuInitializationPeriodSeconds: number;
  readonly horizontalPodAutoscalerInitialReadinessDelaySeconds: number;
  /** --pvclaimbinder-sync-period: how often claims without a volume are looked at again. */
  readonly pvClaimBinderSyncPeriodSeconds: number;
  /** --disable-force-detach-on-timeout. */
  readonly disableForceDetachOnTimeout: boolean;
}

export interface MetricsServerSettings {
  /** --metric-resolution: how often kubelets are asked. */
  readonly metricResolutionSeconds: number;
  /** How often a kubelet takes a sample of its pods, between these. */
  readonly statsMinSeconds: number;
  readonly statsMaxSeconds: number;
}

/** What the eviction manager looks at. */
export type EvictionSignal =
  | 'memory.available'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.available'
  | 'imagefs.inodesFree'
  | 'pid.available';

export interface KubeletSettings extends ClientSettings {
  readonly nodeStatusUpdateFrequencySeconds: number;
  readonly nodeStatusReportFrequencySeconds: number;
  readonly nodeLeaseDurationSeconds: number;
  readonly nodeLeaseRenewIntervalFraction: number;
  readonly syncFrequencySeconds: number;
  readonly plegRelistSeconds: number;
  readonly crashLoopInitialSeconds: number;
  readonly crashLoopMaxSeconds: number;
  readonly crashLoopResetSeconds: number;
  readonly serializeImagePulls: boolean;
  /** maxParallelImagePulls, where pulls are not serialised; 0: no limit. */
  readonly maxParallelImagePulls: number;
  /** registryPullQPS and registryBurst: pulls a kubelet allows itself, further ones fail; 0: no limit. */
  readonly registryPullQps: number;
  readonly registryPullBurst: number;
  readonly imageBackOffInitialSeconds: number;
  readonly imageBackOffMaxSeconds: number;
  readonly maxPods: number;
  /** Pod seen by the kubelet to sandbox ready (CNI included). No constant upstream: a suggestion. */
  readonly sandboxLatency: LatencySettings;
  /** Create and start of one container whose image is present. */
  readonly containerStartLatency: LatencySettings;
  /** Sandboxes and containers that a node makes at a time at full speed; more share its runtime out. 0: any number. */
  readonly runtimeConcurrency: number;
  /** What looking after one pod takes of that, all the time: a part of one operation. No constants upstream. */
  readonly runtimeLoadPerPod: number;
  /** One pod after the other is reported, read before it is written: pkg/kubelet/status/status_manager.go syncPod. */
  readonly serialStatusUpdates: boolean;
  /** Each ConfigMap and Secret that pods mount is listed and watched: two requests, the first of which pods wait for. */
  readonly watchMountedObjects: boolean;
  /** A pull takes this plus size / bandwidth. */
  readonly imagePullBaseSeconds: number;
  readonly imagePullBytesPerSecond: number;
  /** Size of an image of which nothing else is known. */
  readonly imageDefaultBytes: number;
  /** Sizes by image name, in bytes. */
  readonly imageBytes: Readonly<Record<string, number>>;
  /** Layers by image name, each with its bytes: an image of layers that are on the node already costs less. */
  readonly imageLayers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Images that no registry has. */
  readonly imagesMissing: readonly string[];
  /** Chance of a pull to fail. */
  readonly imagePullFailureProbability: number;
  /** Images taken to be on every node from the start: 'none', 'all', or a list of names. */
  readonly imagesPresent: 'none' | 'all' | readonly string[];
  /** evictionHard, evictionSoft with its grace periods, evictionMinimumReclaim: amounts, or per cent of the capacity. */
  readonly evictionHard: Readonly<Partial<Record<EvictionSignal, string>>>;
  readonly evictionSoft: Readonly<Partial<Record<EvictionSignal, string>>>;
  readonly evictionSoftGracePeriodSeconds: Readonly<Partial<Record<EvictionSignal, number>>>;
  readonly evictionMinimumReclaim: Readonly<Partial<Record<EvictionSignal, string>>>;
  readonly evictionMaxPodGracePeriodSeconds: number;
  readonly evictionPressureTransitionPeriodSeconds: number;
  readonly imageGCHighThresholdPercent: number;
  readonly imageGCLowThresholdPercent: number;
  readonly imageMinimumGCAgeSeconds: number;
  /** shutdownGracePeriod and shutdownGracePeriodCriticalPods; 0: kubelets are not told when their machine goes down. */
  readonly shutdownGracePeriodSeconds: number;
  readonly shutdownGracePeriodCriticalPodsSeconds: number;
  /** Process ids of a node: kernel.pid_max, as systemd sets it on 64-bit machines. */
  readonly pidMax: number;
  /** Inodes of a node's filesystem; 0: nothing is said of them, and they do not run out. No constant upstream. */
  readonly inodes: number;
  /**
   * Size of a filesystem of their own on which images and what containers write lie (imagefs); 0: they lie on the node's one
   * filesystem.
   */
  readonly imageFilesystemBytes: number;
  /** How long a container runs on after SIGTERM, before it exits of itself (never beyond the grace period). */
  readonly terminationSeconds: number;
  /** From a machine's boot to its kubelet's registration and first Ready. */
  readonly nodeStartupSeconds: number;
  /** A kubelet that is restarted is back after this. No constant upstream. */
  readonly restartSeconds: number;
  /**
   * Renewals of healthy leases are computed when something looks ('lazy') or run one by one ('plain'). Both give the
   * same run; plain exists so that a test can say so.
   */
  readonly heartbeats: 'lazy' | 'plain';
}

/** The kube-proxies of all nodes, in iptables mode; run only where a scenario has traffic. */
export interface KubeProxySettings {
  /** --iptables-min-sync-period: from the end of one sync to the beginning of the next, at least. */
  readonly minSyncPeriodSeconds: number;
  /** All rules are written anew this long after the last time, instead of those that changed. */
  readonly fullSyncPeriodSeconds: number;
  /** With more endpoints than this a cluster counts as large, and nothing is written anew that did not change. */
  readonly largeClusterEndpointsThreshold: number;
  /**
   * A sync takes this, and more for each rule (a Service or an endpoint) that it writes, and for each that it only looks
   * at because nothing of it changed. No constants upstream.
   */
  readonly syncBaseMilliseconds: number;
  readonly syncMicrosecondsPerRule: number;
  readonly syncMicrosecondsPerUnchangedRule: number;
}

/** The cluster's DNS, asked for headless Services; only where a scenario has traffic to some. */
export interface DnsSettings {
  /** The ttl of its answers, for which nodes keep them. */
  readonly ttlSeconds: number;
}

/** The registry that images come from. */
export interface RegistrySettings {
  /** What it can send to all nodes together; 0: no limit. */
  readonly bytesPerSecond: number;
  /** Pulls it allows a node within a window, further ones fail (HTTP 429); 0: no limit. */
  readonly pullLimit: number;
  readonly pullWindowSeconds: number;
  /** How long a kubelet waits for a registry that does not answer. Source: containerd's resolver, dial timeout. */
  readonly timeoutSeconds: number;
}

/** A CSI driver's ways. Latencies have no constants upstream: they are assumptions, of the order of a cloud's disks. */
export interface CsiDriverSettings {
  /** CreateVolume, DeleteVolume. */
  readonly provisionLatency: LatencySettings;
  readonly deleteLatency: LatencySettings;
  /** ControllerPublishVolume, ControllerUnpublishVolume. */
  readonly attachLatency: LatencySettings;
  readonly detachLatency: LatencySettings;
  /** NodeStageVolume with NodePublishVolume, and what takes them back. */
  readonly mountLatency: LatencySettings;
  readonly unmountLatency: LatencySettings;
  /** ControllerExpandVolume with NodeExpandVolume. */
  readonly expandLatency: LatencySettings;
  /** Whether volumes are attached to a node before they can be mounted; a CSIDriver object has the last word. */
  readonly attachRequired: boolean;
  /** Volumes that can be attached to a node, told by its CSINode; 0: any number. */
  readonly attachLimit: number;
  /** Node labels that tell where a volume can be reached from; none: from everywhere. */
  readonly topologyKeys: readonly string[];
}

/** What is known of the volumes of one StorageClass alone. */
export interface StorageClassSettings {
  readonly provisionLatency: LatencySettings;
}

/** Volumes, their drivers and the drivers' controllers (external-provisioner, -attacher, -resizer). */
export interface StorageSettings extends ClientSettings {
  /** The StorageClass that a cluster has from the start, for claims that name none; '' for none. */
  readonly defaultStorageClass: string;
  /** Of drivers that `drivers` does not name. */
  readonly driver: CsiDriverSettings;
  /** By name. These are installed on all nodes: each gets a CSINode. */
  readonly drivers: Readonly<Record<string, CsiDriverSettings>>;
  /** By the class's name: what goes before its driver's. */
  readonly classes: Readonly<Record<string, StorageClassSettings>>;
}

export interface CloudSettings extends ClientSettings {
  /** --node-monitor-period of the cloud node-lifecycle controller. */
  readonly nodeMonitorPeriodSeconds: number;
  /** --node-status-update-frequency of the cloud node controller. */
  readonly nodeStatusUpdateFrequencySeconds: number;
  /** --route-reconciliation-period. */
  readonly routeReconciliationPeriodSeconds: number;
  /** --concurrent-service-syncs. */
  readonly concurrentServiceSyncs: number;
  /** From a request for a machine to its kubelet's start, where no provider says otherwise. */
  readonly instanceBootSeconds: number;
}

/** cluster-autoscaler; it runs where a node group has `autoscaling`. */
export interface ClusterAutoscalerSettings extends ClientSettings {
  /** --scan-interval: from the end of a loop to the next one. */
  readonly scanIntervalSeconds: number;
  /** Simulated cost of one loop. No constant upstream. */
  readonly loopLatency: LatencySettings;
  /** Pods that are younger are left for the next loop. No flag. */
  readonly unschedulablePodTimeBufferSeconds: number;
  /** --max-node-provision-time: a node that is not there by then is given up. */
  readonly maxNodeProvisionTimeSeconds: number;
  readonly maxNodesPerScaleUp: number;
  /** Pods of a lower priority make no nodes. */
  readonly expendablePodsPriorityCutoff: number;
  readonly initialNodeGroupBackoffDurationSeconds: number;
  readonly maxNodeGroupBackoffDurationSeconds: number;
  readonly nodeGroupBackoffResetTimeoutSeconds: number;
  /** Nothing is done while more nodes than both of these are not Ready. */
  readonly maxTotalUnreadyPercentage: number;
  readonly okTotalUnreadyCount: number;
  readonly scaleDownEnabled: boolean;
  readonly scaleDownUtilizationThreshold: number;
  readonly scaleDownUnneededTimeSeconds: number;
  readonly scaleDownUnreadyTimeSeconds: number;
  readonly scaleDownDelayAfterAddSeconds: number;
  readonly scaleDownDelayAfterDeleteSeconds: number;
  readonly scaleDownDelayAfterFailureSeconds: number;
  /** --scale-down-non-empty-candidates-count: so many nodes with pods are looked at. */
  readonly scaleDownNonEmptyCandidatesCount: number;
  readonly unremovableNodeRecheckTimeoutSeconds: number;
  readonly maxScaleDownParallelism: number;
  readonly maxDrainParallelism: number;
  readonly nodeDeleteDelayAfterTaintSeconds: number;
  readonly maxGracefulTerminationSeconds: number;
  readonly maxPodEvictionTimeSeconds: number;
  /** Nodes that get, or lose, a PreferNoSchedule taint in one loop; 0: none do. */
  readonly maxBulkSoftTaintCount: number;
  readonly skipNodesWithSystemPods: boolean;
  readonly skipNodesWithLocalStorage: boolean;
}

/** All components' settings together. */
export interface ComponentSettings {
  readonly etcd: EtcdSettings;
  readonly apiServer: ApiServerSettings;
  readonly scheduler: SchedulerSettings;
  readonly controllerManager: ControllerManagerSettings;
  readonly kubelet: KubeletSettings;
  readonly kubeProxy: KubeProxySettings;
  readonly dns: DnsSettings;
  readonly registry: RegistrySettings;
  readonly metricsServer: MetricsServerSettings;
  readonly cloud: CloudSettings;
  readonly clusterAutoscaler: ClusterAutoscalerSettings;
  readonly storage: StorageSettings;
}
