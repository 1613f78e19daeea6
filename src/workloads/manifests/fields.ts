/**
 * Every field of every kind the simulator serves: `name:type`, with ! where it is required. Types: string, int, bool,
 * intOrString, quantity, time, any; another type's name; [] a list; {} a mapping of names to that.
 * Made by scripts/generate/manifest-fields.ts from the kubernetes-types package; do not edit.
 */
// prettier-ignore
export const FIELDS: Readonly<Record<string, string>> = {
  AWSElasticBlockStoreVolumeSource:
    'fsType:string partition:int readOnly:bool volumeID!:string',
  Affinity:
    'nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity',
  AppArmorProfile:
    'localhostProfile:string type!:string',
  AttachedVolume:
    'devicePath!:string name!:string',
  AzureDiskVolumeSource:
    'cachingMode:string diskName!:string diskURI!:string fsType:string kind:string readOnly:bool',
  AzureFilePersistentVolumeSource:
    'readOnly:bool secretName!:string secretNamespace:string shareName!:string',
  AzureFileVolumeSource:
    'readOnly:bool secretName!:string shareName!:string',
  CSIPersistentVolumeSource:
    'controllerExpandSecretRef:SecretReference controllerPublishSecretRef:SecretReference driver!:string fsType:string nodeExpandSecretRef:SecretReference nodePublishSecretRef:SecretReference nodeStageSecretRef:SecretReference readOnly:bool volumeAttributes:{string} volumeHandle!:string',
  CSIVolumeSource:
    'driver!:string fsType:string nodePublishSecretRef:LocalObjectReference readOnly:bool volumeAttributes:{string}',
  Capabilities:
    'add:string[] drop:string[]',
  CephFSPersistentVolumeSource:
    'monitors!:string[] path:string readOnly:bool secretFile:string secretRef:SecretReference user:string',
  CephFSVolumeSource:
    'monitors!:string[] path:string readOnly:bool secretFile:string secretRef:LocalObjectReference user:string',
  CinderPersistentVolumeSource:
    'fsType:string readOnly:bool secretRef:SecretReference volumeID!:string',
  CinderVolumeSource:
    'fsType:string readOnly:bool secretRef:LocalObjectReference volumeID!:string',
  ClaimSource:
    'resourceClaimName:string resourceClaimTemplateName:string',
  ClientIPConfig:
    'timeoutSeconds:int',
  ClusterTrustBundleProjection:
    'labelSelector:LabelSelector name:string optional:bool path!:string signerName:string',
  Condition:
    'lastTransitionTime!:time message!:string observedGeneration:int reason!:string status!:string type!:string',
  ConfigMap:
    'apiVersion:string binaryData:{string} data:{string} immutable:bool kind:string metadata:ObjectMeta',
  ConfigMapEnvSource:
    'name:string optional:bool',
  ConfigMapKeySelector:
    'key!:string name:string optional:bool',
  ConfigMapNodeConfigSource:
    'kubeletConfigKey!:string name!:string namespace!:string resourceVersion:string uid:string',
  ConfigMapProjection:
    'items:KeyToPath[] name:string optional:bool',
  ConfigMapVolumeSource:
    'defaultMode:int items:KeyToPath[] name:string optional:bool',
  Container:
    'args:string[] command:string[] env:EnvVar[] envFrom:EnvFromSource[] image:string imagePullPolicy:string lifecycle:Lifecycle livenessProbe:Probe name!:string ports:ContainerPort[] readinessProbe:Probe resizePolicy:ContainerResizePolicy[] resources:ResourceRequirements restartPolicy:string securityContext:SecurityContext startupProbe:Probe stdin:bool stdinOnce:bool terminationMessagePath:string terminationMessagePolicy:string tty:bool volumeDevices:VolumeDevice[] volumeMounts:VolumeMount[] workingDir:string restartPolicyRules:any[]',
  ContainerImage:
    'names:string[] sizeBytes:int',
  ContainerPort:
    'containerPort!:int hostIP:string hostPort:int name:string protocol:string',
  ContainerResizePolicy:
    'resourceName!:string restartPolicy!:string',
  ContainerResourceMetricSource:
    'container!:string name!:string target!:MetricTarget',
  ContainerResourceMetricStatus:
    'container!:string current!:MetricValueStatus name!:string',
  ContainerState:
    'running:ContainerStateRunning terminated:ContainerStateTerminated waiting:ContainerStateWaiting',
  ContainerStateRunning:
    'startedAt:time',
  ContainerStateTerminated:
    'containerID:string exitCode!:int finishedAt:time message:string reason:string signal:int startedAt:time',
  ContainerStateWaiting:
    'message:string reason:string',
  ContainerStatus:
    'allocatedResources:{quantity} containerID:string image!:string imageID!:string lastState:ContainerState name!:string ready!:bool resources:ResourceRequirements restartCount!:int started:bool state:ContainerState volumeMounts:VolumeMountStatus[] stopSignal:string allocatedResourcesStatus:any[] user:any',
  ControllerRevision:
    'apiVersion:string data:any kind:string metadata:ObjectMeta revision!:int',
  CronJob:
    'apiVersion:string kind:string metadata:ObjectMeta spec:CronJobSpec status:CronJobStatus',
  CronJobSpec:
    'concurrencyPolicy:string failedJobsHistoryLimit:int jobTemplate!:JobTemplateSpec schedule!:string startingDeadlineSeconds:int successfulJobsHistoryLimit:int suspend:bool timeZone:string',
  CronJobStatus:
    'active:ObjectReference[] lastScheduleTime:time lastSuccessfulTime:time',
  CrossVersionObjectReference:
    'apiVersion:string kind!:string name!:string',
  DaemonEndpoint:
    'Port!:int',
  DaemonSet:
    'apiVersion:string kind:string metadata:ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus',
  DaemonSetCondition:
    'lastTransitionTime:time message:string reason:string status!:string type!:string',
  DaemonSetSpec:
    'minReadySeconds:int revisionHistoryLimit:int selector!:LabelSelector template!:PodTemplateSpec updateStrategy:DaemonSetUpdateStrategy',
  DaemonSetStatus:
    'collisionCount:int conditions:DaemonSetCondition[] currentNumberScheduled!:int desiredNumberScheduled!:int numberAvailable:int numberMisscheduled!:int numberReady!:int numberUnavailable:int observedGeneration:int updatedNumberScheduled:int',
  DaemonSetUpdateStrategy:
    'rollingUpdate:RollingUpdateDaemonSet type:string',
  Deployment:
    'apiVersion:string kind:string metadata:ObjectMeta spec:DeploymentSpec status:DeploymentStatus',
  DeploymentCondition:
    'lastTransitionTime:time lastUpdateTime:time message:string reason:string status!:string type!:string',
  DeploymentSpec:
    'minReadySeconds:int paused:bool progressDeadlineSeconds:int replicas:int revisionHistoryLimit:int selector!:LabelSelector strategy:DeploymentStrategy template!:PodTemplateSpec',
  DeploymentStatus:
    'availableReplicas:int collisionCount:int conditions:DeploymentCondition[] observedGeneration:int readyReplicas:int replicas:int unavailableReplicas:int updatedReplicas:int terminatingReplicas:int',
  DeploymentStrategy:
    'rollingUpdate:RollingUpdateDeployment type:string',
  DownwardAPIProjection:
    'items:DownwardAPIVolumeFile[]',
  DownwardAPIVolumeFile:
    'fieldRef:ObjectFieldSelector mode:int path!:string resourceFieldRef:ResourceFieldSelector',
  DownwardAPIVolumeSource:
    'defaultMode:int items:DownwardAPIVolumeFile[]',
  EmptyDirVolumeSource:
    'medium:string sizeLimit:quantity',
  Endpoint:
    'addresses!:string[] conditions:EndpointConditions deprecatedTopology:{string} hints:EndpointHints hostname:string nodeName:string targetRef:ObjectReference zone:string',
  EndpointConditions:
    'ready:bool serving:bool terminating:bool',
  EndpointHints:
    'forZones:ForZone[] forNodes:any[]',
  EndpointPort:
    'appProtocol:string name:string port:int protocol:string',
  EndpointSlice:
    'addressType!:string apiVersion:string endpoints!:Endpoint[] kind:string metadata:ObjectMeta ports:EndpointPort[]',
  EnvFromSource:
    'configMapRef:ConfigMapEnvSource prefix:string secretRef:SecretEnvSource',
  EnvVar:
    'name!:string value:string valueFrom:EnvVarSource',
  EnvVarSource:
    'configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector fileKeyRef:any',
  EphemeralContainer:
    'args:string[] command:string[] env:EnvVar[] envFrom:EnvFromSource[] image:string imagePullPolicy:string lifecycle:Lifecycle livenessProbe:Probe name!:string ports:ContainerPort[] readinessProbe:Probe resizePolicy:ContainerResizePolicy[] resources:ResourceRequirements restartPolicy:string securityContext:SecurityContext startupProbe:Probe stdin:bool stdinOnce:bool targetContainerName:string terminationMessagePath:string terminationMessagePolicy:string tty:bool volumeDevices:VolumeDevice[] volumeMounts:VolumeMount[] workingDir:string restartPolicyRules:any[]',
  EphemeralVolumeSource:
    'volumeClaimTemplate:PersistentVolumeClaimTemplate',
  Event:
    'action:string apiVersion:string count:int eventTime:time firstTimestamp:time involvedObject!:ObjectReference kind:string lastTimestamp:time message:string metadata!:ObjectMeta reason:string related:ObjectReference reportingComponent:string reportingInstance:string series:EventSeries source:EventSource type:string',
  EventSeries:
    'count:int lastObservedTime:time',
  EventSource:
    'component:string host:string',
  ExecAction:
    'command:string[]',
  ExternalMetricSource:
    'metric!:MetricIdentifier target!:MetricTarget',
  ExternalMetricStatus:
    'current!:MetricValueStatus metric!:MetricIdentifier',
  FCVolumeSource:
    'fsType:string lun:int readOnly:bool targetWWNs:string[] wwids:string[]',
  FlexPersistentVolumeSource:
    'driver!:string fsType:string options:{string} readOnly:bool secretRef:SecretReference',
  FlexVolumeSource:
    'driver!:string fsType:string options:{string} readOnly:bool secretRef:LocalObjectReference',
  FlockerVolumeSource:
    'datasetName:string datasetUUID:string',
  ForZone:
    'name!:string',
  GCEPersistentDiskVolumeSource:
    'fsType:string partition:int pdName!:string readOnly:bool',
  GRPCAction:
    'port!:int service:string',
  GitRepoVolumeSource:
    'directory:string repository!:string revision:string',
  GlusterfsPersistentVolumeSource:
    'endpoints!:string endpointsNamespace:string path!:string readOnly:bool',
  GlusterfsVolumeSource:
    'endpoints!:string path!:string readOnly:bool',
  HPAScalingPolicy:
    'periodSeconds!:int type!:string value!:int',
  HPAScalingRules:
    'policies:HPAScalingPolicy[] selectPolicy:string stabilizationWindowSeconds:int tolerance:quantity',
  HTTPGetAction:
    'host:string httpHeaders:HTTPHeader[] path:string port!:intOrString scheme:string',
  HTTPHeader:
    'name!:string value!:string',
  HorizontalPodAutoscaler:
    'apiVersion:string kind:string metadata:ObjectMeta spec:HorizontalPodAutoscalerSpec status:HorizontalPodAutoscalerStatus',
  HorizontalPodAutoscalerBehavior:
    'scaleDown:HPAScalingRules scaleUp:HPAScalingRules',
  HorizontalPodAutoscalerCondition:
    'lastTransitionTime:time message:string reason:string status!:string type!:string',
  HorizontalPodAutoscalerSpec:
    'behavior:HorizontalPodAutoscalerBehavior maxReplicas!:int metrics:MetricSpec[] minReplicas:int scaleTargetRef!:CrossVersionObjectReference',
  HorizontalPodAutoscalerStatus:
    'conditions:HorizontalPodAutoscalerCondition[] currentMetrics:MetricStatus[] currentReplicas:int desiredReplicas!:int lastScaleTime:time observedGeneration:int',
  HostAlias:
    'hostnames:string[] ip:string',
  HostIP:
    'ip:string',
  HostPathVolumeSource:
    'path!:string type:string',
  ISCSIPersistentVolumeSource:
    'chapAuthDiscovery:bool chapAuthSession:bool fsType:string initiatorName:string iqn!:string iscsiInterface:string lun!:int portals:string[] readOnly:bool secretRef:SecretReference targetPortal!:string',
  ISCSIVolumeSource:
    'chapAuthDiscovery:bool chapAuthSession:bool fsType:string initiatorName:string iqn!:string iscsiInterface:string lun!:int portals:string[] readOnly:bool secretRef:LocalObjectReference targetPortal!:string',
  ImageVolumeSource:
    'reference:string pullPolicy:string',
  Job:
    'apiVersion:string kind:string metadata:ObjectMeta spec:JobSpec status:JobStatus',
  JobCondition:
    'lastProbeTime:time lastTransitionTime:time message:string reason:string status!:string type!:string',
  JobSpec:
    'activeDeadlineSeconds:int backoffLimit:int backoffLimitPerIndex:int completionMode:string completions:int managedBy:string manualSelector:bool maxFailedIndexes:int parallelism:int podFailurePolicy:PodFailurePolicy podReplacementPolicy:string selector:LabelSelector successPolicy:SuccessPolicy suspend:bool template!:PodTemplateSpec ttlSecondsAfterFinished:int',
  JobStatus:
    'active:int completedIndexes:string completionTime:time conditions:JobCondition[] failed:int failedIndexes:string ready:int startTime:time succeeded:int terminating:int uncountedTerminatedPods:UncountedTerminatedPods',
  JobTemplateSpec:
    'metadata:ObjectMeta spec:JobSpec',
  KeyToPath:
    'key!:string mode:int path!:string',
  LabelSelector:
    'matchExpressions:LabelSelectorRequirement[] matchLabels:{string}',
  LabelSelectorRequirement:
    'key!:string operator!:string values:string[]',
  Lease:
    'apiVersion:string kind:string metadata:ObjectMeta spec:LeaseSpec',
  LeaseSpec:
    'acquireTime:time holderIdentity:string leaseDurationSeconds:int leaseTransitions:int renewTime:time',
  Lifecycle:
    'postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:string',
  LifecycleHandler:
    'exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction',
  LimitRange:
    'apiVersion:string kind:string metadata:ObjectMeta spec:LimitRangeSpec',
  LimitRangeItem:
    'default:{quantity} defaultRequest:{quantity} max:{quantity} maxLimitRequestRatio:{quantity} min:{quantity} type!:string',
  LimitRangeSpec:
    'limits!:LimitRangeItem[]',
  LoadBalancerIngress:
    'hostname:string ip:string ipMode:string ports:PortStatus[]',
  LoadBalancerStatus:
    'ingress:LoadBalancerIngress[]',
  LocalObjectReference:
    'name:string',
  LocalVolumeSource:
    'fsType:string path!:string',
  ManagedFieldsEntry:
    'apiVersion:string fieldsType:string fieldsV1:any manager:string operation:string subresource:string time:time',
  MetricIdentifier:
    'name!:string selector:LabelSelector',
  MetricSpec:
    'containerResource:ContainerResourceMetricSource external:ExternalMetricSource object:ObjectMetricSource pods:PodsMetricSource resource:ResourceMetricSource type!:string',
  MetricStatus:
    'containerResource:ContainerResourceMetricStatus external:ExternalMetricStatus object:ObjectMetricStatus pods:PodsMetricStatus resource:ResourceMetricStatus type!:string',
  MetricTarget:
    'averageUtilization:int averageValue:quantity type!:string value:quantity',
  MetricValueStatus:
    'averageUtilization:int averageValue:quantity value:quantity',
  ModifyVolumeStatus:
    'status!:string targetVolumeAttributesClassName:string',
  NFSVolumeSource:
    'path!:string readOnly:bool server!:string',
  Namespace:
    'apiVersion:string kind:string metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus',
  NamespaceCondition:
    'lastTransitionTime:time message:string reason:string status!:string type!:string',
  NamespaceSpec:
    'finalizers:string[]',
  NamespaceStatus:
    'conditions:NamespaceCondition[] phase:string',
  Node:
    'apiVersion:string kind:string metadata:ObjectMeta spec:NodeSpec status:NodeStatus',
  NodeAddress:
    'address!:string type!:string',
  NodeAffinity:
    'preferredDuringSchedulingIgnoredDuringExecution:PreferredSchedulingTerm[] requiredDuringSchedulingIgnoredDuringExecution:NodeSelector',
  NodeCondition:
    'lastHeartbeatTime:time lastTransitionTime:time message:string reason:string status!:string type!:string',
  NodeConfigSource:
    'configMap:ConfigMapNodeConfigSource',
  NodeConfigStatus:
    'active:NodeConfigSource assigned:NodeConfigSource error:string lastKnownGood:NodeConfigSource',
  NodeDaemonEndpoints:
    'kubeletEndpoint:DaemonEndpoint',
  NodeRuntimeHandler:
    'features:NodeRuntimeHandlerFeatures name:string',
  NodeRuntimeHandlerFeatures:
    'recursiveReadOnlyMounts:bool',
  NodeSelector:
    'nodeSelectorTerms!:NodeSelectorTerm[]',
  NodeSelectorRequirement:
    'key!:string operator!:string values:string[]',
  NodeSelectorTerm:
    'matchExpressions:NodeSelectorRequirement[] matchFields:NodeSelectorRequirement[]',
  NodeSpec:
    'configSource:NodeConfigSource externalID:string podCIDR:string podCIDRs:string[] providerID:string taints:Taint[] unschedulable:bool',
  NodeStatus:
    'addresses:NodeAddress[] allocatable:{quantity} capacity:{quantity} conditions:NodeCondition[] config:NodeConfigStatus daemonEndpoints:NodeDaemonEndpoints images:ContainerImage[] nodeInfo:NodeSystemInfo phase:string runtimeHandlers:NodeRuntimeHandler[] volumesAttached:AttachedVolume[] volumesInUse:string[] features:any declaredFeatures:string[]',
  NodeSystemInfo:
    'architecture!:string bootID!:string containerRuntimeVersion!:string kernelVersion!:string kubeProxyVersion!:string kubeletVersion!:string machineID!:string operatingSystem!:string osImage!:string systemUUID!:string swap:any',
  ObjectFieldSelector:
    'apiVersion:string fieldPath!:string',
  ObjectMeta:
    'annotations:{string} creationTimestamp:time deletionGracePeriodSeconds:int deletionTimestamp:time finalizers:string[] generateName:string generation:int labels:{string} managedFields:ManagedFieldsEntry[] name:string namespace:string ownerReferences:OwnerReference[] resourceVersion:string selfLink:string uid:string',
  ObjectMetricSource:
    'describedObject!:CrossVersionObjectReference metric!:MetricIdentifier target!:MetricTarget',
  ObjectMetricStatus:
    'current!:MetricValueStatus describedObject!:CrossVersionObjectReference metric!:MetricIdentifier',
  ObjectReference:
    'apiVersion:string fieldPath:string kind:string name:string namespace:string resourceVersion:string uid:string',
  OwnerReference:
    'apiVersion!:string blockOwnerDeletion:bool controller:bool kind!:string name!:string uid!:string',
  PersistentVolume:
    'apiVersion:string kind:string metadata:ObjectMeta spec:PersistentVolumeSpec status:PersistentVolumeStatus',
  PersistentVolumeClaim:
    'apiVersion:string kind:string metadata:ObjectMeta spec:PersistentVolumeClaimSpec status:PersistentVolumeClaimStatus',
  PersistentVolumeClaimCondition:
    'lastProbeTime:time lastTransitionTime:time message:string reason:string status!:string type!:string',
  PersistentVolumeClaimSpec:
    'accessModes:string[] dataSource:TypedLocalObjectReference dataSourceRef:TypedObjectReference resources:VolumeResourceRequirements selector:LabelSelector storageClassName:string volumeAttributesClassName:string volumeMode:string volumeName:string',
  PersistentVolumeClaimStatus:
    'accessModes:string[] allocatedResourceStatuses:{string} allocatedResources:{quantity} capacity:{quantity} conditions:PersistentVolumeClaimCondition[] currentVolumeAttributesClassName:string modifyVolumeStatus:ModifyVolumeStatus phase:string',
  PersistentVolumeClaimTemplate:
    'metadata:ObjectMeta spec!:PersistentVolumeClaimSpec',
  PersistentVolumeClaimVolumeSource:
    'claimName!:string readOnly:bool',
  PersistentVolumeSpec:
    'accessModes:string[] awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource azureFile:AzureFilePersistentVolumeSource capacity:{quantity} cephfs:CephFSPersistentVolumeSource cinder:CinderPersistentVolumeSource claimRef:ObjectReference csi:CSIPersistentVolumeSource fc:FCVolumeSource flexVolume:FlexPersistentVolumeSource flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource glusterfs:GlusterfsPersistentVolumeSource hostPath:HostPathVolumeSource iscsi:ISCSIPersistentVolumeSource local:LocalVolumeSource mountOptions:string[] nfs:NFSVolumeSource nodeAffinity:VolumeNodeAffinity persistentVolumeReclaimPolicy:string photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource quobyte:QuobyteVolumeSource rbd:RBDPersistentVolumeSource scaleIO:ScaleIOPersistentVolumeSource storageClassName:string storageos:StorageOSPersistentVolumeSource volumeAttributesClassName:string volumeMode:string vsphereVolume:VsphereVirtualDiskVolumeSource',
  PersistentVolumeStatus:
    'lastPhaseTransitionTime:time message:string phase:string reason:string',
  PhotonPersistentDiskVolumeSource:
    'fsType:string pdID!:string',
  Pod:
    'apiVersion:string kind:string metadata:ObjectMeta spec:PodSpec status:PodStatus',
  PodAffinity:
    'preferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm[] requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm[]',
  PodAffinityTerm:
    'labelSelector:LabelSelector matchLabelKeys:string[] mismatchLabelKeys:string[] namespaceSelector:LabelSelector namespaces:string[] topologyKey!:string',
  PodAntiAffinity:
    'preferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm[] requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm[]',
  PodCondition:
    'lastProbeTime:time lastTransitionTime:time message:string reason:string status!:string type!:string observedGeneration:int',
  PodDNSConfig:
    'nameservers:string[] options:PodDNSConfigOption[] searches:string[]',
  PodDNSConfigOption:
    'name:string value:string',
  PodDisruptionBudget:
    'apiVersion:string kind:string metadata:ObjectMeta spec:PodDisruptionBudgetSpec status:PodDisruptionBudgetStatus',
  PodDisruptionBudgetSpec:
    'maxUnavailable:intOrString minAvailable:intOrString selector:LabelSelector unhealthyPodEvictionPolicy:string',
  PodDisruptionBudgetStatus:
    'conditions:Condition[] currentHealthy!:int desiredHealthy!:int disruptedPods:{time} disruptionsAllowed!:int expectedPods!:int observedGeneration:int',
  PodFailurePolicy:
    'rules!:PodFailurePolicyRule[]',
  PodFailurePolicyOnExitCodesRequirement:
    'containerName:string operator!:string values!:int[]',
  PodFailurePolicyOnPodConditionsPattern:
    'status!:string type!:string',
  PodFailurePolicyRule:
    'action!:string onExitCodes:PodFailurePolicyOnExitCodesRequirement onPodConditions:PodFailurePolicyOnPodConditionsPattern[]',
  PodIP:
    'ip:string',
  PodOS:
    'name!:string',
  PodReadinessGate:
    'conditionType!:string',
  PodResourceClaim:
    'name!:string source:ClaimSource',
  PodResourceClaimStatus:
    'name!:string resourceClaimName:string',
  PodSchedulingGate:
    'name!:string',
  PodSecurityContext:
    'appArmorProfile:AppArmorProfile fsGroup:int fsGroupChangePolicy:string runAsGroup:int runAsNonRoot:bool runAsUser:int seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile supplementalGroups:int[] sysctls:Sysctl[] windowsOptions:WindowsSecurityContextOptions',
  PodSpec:
    'activeDeadlineSeconds:int affinity:Affinity automountServiceAccountToken:bool containers!:Container[] dnsConfig:PodDNSConfig dnsPolicy:string enableServiceLinks:bool ephemeralContainers:EphemeralContainer[] hostAliases:HostAlias[] hostIPC:bool hostNetwork:bool hostPID:bool hostUsers:bool hostname:string imagePullSecrets:LocalObjectReference[] initContainers:Container[] nodeName:string nodeSelector:{string} os:PodOS overhead:{quantity} preemptionPolicy:string priority:int priorityClassName:string readinessGates:PodReadinessGate[] resourceClaims:PodResourceClaim[] restartPolicy:string runtimeClassName:string schedulerName:string schedulingGates:PodSchedulingGate[] securityContext:PodSecurityContext serviceAccount:string serviceAccountName:string setHostnameAsFQDN:bool shareProcessNamespace:bool subdomain:string terminationGracePeriodSeconds:int tolerations:Toleration[] topologySpreadConstraints:TopologySpreadConstraint[] volumes:Volume[] resources:ResourceRequirements hostnameOverride:string',
  PodStatus:
    'conditions:PodCondition[] containerStatuses:ContainerStatus[] ephemeralContainerStatuses:ContainerStatus[] hostIP:string hostIPs:HostIP[] initContainerStatuses:ContainerStatus[] message:string nominatedNodeName:string phase:string podIP:string podIPs:PodIP[] qosClass:string reason:string resize:string resourceClaimStatuses:PodResourceClaimStatus[] startTime:time observedGeneration:int extendedResourceClaimStatus:any',
  PodTemplateSpec:
    'metadata:ObjectMeta spec:PodSpec',
  PodsMetricSource:
    'metric!:MetricIdentifier target!:MetricTarget',
  PodsMetricStatus:
    'current!:MetricValueStatus metric!:MetricIdentifier',
  PortStatus:
    'error:string port!:int protocol!:string',
  PortworxVolumeSource:
    'fsType:string readOnly:bool volumeID!:string',
  PreferredSchedulingTerm:
    'preference!:NodeSelectorTerm weight!:int',
  PriorityClass:
    'apiVersion:string description:string globalDefault:bool kind:string metadata:ObjectMeta preemptionPolicy:string value!:int',
  Probe:
    'exec:ExecAction failureThreshold:int grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds:int periodSeconds:int successThreshold:int tcpSocket:TCPSocketAction terminationGracePeriodSeconds:int timeoutSeconds:int',
  ProjectedVolumeSource:
    'defaultMode:int sources:VolumeProjection[]',
  QuobyteVolumeSource:
    'group:string readOnly:bool registry!:string tenant:string user:string volume!:string',
  RBDPersistentVolumeSource:
    'fsType:string image!:string keyring:string monitors!:string[] pool:string readOnly:bool secretRef:SecretReference user:string',
  RBDVolumeSource:
    'fsType:string image!:string keyring:string monitors!:string[] pool:string readOnly:bool secretRef:LocalObjectReference user:string',
  ReplicaSet:
    'apiVersion:string kind:string metadata:ObjectMeta spec:ReplicaSetSpec status:ReplicaSetStatus',
  ReplicaSetCondition:
    'lastTransitionTime:time message:string reason:string status!:string type!:string',
  ReplicaSetSpec:
    'minReadySeconds:int replicas:int selector!:LabelSelector template:PodTemplateSpec',
  ReplicaSetStatus:
    'availableReplicas:int conditions:ReplicaSetCondition[] fullyLabeledReplicas:int observedGeneration:int readyReplicas:int replicas!:int terminatingReplicas:int',
  ReplicationController:
    'apiVersion:string kind:string metadata:ObjectMeta spec:ReplicationControllerSpec status:ReplicationControllerStatus',
  ReplicationControllerCondition:
    'lastTransitionTime:time message:string reason:string status!:string type!:string',
  ReplicationControllerSpec:
    'minReadySeconds:int replicas:int selector:{string} template:PodTemplateSpec',
  ReplicationControllerStatus:
    'availableReplicas:int conditions:ReplicationControllerCondition[] fullyLabeledReplicas:int observedGeneration:int readyReplicas:int replicas!:int',
  ResourceClaim:
    'name!:string request:string',
  ResourceFieldSelector:
    'containerName:string divisor:quantity resource!:string',
  ResourceMetricSource:
    'name!:string target!:MetricTarget',
  ResourceMetricStatus:
    'current!:MetricValueStatus name!:string',
  ResourceQuota:
    'apiVersion:string kind:string metadata:ObjectMeta spec:ResourceQuotaSpec status:ResourceQuotaStatus',
  ResourceQuotaSpec:
    'hard:{quantity} scopeSelector:ScopeSelector scopes:string[]',
  ResourceQuotaStatus:
    'hard:{quantity} used:{quantity}',
  ResourceRequirements:
    'claims:ResourceClaim[] limits:{quantity} requests:{quantity}',
  RollingUpdateDaemonSet:
    'maxSurge:intOrString maxUnavailable:intOrString',
  RollingUpdateDeployment:
    'maxSurge:intOrString maxUnavailable:intOrString',
  RollingUpdateStatefulSetStrategy:
    'maxUnavailable:intOrString partition:int',
  SELinuxOptions:
    'level:string role:string type:string user:string',
  ScaleIOPersistentVolumeSource:
    'fsType:string gateway!:string protectionDomain:string readOnly:bool secretRef!:SecretReference sslEnabled:bool storageMode:string storagePool:string system!:string volumeName:string',
  ScaleIOVolumeSource:
    'fsType:string gateway!:string protectionDomain:string readOnly:bool secretRef!:LocalObjectReference sslEnabled:bool storageMode:string storagePool:string system!:string volumeName:string',
  ScopeSelector:
    'matchExpressions:ScopedResourceSelectorRequirement[]',
  ScopedResourceSelectorRequirement:
    'operator!:string scopeName!:string values:string[]',
  SeccompProfile:
    'localhostProfile:string type!:string',
  Secret:
    'apiVersion:string data:{string} immutable:bool kind:string metadata:ObjectMeta stringData:{string} type:string',
  SecretEnvSource:
    'name:string optional:bool',
  SecretKeySelector:
    'key!:string name:string optional:bool',
  SecretProjection:
    'items:KeyToPath[] name:string optional:bool',
  SecretReference:
    'name:string namespace:string',
  SecretVolumeSource:
    'defaultMode:int items:KeyToPath[] optional:bool secretName:string',
  SecurityContext:
    'allowPrivilegeEscalation:bool appArmorProfile:AppArmorProfile capabilities:Capabilities privileged:bool procMount:string readOnlyRootFilesystem:bool runAsGroup:int runAsNonRoot:bool runAsUser:int seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions',
  Service:
    'apiVersion:string kind:string metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus',
  ServiceAccount:
    'apiVersion:string automountServiceAccountToken:bool imagePullSecrets:LocalObjectReference[] kind:string metadata:ObjectMeta secrets:ObjectReference[]',
  ServiceAccountTokenProjection:
    'audience:string expirationSeconds:int path!:string',
  ServicePort:
    'appProtocol:string name:string nodePort:int port!:int protocol:string targetPort:intOrString',
  ServiceSpec:
    'allocateLoadBalancerNodePorts:bool clusterIP:string clusterIPs:string[] externalIPs:string[] externalName:string externalTrafficPolicy:string healthCheckNodePort:int internalTrafficPolicy:string ipFamilies:string[] ipFamilyPolicy:string loadBalancerClass:string loadBalancerIP:string loadBalancerSourceRanges:string[] ports:ServicePort[] publishNotReadyAddresses:bool selector:{string} sessionAffinity:string sessionAffinityConfig:SessionAffinityConfig trafficDistribution:string type:string',
  ServiceStatus:
    'conditions:Condition[] loadBalancer:LoadBalancerStatus',
  SessionAffinityConfig:
    'clientIP:ClientIPConfig',
  SleepAction:
    'seconds!:int',
  StatefulSet:
    'apiVersion:string kind:string metadata:ObjectMeta spec:StatefulSetSpec status:StatefulSetStatus',
  StatefulSetCondition:
    'lastTransitionTime:time message:string reason:string status!:string type!:string',
  StatefulSetOrdinals:
    'start:int',
  StatefulSetPersistentVolumeClaimRetentionPolicy:
    'whenDeleted:string whenScaled:string',
  StatefulSetSpec:
    'minReadySeconds:int ordinals:StatefulSetOrdinals persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy podManagementPolicy:string replicas:int revisionHistoryLimit:int selector!:LabelSelector serviceName!:string template!:PodTemplateSpec updateStrategy:StatefulSetUpdateStrategy volumeClaimTemplates:PersistentVolumeClaim[]',
  StatefulSetStatus:
    'availableReplicas:int collisionCount:int conditions:StatefulSetCondition[] currentReplicas:int currentRevision:string observedGeneration:int readyReplicas:int replicas!:int updateRevision:string updatedReplicas:int',
  StatefulSetUpdateStrategy:
    'rollingUpdate:RollingUpdateStatefulSetStrategy type:string',
  StorageClass:
    'allowVolumeExpansion:bool allowedTopologies:TopologySelectorTerm[] apiVersion:string kind:string metadata:ObjectMeta mountOptions:string[] parameters:{string} provisioner!:string reclaimPolicy:string volumeBindingMode:string',
  StorageOSPersistentVolumeSource:
    'fsType:string readOnly:bool secretRef:ObjectReference volumeName:string volumeNamespace:string',
  StorageOSVolumeSource:
    'fsType:string readOnly:bool secretRef:LocalObjectReference volumeName:string volumeNamespace:string',
  SuccessPolicy:
    'rules!:SuccessPolicyRule[]',
  SuccessPolicyRule:
    'succeededCount:int succeededIndexes:string',
  Sysctl:
    'name!:string value!:string',
  TCPSocketAction:
    'host:string port!:intOrString',
  Taint:
    'effect!:string key!:string timeAdded:time value:string',
  Toleration:
    'effect:string key:string operator:string tolerationSeconds:int value:string',
  TopologySelectorLabelRequirement:
    'key!:string values!:string[]',
  TopologySelectorTerm:
    'matchLabelExpressions:TopologySelectorLabelRequirement[]',
  TopologySpreadConstraint:
    'labelSelector:LabelSelector matchLabelKeys:string[] maxSkew!:int minDomains:int nodeAffinityPolicy:string nodeTaintsPolicy:string topologyKey!:string whenUnsatisfiable!:string',
  TypedLocalObjectReference:
    'apiGroup:string kind!:string name!:string',
  TypedObjectReference:
    'apiGroup:string kind!:string name!:string namespace:string',
  UncountedTerminatedPods:
    'failed:string[] succeeded:string[]',
  Volume:
    'awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:FCVolumeSource flexVolume:FlexVolumeSource flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource gitRepo:GitRepoVolumeSource glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource iscsi:ISCSIVolumeSource name!:string nfs:NFSVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource scaleIO:ScaleIOVolumeSource secret:SecretVolumeSource storageos:StorageOSVolumeSource vsphereVolume:VsphereVirtualDiskVolumeSource image:ImageVolumeSource',
  VolumeDevice:
    'devicePath!:string name!:string',
  VolumeMount:
    'mountPath!:string mountPropagation:string name!:string readOnly:bool recursiveReadOnly:string subPath:string subPathExpr:string',
  VolumeMountStatus:
    'mountPath!:string name!:string readOnly:bool recursiveReadOnly:string',
  VolumeNodeAffinity:
    'required:NodeSelector',
  VolumeProjection:
    'clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection downwardAPI:DownwardAPIProjection secret:SecretProjection serviceAccountToken:ServiceAccountTokenProjection',
  VolumeResourceRequirements:
    'limits:{quantity} requests:{quantity}',
  VsphereVirtualDiskVolumeSource:
    'fsType:string storagePolicyID:string storagePolicyName:string volumePath!:string',
  WeightedPodAffinityTerm:
    'podAffinityTerm!:PodAffinityTerm weight!:int',
  WindowsSecurityContextOptions:
    'gmsaCredentialSpec:string gmsaCredentialSpecName:string hostProcess:bool runAsUserName:string',
};
