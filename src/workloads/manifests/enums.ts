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
const VOLUME_MODES = ['Filesystem', 'Block'];
const RETENTION = ['Retain', 'Delete'];
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
  'FlowDistinguisherMethod.type': ['ByUser', 'ByNamespace'],
  'JobSpec.completionMode': ['NonIndexed', 'Indexed'],
  'JobSpec.podReplacementPolicy': ['TerminatingOrFailed', 'Failed'],
  'LabelSelectorRequirement.operator': ['In', 'NotIn', 'Exists', 'DoesNotExist'],
  'LimitResponse.type': ['Queue', 'Reject'],
  'NodeSelectorRequirement.operator': NODE_OPERATORS,
  'PersistentVolumeClaimSpec.accessModes': ACCESS,
  'PersistentVolumeClaimSpec.volumeMode': VOLUME_MODES,
  'PersistentVolumeSpec.accessModes': ACCESS,
  'PersistentVolumeSpec.persistentVolumeReclaimPolicy': ['Retain', 'Delete', 'Recycle'],
  'PersistentVolumeSpec.volumeMode': VOLUME_MODES,
  'PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy': ['IfHealthyBudget', 'AlwaysAllow'],
  'PodSpec.dnsPolicy': ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  'PodSpec.preemptionPolicy': PREEMPTION,
  'PodSpec.restartPolicy': ['Always', 'OnFailure', 'Never'],
  'PriorityClass.preemptionPolicy': PREEMPTION,
  'PriorityLevelConfigurationSpec.type': ['Limited', 'Exempt'],
  'ServicePort.protocol': PROTOCOLS,
  'ServiceSpec.externalTrafficPolicy': TRAFFIC,
  'ServiceSpec.internalTrafficPolicy': TRAFFIC,
  'ServiceSpec.sessionAffinity': ['None', 'ClientIP'],
  'ServiceSpec.trafficDistribution': ['PreferClose', 'PreferSameZone', 'PreferSameNode'],
  'ServiceSpec.type': ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
  'StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted': RETENTION,
  'StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled': RETENTION,
  'StatefulSetSpec.podManagementPolicy': ['OrderedReady', 'Parallel'],
  'StatefulSetUpdateStrategy.type': ['RollingUpdate', 'OnDelete'],
  'StorageClass.reclaimPolicy': ['Retain', 'Delete'],
  'StorageClass.volumeBindingMode': ['Immediate', 'WaitForFirstConsumer'],
  'Subject.kind': ['User', 'Group', 'ServiceAccount'],
  'Taint.effect': EFFECTS,
  'Toleration.effect': EFFECTS,
  'Toleration.operator': ['Exists', 'Equal'],
  'TopologySpreadConstraint.nodeAffinityPolicy': HONOR,
  'TopologySpreadConstraint.nodeTaintsPolicy': HONOR,
  'TopologySpreadConstraint.whenUnsatisfiable': ['DoNotSchedule', 'ScheduleAnyway'],
};
