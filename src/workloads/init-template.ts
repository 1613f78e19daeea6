/** The scenario `orrery init` writes: small, runnable, and a tour of the format. */
export function initTemplate(): string {
  return TEMPLATE;
}

const TEMPLATE = `# A scenario for Orrery: a cluster, what is asked of it, and what goes wrong.
#
#   orrery validate scenario.yaml     checks it
#   orrery run scenario.yaml          runs it and writes a report
#   orrery run scenario.yaml --seed 7 --set cluster.nodeGroups.general.count=12
#
# Durations are written 90s, 1h30m, 250ms or 2d; quantities as in Kubernetes (500m, 2, 4Gi).
# With this line, editors that know YAML schemas complete and check what you write:
# yaml-language-server: $schema=./node_modules/kube-orrery/scenario.schema.json
apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata:
  name: my-cluster
  description: Does the shop stay up when a zone is lost?

# The same seed gives the same run, to the byte.
seed: 1
duration: 6h

# The machines. Instead of groups, or besides: manifests: [nodes.yaml], or a trace's node list.
cluster:
  nodeGroups:
    - name: general
      count: 9
      capacity: {cpu: 8, memory: 32Gi}
      zones: [a, b, c]
      # labels: {pool: general}
      # taints: [{key: dedicated, value: batch, effect: NoSchedule}]

# Settings of the components, by the real flags' names; what is not named keeps Kubernetes' default.
# components:
#   controllerManager: {nodeMonitorGracePeriodSeconds: 50}
#   kubelet: {maxPods: 110}

# What the cluster decides, by name or by the path of a module of your own.
# policies:
#   scoring: {use: default}
#   schedulerConfiguration: ./kube-scheduler.yaml   # the file your kube-scheduler runs with

# What users ask of it, in order. Each has one source: inline, manifests, generator, trace, scale or delete.
workloads:
  - name: shop
    inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 12
        selector: {matchLabels: {app: web}}
        template:
          metadata:
            labels: {app: web}
            # How a simulated pod behaves is said by annotations:
            annotations: {orrery.dev/ready-after: 5s}
          spec:
            topologySpreadConstraints:
              - maxSkew: 1
                topologyKey: topology.kubernetes.io/zone
                whenUnsatisfiable: DoNotSchedule
                labelSelector: {matchLabels: {app: web}}
            containers:
              - name: web
                image: registry.example/shop:1
                resources: {requests: {cpu: 500m, memory: 1Gi}}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec: {selector: {app: web}, ports: [{port: 80}]}

  - name: batch
    generator:
      as: job
      arrivals: {poisson: {perHour: 20}}
      resources:
        cpu: {uniform: {low: 250m, high: 2}}
        memory: {lognormal: {median: 1Gi, p99: 6Gi}}
      lifetime: {lognormal: {median: 5m, p99: 1h}}
      failureProbability: 0.02

  - name: sale
    at: 2h
    scale: [{kind: Deployment, name: web, replicas: 18}]

# What goes wrong, and when.
faults:
  - {at: 1h, kind: node-crash, group: general, count: 1, for: 20m}
  - {at: 3h, kind: partition, zone: b, for: 15m}

# What is recorded.
measurement:
  interval: 60s
`;
