/**
 * The closed sets of words of the API, by type and field. Source: the constants of k8s.io/api and the validation of
 * Kubernetes v1.34.
 */
const NODE_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TRAFFIC = ['Cluster', 'Local'];
const PULL = ['Always', 'IfNotPresent', 'Never'];
const HONOR = ['Honor', 'Ignore'];
const PREEMPTION = ['PreemptLowerPriority', 'Never'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const ACCESS = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'];

export const ENUMS: Readonly<Record<string, readonly string[]>> = {
  'Container.imagePullPolicy': PULL,
  'Container.restartPolicy': ['Always'],
  'ContainerPort.protocol': PROTOCOLS,
  'CronJobSpec.concurrencyPolicy': ['Allow', 'Forbid', 'Replace'],
  'DaemonSetUpdateStrategy.type': ['RollingUpdate', 'OnDelete'],
  'DeploymentStrategy.type': ['RollingUpdate', 'Recreate'],
  'DeviceSubRequest.allocationMode': ['ExactCount', 'All'],
  'EndpointPort.protocol': PROTOCOLS,
  'EndpointSlice.addressType': ['IPv4', 'IPv6', 'FQDN'],
  'ExactDeviceRequest.allocationMode': ['ExactCount', 'All'],
  'JobSpec.completionMode': ['NonIndexed', 'Indexed'],
  'JobSpec.podReplacementPolicy': ['TerminatingOrFailed', 'Failed'],
  'LabelSelectorRequirement.operator': ['In', 'NotIn', 'Exists', 'DoesNotExist'],
  'NodeSelectorRequirement.operator': NODE_OPERATORS,
  'PersistentVolumeClaimSpec.accessModes': ACCESS,
  'PersistentVolumeSpec.accessModes': ACCESS,
  'PersistentVolumeSpec.persistentVolumeReclaimPolicy': ['Retain', 'Delete', 'Recycle'],
  'PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy': ['IfHealthyBudget', 'AlwaysAllow'],
  'PodSpec.dnsPolicy': ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  'PodSpec.preemptionPolicy': PREEMPTION,
  'PodSpec.restartPolicy': ['Always', 'OnFailure', 'Never'],
  'PriorityClass.preemptionPolicy': PREEMPTION,
  'ServicePort.protocol': PROTOCOLS,
  'ServiceSpec.externalTrafficPolicy': TRAFFIC,
  'ServiceSpec.internalTrafficPolicy': TRAFFIC,
  'ServiceSpec.sessionAffinity': ['None', 'ClientIP'],
  'ServiceSpec.type': ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
  'StatefulSetSpec.podManagementPolicy': ['OrderedReady', 'Parallel'],
  'StatefulSetUpdateStrategy.type': ['RollingUpdate', 'OnDelete'],
  'StorageClass.reclaimPolicy': ['Retain', 'Delete'],
  'StorageClass.volumeBindingMode': ['Immediate', 'WaitForFirstConsumer'],
  'Taint.effect': EFFECTS,
  'Toleration.effect': EFFECTS,
  'Toleration.operator': ['Exists', 'Equal'],
  'TopologySpreadConstraint.nodeAffinityPolicy': HONOR,
  'TopologySpreadConstraint.nodeTaintsPolicy': HONOR,
  'TopologySpreadConstraint.whenUnsatisfiable': ['DoNotSchedule', 'ScheduleAnyway'],
};
