import { z } from 'zod';
import { ADMISSION_PLUGINS, OPTIONAL_ADMISSION_PLUGINS } from '../../sim/apiserver/admission.ts';
import { DEFAULT_SETTINGS } from '../../sim/default-settings.ts';
import type { ClientSettings, ComponentSettings, CsiDriverSettings } from '../../sim/settings.ts';
import { perSignal, threshold, withThresholds } from './kubelet-thresholds.ts';
import { clusterCIDR, nodeRangesFit } from './node-ranges.ts';
import { count, flag, latency, number, percent, positive, section, share } from './setting-fields.ts';
import type { FieldMaker, Makers } from './setting-fields.ts';

type AdmissionPlugin = (typeof ADMISSION_PLUGINS)[number];
type OptionalPlugin = (typeof OPTIONAL_ADMISSION_PLUGINS)[number];

const client: Makers<ClientSettings> = {
  qps: number('Requests a second the client allows itself; 0 switches the limit off.'),
  burst: number('Requests it may send at once.'),
};

function driver(description: string): FieldMaker<CsiDriverSettings> {
  return (fallback) =>
    section(fallback, description, {
      provisionLatency: latency('CreateVolume.'),
      deleteLatency: latency('DeleteVolume.'),
      attachLatency: latency('ControllerPublishVolume: attaching to a node.'),
      detachLatency: latency('ControllerUnpublishVolume.'),
      mountLatency: latency('NodeStageVolume and NodePublishVolume.'),
      unmountLatency: latency('NodeUnpublishVolume and NodeUnstageVolume.'),
      expandLatency: latency('ControllerExpandVolume and NodeExpandVolume.'),
      attachRequired: flag('Whether volumes are attached to a node before they are mounted.'),
      attachLimit: (value) => z.int().min(0).default(value).describe('Volumes a node can have; 0: any number.'),
      topologyKeys: (value) =>
        z
          .array(z.string())
          .readonly()
          .default([...value])
          .describe('Node labels that tell where a volume can be reached from; none: from everywhere.'),
    });
}

/** `components:` every setting of every component, partial in the file, whole after parsing. */
export const components: z.ZodType<ComponentSettings> = section<ComponentSettings>(
  DEFAULT_SETTINGS,
  'Settings of the simulated components, over the defaults of Kubernetes v1.34.',
  {
    etcd: (fallback) =>
      section(fallback, 'The store.', {
        compactionIntervalSeconds: number('--etcd-compaction-interval: history older than this may be gone; 0: never.'),
        members: (value) =>
          z
            .union([z.literal(1), z.literal(3), z.literal(5)], { error: () => '1, 3 or 5' })
            .default(value as 1 | 3 | 5)
            .describe('Members of the cluster: 1, 3 or 5.'),
        heartbeatIntervalMilliseconds: positive('--heartbeat-interval.'),
        electionTimeoutMilliseconds: positive('--election-timeout: followers wait one to two of these for a leader.'),
        walFsyncLatency: latency(
          "A write to a member's log on its disk. Part of the API server's writeLatency as long as no fault slows it.",
        ),
        backendCommitLatency: latency(
          "A commit to a member's database, off the path of writes: metrics tell it, and nothing waits for it.",
        ),
        peerRoundTripMilliseconds: number('From one member to another and back.'),
        quotaBackendBytes: number(
          '--quota-backend-bytes: beyond it nothing is written until etcd-defrag; 0: no quota.',
        ),
        watchProgressNotifyIntervalSeconds: number(
          '--watch-progress-notify-interval: how often etcd tells watches without events how far they are; 0: at once.',
        ),
        cpuCores: (value) =>
          z.int().min(0).default(value).describe('Cores of each member; 0: ranges of keys take no time.'),
        rangeCpuMicrosecondsPerObject: number("A core's time for each object of a range of keys."),
        rangeBytesPerSecond: positive('What a core reads and sends of a range, beside the time for each object.'),
      }),
    apiServer: (fallback) =>
      section(fallback, 'kube-apiserver.', {
        writeLatency: latency("From a write's arrival to its commit."),
        readLatency: latency('A read served from the watch cache.'),
        watchDelayMinMilliseconds: number("Least time from commit to the watch event's arrival at a client."),
        watchDelayMaxMilliseconds: number('Most of it; uniform between the two.'),
        allowWatchBookmarks: flag("Whether components' informers ask for bookmarks, as client-go's always do."),
        watchList: flag('WatchList: whether a watch may begin with the objects there are (sendInitialEvents).'),
        recordEvents: flag('Whether component Events (v1.Event) are written as objects.'),
        eventTtlSeconds: number('--event-ttl.'),
        defaultNotReadyTolerationSeconds: number('--default-not-ready-toleration-seconds.'),
        defaultUnreachableTolerationSeconds: number('--default-unreachable-toleration-seconds.'),
        disableAdmissionPlugins: (value) =>
          z
            .array(z.enum(ADMISSION_PLUGINS))
            .readonly()
            .default(() => [...(value as AdmissionPlugin[])])
            .describe('--disable-admission-plugins.'),
        enableAdmissionPlugins: (value) =>
          z
            .array(z.enum(OPTIONAL_ADMISSION_PLUGINS))
            .readonly()
            .default(() => [...(value as OptionalPlugin[])])
            .describe('--enable-admission-plugins, of those that are off by default.'),
        followRequests: flag(
          'Whether requests are followed through the API servers (balancer, flow control, processing); where not, none waits.',
        ),
        replicas: count('API servers behind the balancer.'),
        balancerHealthCheckSeconds: number('How long the balancer takes to notice that one is gone or back.'),
        enablePriorityAndFairness: flag('--enable-priority-and-fairness.'),
        maxRequestsInflight: count('--max-requests-inflight.'),
        maxMutatingRequestsInflight: count('--max-mutating-requests-inflight.'),
        requestTimeoutSeconds: positive('--request-timeout; the longest wait for a seat is a quarter of it.'),
        cpuCores: (value) =>
          z.int().min(0).default(value).describe('Cores of each API server; 0: its work takes no time of its own.'),
        requestCpuMicroseconds: number("A core's time for a request."),
        listCpuMicrosecondsPerObject: number("A core's time for each object of a list."),
        listCpuMicrosecondsPerObjectPassedOver: number(
          "A core's time for each object that a list's selectors leave out.",
        ),
        encodeBytesPerSecond: positive('What a core encodes of a list, beside the time for each object.'),
        apiResponseCompression: flag('APIResponseCompression: whether answers of more than 128 KiB are compressed.'),
        watchListCompression: flag('WatchListCompression: whether streamed lists are. There only since 1.37.'),
        compressBytesPerSecond: positive('What a core compresses.'),
        compressionRatio: positive('How many times smaller an answer gets by that.'),
        connectionBytesPerSecond: positive("What goes through one client's connection."),
        decodeCpuMicrosecondsPerObject: number(
          "A core's time for each object of a list that etcd serves, read or not.",
        ),
        decodeBytesPerSecond: positive('What a core decodes of such a list, beside the time for each object.'),
        consistentListFromCache: flag(
          'ConsistentListFromCache: whether lists of the latest come from the watch cache. Cannot be off since 1.34.',
        ),
        listFromCacheSnapshot: flag(
          'ListFromCacheSnapshot: whether pages and lists of an exact revision do, as far back as it reaches.',
        ),
        watchCpuMicrosecondsPerEvent: number("A core's time for each watcher that is told of a write."),
      }),
    scheduler: (fallback) =>
      section(fallback, 'kube-scheduler.', {
        ...client,
        watchListClient: flag(
          'WatchListClient: whether its informers stream their first list, where requests are followed.',
        ),
        percentageOfNodesToScore: (value) =>
          z.number().min(0).max(100).default(value).describe('percentageOfNodesToScore; 0: adaptive, as upstream.'),
        podInitialBackoffSeconds: number('podInitialBackoffSeconds.'),
        podMaxBackoffSeconds: number('podMaxBackoffSeconds.'),
        podMaxInUnschedulablePodsSeconds: number('--pod-max-in-unschedulable-pods-duration.'),
        asyncAPICalls: flag(
          'SchedulerAsyncAPICalls: what a failed cycle writes does not hold up the next. On in 1.34.0 and 1.34.1, off since.',
        ),
        cycleBaseMicroseconds: number('Simulated cost of one scheduling cycle.'),
        cyclePerNodeMicroseconds: number('Simulated cost of each node examined in it.'),
        cycleHardSpreadPerClusterNodeMicroseconds: number(
          'More, for each node of the cluster, for a pod with DoNotSchedule spread constraints.',
        ),
        cycleSoftSpreadPerClusterNodeMicroseconds: number('The same for ScheduleAnyway.'),
        cyclePodAffinityPerClusterNodeMicroseconds: number('The same for affinity towards other pods.'),
      }),
    controllerManager: (fallback) =>
      section(fallback, 'kube-controller-manager.', {
        ...client,
        watchListClient: flag(
          'WatchListClient: whether its informers stream their first list, where requests are followed.',
        ),
        replicas: count('Processes, of which one leads.'),
        leaderElectLeaseDurationSeconds: positive('--leader-elect-lease-duration.'),
        leaderElectRetryPeriodSeconds: positive('--leader-elect-retry-period.'),
        syncLatency: latency('Simulated cost of one sync of a work item.'),
        concurrentDeploymentSyncs: count('--concurrent-deployment-syncs.'),
        concurrentReplicaSetSyncs: count('--concurrent-replicaset-syncs.'),
        concurrentStatefulSetSyncs: count('--concurrent-statefulset-syncs.'),
        concurrentDaemonSetSyncs: count('--concurrent-daemonset-syncs.'),
        concurrentJobSyncs: count('--concurrent-job-syncs.'),
        concurrentCronJobSyncs: count('--concurrent-cron-job-syncs.'),
        concurrentEndpointSliceSyncs: count('--concurrent-service-endpoint-syncs.'),
        concurrentGcSyncs: count('--concurrent-gc-syncs.'),
        concurrentRcSyncs: count('--concurrent-rc-syncs.'),
        concurrentNamespaceSyncs: count('--concurrent-namespace-syncs.'),
        concurrentTtlAfterFinishedSyncs: count('--concurrent-ttl-after-finished-syncs.'),
        concurrentEndpointSyncs: count('--concurrent-endpoint-syncs.'),
        mirroringConcurrentServiceEndpointSyncs: count('--mirroring-concurrent-service-endpoint-syncs.'),
        endpoints: flag('Whether the Endpoints controller runs (--controllers); here nothing reads what it writes.'),
        concurrentResourceQuotaSyncs: count('--concurrent-resource-quota-syncs.'),
        resourceQuotaSyncPeriodSeconds: positive('--resource-quota-sync-period.'),
        nodeMonitorPeriodSeconds: positive('--node-monitor-period.'),
        nodeMonitorGracePeriodSeconds: positive('--node-monitor-grace-period; 50 s since 1.32.'),
        nodeStartupGracePeriodSeconds: positive('--node-startup-grace-period.'),
        nodeEvictionRate: number('--node-eviction-rate, nodes a second.'),
        secondaryNodeEvictionRate: number('--secondary-node-eviction-rate.'),
        largeClusterSizeThreshold: number('--large-cluster-size-threshold, nodes.'),
        unhealthyZoneThreshold: share('--unhealthy-zone-threshold.'),
        allocateNodeCIDRs: flag(
          "--allocate-node-cidrs: the manager gives nodes ranges for their pods' addresses; a node without one has no network.",
        ),
        clusterCIDR,
        nodeCIDRMaskSizeIPv4: (value) => z.int().min(1).max(30).default(value).describe('--node-cidr-mask-size-ipv4.'),
        nodeCIDRMaskSizeIPv6: (value) => z.int().min(1).max(126).default(value).describe('--node-cidr-mask-size-ipv6.'),
        terminatedPodGcThreshold: number('--terminated-pod-gc-threshold, pods; 0: off.'),
        podGcPeriodSeconds: positive('How often the pod garbage collector looks.'),
        podGcQuarantineSeconds: number('How long a node must be missing before its pods are collected.'),
        concurrentHorizontalPodAutoscalerSyncs: count('--concurrent-horizontal-pod-autoscaler-syncs.'),
        horizontalPodAutoscalerSyncPeriodSeconds: positive('--horizontal-pod-autoscaler-sync-period.'),
        horizontalPodAutoscalerTolerance: number('--horizontal-pod-autoscaler-tolerance.'),
        horizontalPodAutoscalerDownscaleStabilizationSeconds: number(
          '--horizontal-pod-autoscaler-downscale-stabilization.',
        ),
        horizontalPodAutoscalerCpuInitializationPeriodSeconds: number(
          '--horizontal-pod-autoscaler-cpu-initialization-period.',
        ),
        horizontalPodAutoscalerInitialReadinessDelaySeconds: number(
          '--horizontal-pod-autoscaler-initial-readiness-delay.',
        ),
        pvClaimBinderSyncPeriodSeconds: positive('--pvclaimbinder-sync-period.'),
        disableForceDetachOnTimeout: flag('--disable-force-detach-on-timeout.'),
      }).superRefine(nodeRangesFit),
    kubelet: (fallback) =>
      withThresholds(fallback, 'The kubelets and what they run containers with.', {
        ...client,
        nodeStatusUpdateFrequencySeconds: positive('nodeStatusUpdateFrequency.'),
        nodeStatusReportFrequencySeconds: positive('nodeStatusReportFrequency.'),
        nodeLeaseDurationSeconds: positive('nodeLeaseDurationSeconds.'),
        nodeLeaseRenewIntervalFraction: share('Share of the lease duration after which it is renewed.'),
        syncFrequencySeconds: positive('syncFrequency.'),
        plegRelistSeconds: positive('How often the kubelet lists its containers to notice what changed.'),
        crashLoopInitialSeconds: number('First restart back-off.'),
        crashLoopMaxSeconds: number('Longest restart back-off.'),
        crashLoopResetSeconds: number('A container that ran this long starts over with the first back-off.'),
        serializeImagePulls: flag('serializeImagePulls.'),
        maxParallelImagePulls: number('maxParallelImagePulls, where pulls are not serialised; 0: no limit.'),
        registryPullQps: number('registryPullQPS: pulls a second that a kubelet allows itself; 0: no limit.'),
        registryPullBurst: number('registryBurst.'),
        imageBackOffInitialSeconds: number('First back-off after a pull that failed.'),
        imageBackOffMaxSeconds: number('Longest.'),
        maxPods: count('maxPods.'),
        sandboxLatency: latency('From the pod seen by the kubelet to its sandbox ready (CNI included).'),
        containerStartLatency: latency('Create and start of one container whose image is present.'),
        runtimeConcurrency: number(
          'Sandboxes and containers that a node makes at a time at full speed, of which more slow each other down (its processors, or 1 where they wait for a lock); 0: any number.',
        ),
        runtimeLoadPerPod: share(
          'With runtimeConcurrency: the part of one such operation that looking after each pod of the node takes all the time.',
        ),
        serialStatusUpdates: flag(
          'Whether a kubelet reports one pod after the other and reads each before it writes, as the real one does: two requests an update.',
        ),
        watchMountedObjects: flag(
          'Whether a kubelet lists and watches each ConfigMap and Secret that its pods mount, as the real one does: two requests an object and node, and pods wait for the first.',
        ),
        imagePullBaseSeconds: number('A pull takes this plus size / bandwidth.'),
        imagePullBytesPerSecond: positive('Bandwidth of image pulls.'),
        imageDefaultBytes: number('Size of an image of which nothing else is known.'),
        imageBytes: (value) =>
          z
            .record(z.string(), z.number().nonnegative())
            .default({ ...value })
            .describe('Sizes by image name, in bytes.'),
        imageLayers: (value) =>
          z
            .record(z.string(), z.record(z.string(), z.number().nonnegative()))
            .default({ ...value })
            .describe('Layers by image name, each with its bytes: what a node has of them is not pulled again.'),
        imagesMissing: (value) =>
          z
            .array(z.string())
            .readonly()
            .default(() => [...value])
            .describe('Images that no registry has.'),
        imagePullFailureProbability: share('Chance of a pull to fail.'),
        imagesPresent: (value) =>
          z
            .union([z.enum(['none', 'all']), z.array(z.string()).readonly()], {
              error: () => 'none, all, or a list of image names',
            })
            .default(value)
            .describe('Images on every node from the start: none, all, or a list of names.'),
        evictionHard: perSignal(threshold, 'evictionHard: amounts, or per cent of the capacity.'),
        evictionSoft: perSignal(threshold, 'evictionSoft, likewise.'),
        evictionSoftGracePeriodSeconds: perSignal(z.number().nonnegative(), 'evictionSoftGracePeriod.'),
        evictionMinimumReclaim: perSignal(threshold, 'evictionMinimumReclaim.'),
        evictionMaxPodGracePeriodSeconds: number('evictionMaxPodGracePeriod.'),
        evictionPressureTransitionPeriodSeconds: number('evictionPressureTransitionPeriod.'),
        imageGCHighThresholdPercent: percent('imageGCHighThresholdPercent.'),
        imageGCLowThresholdPercent: percent('imageGCLowThresholdPercent.'),
        imageMinimumGCAgeSeconds: number('imageMinimumGCAge.'),
        shutdownGracePeriodSeconds: number('shutdownGracePeriod; 0: kubelets are not told when machines go down.'),
        shutdownGracePeriodCriticalPodsSeconds: number('shutdownGracePeriodCriticalPods, the last part of it.'),
        pidMax: count('Process ids of a node (kernel.pid_max).'),
        inodes: count("Inodes of a node's filesystem; 0: they do not run out."),
        imageFilesystemBytes: number(
          "Size of a filesystem of their own (imagefs) for images and what containers write; 0: they lie on the node's one.",
        ),
        terminationSeconds: number('How long a container runs on after SIGTERM (never beyond the grace period).'),
        nodeStartupSeconds: number("From a machine's boot to its kubelet's first Ready."),
        restartSeconds: number('How long a kubelet is away that is restarted.'),
        heartbeats: (value) =>
          z
            .enum(['lazy', 'plain'])
            .default(value)
            .describe(
              'Whether healthy lease renewals are computed when looked at or run one by one; the run is the same.',
            ),
      }),
    kubeProxy: (fallback) =>
      section(fallback, 'The kube-proxies of all nodes (iptables mode); they run where there is traffic.', {
        minSyncPeriodSeconds: number('--iptables-min-sync-period: between two syncs, at least.'),
        fullSyncPeriodSeconds: positive('How often all rules are written anew.'),
        largeClusterEndpointsThreshold: number('With more endpoints than this, never are all rules written anew.'),
        syncBaseMilliseconds: positive('How long a sync takes.'),
        syncMicrosecondsPerRule: number('And how much longer for each Service or endpoint that it writes.'),
        syncMicrosecondsPerUnchangedRule: number('And for each that it knows and does not write.'),
      }),
    dns: (fallback) =>
      section(fallback, "The cluster's DNS, by which clients find the pods of headless Services.", {
        ttlSeconds: number('How long nodes keep its answers.'),
      }),
    registry: (fallback) =>
      section(fallback, 'The registry that images come from.', {
        bytesPerSecond: number('What it can send to all nodes together; 0: no limit.'),
        pullLimit: number('Pulls it allows a node within the window, further ones fail; 0: no limit.'),
        pullWindowSeconds: positive('The window.'),
        timeoutSeconds: number('How long a kubelet waits for it where it does not answer.'),
      }),
    metricsServer: (fallback) =>
      section(fallback, 'metrics-server, and the samples it finds on the nodes.', {
        metricResolutionSeconds: positive('--metric-resolution.'),
        statsMinSeconds: positive('Shortest time between two samples that a kubelet takes of a pod.'),
        statsMaxSeconds: positive('Longest.'),
      }),
    cloud: (fallback) =>
      section(fallback, 'cloud-controller-manager and the provider.', {
        ...client,
        nodeMonitorPeriodSeconds: positive('--node-monitor-period of the cloud node-lifecycle controller.'),
        nodeStatusUpdateFrequencySeconds: positive('--node-status-update-frequency of the cloud node controller.'),
        routeReconciliationPeriodSeconds: positive('--route-reconciliation-period.'),
        concurrentServiceSyncs: count('--concurrent-service-syncs.'),
        instanceBootSeconds: number(
          "From a request for a machine to its kubelet's start, where there is no cluster.provider.",
        ),
      }),
    clusterAutoscaler: (fallback) =>
      section(fallback, 'cluster-autoscaler, which runs where a node group has autoscaling.', {
        ...client,
        scanIntervalSeconds: positive('--scan-interval: from the end of a loop to the next one.'),
        loopLatency: latency('Simulated cost of one loop.'),
        unschedulablePodTimeBufferSeconds: number('Pods that are younger are left for the next loop.'),
        maxNodeProvisionTimeSeconds: positive('--max-node-provision-time.'),
        maxNodesPerScaleUp: count('--max-nodes-per-scaleup.'),
        expendablePodsPriorityCutoff: (value) =>
          z.int().default(value).describe('--expendable-pods-priority-cutoff: pods below it make no nodes.'),
        initialNodeGroupBackoffDurationSeconds: positive('--initial-node-group-backoff-duration.'),
        maxNodeGroupBackoffDurationSeconds: positive('--max-node-group-backoff-duration.'),
        nodeGroupBackoffResetTimeoutSeconds: positive('--node-group-backoff-reset-timeout.'),
        maxTotalUnreadyPercentage: percent('--max-total-unready-percentage.'),
        okTotalUnreadyCount: number('--ok-total-unready-count.'),
        scaleDownEnabled: flag('--scale-down-enabled.'),
        scaleDownUtilizationThreshold: share('--scale-down-utilization-threshold.'),
        scaleDownUnneededTimeSeconds: number('--scale-down-unneeded-time.'),
        scaleDownUnreadyTimeSeconds: number('--scale-down-unready-time.'),
        scaleDownDelayAfterAddSeconds: number('--scale-down-delay-after-add.'),
        scaleDownDelayAfterDeleteSeconds: number('--scale-down-delay-after-delete.'),
        scaleDownDelayAfterFailureSeconds: number('--scale-down-delay-after-failure.'),
        scaleDownNonEmptyCandidatesCount: number('--scale-down-non-empty-candidates-count.'),
        unremovableNodeRecheckTimeoutSeconds: number('--unremovable-node-recheck-timeout.'),
        maxScaleDownParallelism: count('--max-scale-down-parallelism.'),
        maxDrainParallelism: count('--max-drain-parallelism.'),
        nodeDeleteDelayAfterTaintSeconds: number('--node-delete-delay-after-taint.'),
        maxGracefulTerminationSeconds: number('--max-graceful-termination-sec.'),
        maxPodEvictionTimeSeconds: number('--max-pod-eviction-time.'),
        maxBulkSoftTaintCount: number('--max-bulk-soft-taint-count; 0: no soft taints.'),
        skipNodesWithSystemPods: flag('--skip-nodes-with-system-pods.'),
        skipNodesWithLocalStorage: flag('--skip-nodes-with-local-storage.'),
      }),
    storage: (fallback) =>
      section(fallback, 'Volumes, CSI drivers and their controllers.', {
        ...client,
        defaultStorageClass: (value) =>
          z
            .string()
            .default(value)
            .describe('The StorageClass there is from the start, for claims that name none; "": none.'),
        driver: driver('Of drivers that "drivers" does not name.'),
        drivers: () =>
          z
            .record(z.string(), driver('A CSI driver.')(fallback.driver))
            .default({})
            .describe(
              'CSI drivers by name (the provisioner of a StorageClass); each node gets a CSINode that has them.',
            ),
        classes: () =>
          z
            .record(
              z.string(),
              z.strictObject({ provisionLatency: latency('CreateVolume.')(fallback.driver.provisionLatency) }),
            )
            .default({})
            .describe("StorageClasses whose volumes take another time to make than their driver's."),
      }),
  },
);
