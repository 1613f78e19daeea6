/** Forty minutes in which everything is under way at once: roll-outs, jobs, pulls, back-offs and faults of every kind. */
export const EVENTFUL = `
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: eventful }
seed: 5
duration: 40m
cluster:
  nodeGroups:
    - name: n
      count: 12
      capacity: { cpu: 4, memory: 8Gi }
      zones: [a, b, c]
      staticPods:
        inline:
          - apiVersion: v1
            kind: Pod
            metadata: { name: own, annotations: { orrery.dev/duration: 90s } }
            spec: { containers: [{ name: c, image: own:1, resources: { requests: { cpu: 50m } } }] }
workloads:
  - name: apps
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 14
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web }, annotations: { orrery.dev/ready-after: 8s } }
          spec:
            containers:
              - name: web
                image: web:1
                resources: { requests: { cpu: 500m, memory: 256Mi } }
                readinessProbe: { httpGet: { path: /, port: 80 }, periodSeconds: 5 }
      ---
      apiVersion: v1
      kind: Service
      metadata: { name: web }
      spec: { selector: { app: web }, ports: [{ port: 80 }] }
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: { name: db }
      spec:
        serviceName: db
        replicas: 3
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
          spec: { containers: [{ name: agent, image: agent:1, resources: { requests: { cpu: 50m } } }] }
      ---
      apiVersion: batch/v1
      kind: Job
      metadata: { name: failing }
      spec:
        backoffLimit: 4
        parallelism: 2
        completions: 6
        template:
          metadata: { annotations: { orrery.dev/duration: "lognormal(30s, 120s)", orrery.dev/failure-probability: "0.4" } }
          spec: { restartPolicy: OnFailure, containers: [{ name: c, image: job:1, resources: { requests: { cpu: 200m } } }] }
      ---
      apiVersion: batch/v1
      kind: CronJob
      metadata: { name: tick }
      spec:
        schedule: "*/3 * * * *"
        jobTemplate:
          spec:
            template:
              metadata: { annotations: { orrery.dev/duration: 50s } }
              spec: { restartPolicy: Never, containers: [{ name: c, image: job:1 }] }
  - name: crashing
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: { name: crashing, annotations: { orrery.dev/duration: 4s, orrery.dev/exit-code: "1" } }
      spec: { containers: [{ name: c, image: job:1 }] }
  - name: roll-out
    at: 11m
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 14
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web }, annotations: { orrery.dev/ready-after: 8s } }
          spec: { containers: [{ name: web, image: web:2, resources: { requests: { cpu: 500m, memory: 256Mi } } }] }
faults:
  - { at: 6m, for: 8m, kind: node-crash, nodes: [n-1] }
  - { at: 7m, for: 9m, kind: partition, zone: b }
  - { at: 9m, for: 3m, kind: node-freeze, nodes: [n-3] }
  - { at: 6m30s, for: 4m, kind: runtime-outage, nodes: [n-10] }
  - { at: 10m, kind: instance-gone, nodes: [n-6] }
  - { at: 12m, for: 10m, kind: drain, nodes: [n-8] }
  - { at: 13m, for: 5m, kind: slow-pulls, nodes: [n-9], factor: 4 }
  - { at: 8m, for: 1m, kind: controller-manager-crash }
  - { at: 11m30s, for: 20s, kind: watch-lag }
  - { at: 15m, for: 3m, kind: watch-cut }
  - { at: 20m, for: 40s, kind: api-server-outage }
`;
