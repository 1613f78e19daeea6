/**
 * How a simulated pod behaves once its containers run is said by annotations on the pod (or its template), because a
 * manifest alone does not tell. All are optional; without any a pod runs for ever and is ready at once. What is said of
 * the pod holds for each of its main containers; `orrery.dev/duration.migrate` is said of the container `migrate` alone,
 * which may be an init container or a sidecar (the former run for 1 s where nothing is said, the latter for ever).
 */
export const BehaviorAnnotation = {
  /**
   * How long the containers run before they exit: a duration ("90s", "1h30m", "250ms") or a distribution, drawn once a
   * run of the container: "lognormal(60s, 300s)" (median, 99th percentile), "exponential(60s)" (mean), "uniform(10s, 60s)".
   */
  duration: 'orrery.dev/duration',
  /** Exit code at the end of `duration`; default 0. */
  exitCode: 'orrery.dev/exit-code',
  /** Chance in [0, 1] that a run of the container ends with exit code 1 instead; default 0. */
  failureProbability: 'orrery.dev/failure-probability',
  /** From container start until readiness and start-up probes succeed; default "0s". */
  readyAfter: 'orrery.dev/ready-after',
  /**
   * When readiness probes find the container unready though it runs, counted from `ready-after`: "10m" (from then on),
   * "10m for 30s" (once), "every exponential(1h) for 30s" (again and again).
   */
  unready: 'orrery.dev/unready',
  /** When liveness probes find it hanging, likewise, counted from its start. */
  unhealthy: 'orrery.dev/unhealthy',
  /**
   * How long a container takes to answer a probe if nothing keeps it from the processor; default "0s". One that gets a
   * tenth of what it wants takes ten times as long, and the probe fails that waits for less (`timeoutSeconds`).
   */
  probeTime: 'orrery.dev/probe-time',
  /** How long a preStop hook takes that is no sleep (exec, httpGet); default "0s". */
  preStopTime: 'orrery.dev/pre-stop-time',
  /** How long the containers take to exit after SIGTERM; default the kubelet's setting. */
  terminationTime: 'orrery.dev/termination-time',
  /**
   * How much CPU each pod uses if nothing keeps it from it, over simulated time: an amount ("250m", "50%" of the request), steps ("0s=50%, 10m=200%")
   * or a ramp ("ramp(0s=100m, 10m=1)"). Where a limit or neighbours leave it less, all that it does takes longer. What it gets
   * a HorizontalPodAutoscaler sees through a metrics-server.
   */
  cpuUsage: 'orrery.dev/cpu-usage',
  /** How much memory each pod uses, likewise: its first container, if none is named. */
  memoryUsage: 'orrery.dev/memory-usage',
  /** How much more of it a container uses as it runs on, from nothing at its start: "10Mi/1m". */
  memoryGrowth: 'orrery.dev/memory-growth',
  /** How much of the node's disk it uses, and how much more as it runs on, likewise. */
  diskUsage: 'orrery.dev/disk-usage',
  diskGrowth: 'orrery.dev/disk-growth',
  /**
   * How much is in a volume of the pod's own (emptyDir), whose name stands behind a dot, and how much more as the pod runs on:
   * `orrery.dev/volume-growth.cache: 1Mi/1s`. It is of the node's disk, or of its memory (`medium: Memory`).
   */
  volumeUsage: 'orrery.dev/volume-usage',
  volumeGrowth: 'orrery.dev/volume-growth',
  /** How many inodes (files and folders) it has on the node's disk, and how many more as it runs on, likewise. */
  inodeUsage: 'orrery.dev/inode-usage',
  inodeGrowth: 'orrery.dev/inode-growth',
  /** How many processes it has, likewise. */
  pidUsage: 'orrery.dev/pid-usage',
  /** How much CPU all ready pods of the workload use together, in equal shares: a fixed amount of work. */
  cpuDemand: 'orrery.dev/cpu-demand',
} as const;

/** Those that may name a container behind a dot. */
export const PER_CONTAINER: readonly string[] = [
  BehaviorAnnotation.duration,
  BehaviorAnnotation.exitCode,
  BehaviorAnnotation.failureProbability,
  BehaviorAnnotation.readyAfter,
  BehaviorAnnotation.unready,
  BehaviorAnnotation.unhealthy,
  BehaviorAnnotation.probeTime,
  BehaviorAnnotation.preStopTime,
  BehaviorAnnotation.terminationTime,
  BehaviorAnnotation.cpuUsage,
  BehaviorAnnotation.memoryUsage,
  BehaviorAnnotation.memoryGrowth,
  BehaviorAnnotation.diskUsage,
  BehaviorAnnotation.diskGrowth,
  BehaviorAnnotation.inodeUsage,
  BehaviorAnnotation.inodeGrowth,
  BehaviorAnnotation.pidUsage,
];

/** Those that name a volume behind a dot. */
export const PER_VOLUME: readonly string[] = [BehaviorAnnotation.volumeUsage, BehaviorAnnotation.volumeGrowth];

/** On a HorizontalPodAutoscaler: what a metric that is not of pods is over simulated time, under this and its name. */
export const METRIC_ANNOTATION = 'orrery.dev/metric.';
