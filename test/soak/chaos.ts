/** How large a soak is. */
export interface ChaosSize {
  readonly nodes: number;
  /** Of Deployments; DaemonSets and StatefulSets come on top. */
  readonly pods: number;
  readonly deployments: number;
  readonly seed: number;
  /** Hours in which faults come; twenty minutes in which all recovers follow. */
  readonly hours: number;
}

/** A Deployment that never is in order for long: its probes fail of themselves. */
export const FLAKY = 'flaky';

/**
 * A DaemonSet whose pods are plain, and so are evicted and refused while their node is short of something. After the last of
 * such failures its controller may wait half an hour: it looks again after the whole back-off, which grows to 15 minutes,
 * since its latest sync, and one that comes just before the end of the back-off has it wait as long again
 * (podsShouldBeOnNode, failedPodsBackoff). Nodes' own agents are system-node-critical, and spared.
 */
export const EVICTABLE = 'logs';

/** What everything else has to be in order again within, after the last fault. Seconds. */
export const RECOVERY = 1200;

const DAY = 24;

/**
 * A cluster in which everything goes wrong at once: every failure model, each so often that a node has about two faults a
 * day, and the cluster about three outages of zones, racks, roll-outs and the registry; and what befalls the control
 * plane. Faults are as frequent as that whatever the size.
 */
export function chaosScenario({ nodes, pods, deployments, seed, hours }: ChaosSize): string {
  const until = `until: ${hours}h`;
  // Fifteen models of single nodes, each with a mean of seven days: two a day together.
  const often = `meanTimeBetween: ${7 * DAY}h`;
  const short = 'repair: { median: 4m, p99: 40m }';
  const single = [
    ['crashes', ''],
    ['shutdowns', ''],
    ['freezes', 'shape: 0.7, '],
    ['partitions', ''],
    ['one-way-partitions', 'direction: in, '],
    ['one-way-partitions', 'direction: out, '],
    ['instances-gone', ''],
    ['spot-reclaims', ''],
    ['kubelet-restarts', ''],
    ['runtime-outages', ''],
    ['slow-pulls', 'factor: 5, '],
    ['slow-nodes', 'factor: 3, '],
    ['memory-leaks', 'rate: 64Mi/1s, '],
    ['full-disks', ''],
    ['flapping', 'every: 4m, '],
  ].map(([use, more]) => `      - { use: ${use}, ${until}, with: { ${more}${often}, ${short} } }`);
  const racks = Math.max(2, Math.round(nodes / 50));
  const together = [
    // Three zones: one outage a day.
    `      - { use: zone-outages, ${until}, with: { meanTimeBetween: ${3 * DAY}h, repair: { median: 5m, p99: 20m } } }`,
    `      - { use: crashes, ${until}, with: { strikes: { label: rack }, meanTimeBetween: ${racks * DAY}h, repair: { median: 5m, p99: 30m } } }`,
    `      - { use: bad-rollouts, ${until}, nodes: { matchLabels: { rack: r0 } }, with: { between: { exponential: { mean: ${2 * DAY}h } }, every: 3m, repair: { median: 15m, p99: 30m } } }`,
    `      - { use: registry-outages, ${until}, with: { between: { empirical: [${DAY}h, ${2 * DAY}h, ${3 * DAY}h] }, repair: { median: 5m, p99: 15m } } }`,
  ];
  const control = Array.from({ length: Math.ceil(hours / DAY) }, (_, day) => {
    const at = (hour: number): string => `${Math.round((day * DAY + (hour / DAY) * Math.min(hours, DAY)) * 3600)}s`;
    return `
  - { at: ${at(5)}, kind: api-server-outage, for: 45s }
  - { at: ${at(8)}, kind: etcd-leader-loss, for: 5m }
  - { at: ${at(11)}, kind: etcd-stall, for: 30s }
  - { at: ${at(14)}, kind: watch-cut, for: 20s }
  - { at: ${at(17)}, kind: controller-manager-crash, for: 2m }
  - { at: ${at(20)}, kind: zone-partition, zones: [a, b], for: 3m }`;
  }).join('');
  const groups = Array.from({ length: racks }, (_, rack) => {
    const count = Math.floor(nodes / racks) + (rack < nodes % racks ? 1 : 0);
    return `    - { name: r${rack}, count: ${count}, capacity: { cpu: 8, memory: 32Gi, ephemeral-storage: 100Gi }, labels: { rack: r${rack} }, zones: [a, b, c] }`;
  }).join('\n');
  const copies = deployments;
  const replicas = Math.floor(pods / copies);
  return `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: chaos }
seed: ${seed}
duration: ${hours * 3600 + RECOVERY}s
cluster:
  controlPlaneZone: a
  nodeGroups:
${groups}
components:
  kubelet: { shutdownGracePeriodSeconds: 60, shutdownGracePeriodCriticalPodsSeconds: 20 }
policies:
  failure:
    response: { use: repair, with: { reboot: 5m, replace: 10m } }
    models:
${[...single, ...together].join('\n')}
faults: ${control}
workloads:
  - name: apps
    copies: ${copies}
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: ${replicas}
        selector: { matchLabels: { app: web } }
        template:
          metadata:
            labels: { app: web }
            annotations:
              orrery.dev/ready-after: 5s
              orrery.dev/memory-usage: 300Mi
          spec:
            containers:
              - name: web
                image: web:1
                resources: { requests: { cpu: 200m, memory: 512Mi } }
                readinessProbe: { httpGet: { path: /, port: 80 } }
                livenessProbe: { httpGet: { path: /, port: 80 } }
  - name: rest
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: ${FLAKY} }
      spec:
        replicas: 20
        selector: { matchLabels: { app: flaky } }
        template:
          metadata:
            labels: { app: flaky }
            annotations:
              orrery.dev/unready: every exponential(2h) for 1m
              orrery.dev/unhealthy: exponential(3h)
          spec:
            containers:
              - name: web
                image: web:1
                resources: { requests: { cpu: 100m, memory: 128Mi } }
                readinessProbe: { httpGet: { path: /, port: 80 } }
                livenessProbe: { httpGet: { path: /, port: 80 } }
      ---
      apiVersion: v1
      kind: Service
      metadata: { name: db }
      spec: { selector: { app: db }, ports: [{ port: 80 }] }
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: { name: db }
      spec:
        serviceName: db
        replicas: 9
        podManagementPolicy: Parallel
        selector: { matchLabels: { app: db } }
        template:
          metadata: { labels: { app: db } }
          spec: { containers: [{ name: db, image: db:1, resources: { requests: { cpu: 1 } } }] }
      ---
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: { name: agent }
      spec:
        selector: { matchLabels: { app: agent } }
        template:
          metadata: { labels: { app: agent } }
          spec:
            priorityClassName: system-node-critical
            tolerations: [{ operator: Exists }]
            containers: [{ name: agent, image: agent:1, resources: { requests: { cpu: 50m } } }]
      ---
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: { name: ${EVICTABLE} }
      spec:
        selector: { matchLabels: { app: logs } }
        template:
          metadata: { labels: { app: logs } }
          spec:
            tolerations: [{ operator: Exists }]
            containers: [{ name: logs, image: agent:1, resources: { requests: { cpu: 50m } } }]
`;
}
