import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../../../test/support/refusal.ts';
import type { Refusal } from '../../../test/support/refusal.ts';
import { YamlSource } from '../yaml.ts';
import { ManifestReader, PLAIN_READING } from './manifests.ts';
import { SpecPool } from './spec-pool.ts';

const pod = (x: string, m = '') => `apiVersion: v1\nkind: Pod\nmetadata: {name: p${m}}\nspec:\n  ${x}\n`;
const c = 'containers: [{name: c}]';
const pc = (x: string) => pod(`containers: [{name: c, ${x}}]`);
const pp = (x: string) => pod(`${c}\n  ${x}`);
const dep = (x: string) => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  ${x}\n`;
const dra = (kind: string, x: string) =>
  `apiVersion: resource.k8s.io/v1\nkind: ${kind}\nmetadata: {name: x}\nspec: {${x}}\n`;
const t = 'template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}';
const sel = 'selector: {matchLabels: {a: b}}';

const pvc = (x: string) => `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: d}\nspec:\n  ${x}\n`;
const pv = (x: string) => `apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: d}\nspec:\n  ${x}\n`;
const rwo = 'accessModes: [ReadWriteOnce]';
const sc = (x: string) => `apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: s}\n${x}\n`;

const apf = (kind: string, x: string, name = 'f') =>
  `apiVersion: flowcontrol.apiserver.k8s.io/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n  ${x}\n`;
const plc = (x: string, name = 'f') => apf('PriorityLevelConfiguration', x, name);
const fs = (x: string) => apf('FlowSchema', `priorityLevelConfiguration: {name: l}\n  ${x}`);

// prettier-ignore
const MANIFESTS: readonly (readonly [text: string, ...Refusal])[] = [
  [pvc('resources: {requests: {storage: 1Gi}}'), '5:3', 'spec.accessModes: this field is missing (PersistentVolumeClaim d)', '', 'ReadWriteOnce, ReadOnlyMany'],
  [pvc(`${rwo}\n  resources: {requests: {storage: 0}}`), '6:35', 'spec.resources.requests.storage: must be greater than zero (PersistentVolumeClaim d)', '0', 'a quantity such as 10Gi'],
  [pvc('accessModes: [ReadWriteOncePod, ReadWriteMany]\n  resources: {requests: {storage: 1}}'), '5:16', 'spec.accessModes: ReadWriteOncePod stands alone (PersistentVolumeClaim d)', 'ReadWriteOncePod, ReadWriteMany', '[ReadWriteOncePod]'],
  [pvc('accessModes: [ReadWriteTwice]'), '5:17', 'spec.accessModes[0]: not one of the known values (PersistentVolumeClaim d)', 'the text "ReadWriteTwice"', 'ReadWriteOnce, ReadOnlyMany', 'ReadWriteOnce'],
  [pv(`${rwo}\n  capacity: {storage: 1Gi}`), '5:3', 'spec: a volume needs a source (PersistentVolume d)', '', 'one of csi, local'],
  [pv(`${rwo}\n  capacity: {storage: 1Gi}\n  hostPath: {path: /a}\n  nfs: {server: a, path: /}`), '5:3', 'spec: a volume has one source (PersistentVolume d)', 'hostPath, nfs', 'one of csi, local'],
  [pv(`${rwo}\n  capacity: {storage: 1Gi}\n  local: {path: /a}`), '5:3', 'spec.nodeAffinity: a local volume needs a node affinity (PersistentVolume d)', '', 'required: {nodeSelectorTerms'],
  [sc('provisoner: x'), '4:1', 'provisoner: unknown field (StorageClass s)', 'provisoner', 'allowVolumeExpansion', 'provisioner'],
  [sc('provisioner: x\nvolumeBindingMode: Later'), '5:20', 'volumeBindingMode: not one of the known values (StorageClass s)', 'the text "Later"', 'Immediate, WaitForFirstConsumer'],
  [plc('type: Exempt'), '5:9', 'spec.type: the level "exempt" alone is Exempt (PriorityLevelConfiguration f)', 'Exempt', 'Limited'],
  [plc('type: Limited'), '5:3', 'spec.limited: this field is missing (PriorityLevelConfiguration f)', '', 'a mapping'],
  [plc('{type: Limited, limited: {lendablePercent: 101, limitResponse: {type: Reject}}}'), '5:46', 'spec.limited.lendablePercent: out of range (PriorityLevelConfiguration f)', 'the number 101', '0 to 100'],
  [plc('{type: Limited, limited: {limitResponse: {type: Queue, queuing: {queues: 4, handSize: 5}}}}'), '5:89', 'spec.limited.limitResponse.queuing.handSize: out of range (PriorityLevelConfiguration f)', 'the number 5', '1 to 4'],
  [plc('{type: Limited, limited: {limitResponse: {type: Queue, queuing: {queues: 512, handSize: 8}}}}'), '5:91', 'spec.limited.limitResponse.queuing.handSize: hands of 8 of 512 queues take 72 bits of a hash (PriorityLevelConfiguration f)', '8', 'fewer: at most 60 bits'],
  [plc('{type: Limited, limited: {limitResponse: {type: Reject}}}', 'catch-all'), '3:18', 'metadata.name: the server keeps its own object of this name (PriorityLevelConfiguration catch-all)', 'catch-all', 'a name other than exempt and catch-all'],
  [fs('matchingPrecedence: 1'), '6:23', 'spec.matchingPrecedence: out of range (FlowSchema f)', 'the number 1', '2 to 10000'],
  [fs('rules: [{subjects: [{kind: User, group: {name: g}}], resourceRules: []}]'), '6:23', 'spec.rules[0].subjects[0].user: this field is missing (FlowSchema f)', '', 'user'],
  [fs("rules: [{subjects: [{kind: User, user: {name: u}}], resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]}]"), '6:71', 'spec.rules[0].resourceRules[0].namespaces: a rule without clusterScope needs namespaces (FlowSchema f)', '', "a list of namespaces, or ['*']"],
  ['hello\n', '1:1', 'not a Kubernetes object', 'the text "hello"', 'a mapping with apiVersion and kind'],
  ['apiVersion: v1\n', '1:1', 'kind: not a Kubernetes object: kind is missing', '', 'apiVersion and kind'],
  ['apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: d}\n', '2:7', 'kind: this kind is not simulated', 'Deploymnet', 'Namespace, Node, Lease, PriorityClass', 'Deployment'],
  ['apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: d}\n', '2:7', 'kind: this kind is not simulated', 'Widget', 'Namespace, Node, Lease, PriorityClass'],
  ['apiVersion: extensions/v1beta1\nkind: Deployment\n', '1:13', 'apiVersion: no Deployment in this version of the API', 'the text "extensions/v1beta1"', 'apps/v1', 'apps/v1'],
  ['kind: Pod\n', '1:1', 'apiVersion: this field is missing', '', 'v1'],
  ['apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c}]}\n', '1:1', 'metadata.name: the Pod has no name', '', 'up to 253 lower-case letters, digits'],
  ['apiVersion: v1\nkind: Pod\nmetadata: {name: My_Pod}\nspec: {containers: [{name: c}]}\n', '3:18', 'metadata.name: not a valid name (Pod My_Pod)', 'the text "My_Pod"', 'up to 253 lower-case letters, digits'],
  ['apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a.b}\nspec: {containers: [{name: c}]}\n', '3:32', 'metadata.namespace: not a valid name (Pod p)', 'the text "a.b"', 'up to 63 lower-case letters, digits and'],
  ['apiVersion: v1\nkind: Node\nmetadata: {name: p, namespace: a}\n', '3:32', 'metadata.namespace: a Node belongs to the whole cluster and has no namespace (Node p)', 'a', ''],
  [pod(c,', labels: {app: 5}'), '3:35', 'metadata.labels.app: wrong type (Pod p)', 'the number 5', 'text (in quotes where it looks like a'],
  [pod(c,', labels: {"a b": x}'), '3:30', 'metadata.labels["a b"]: not a valid key (Pod p)', 'the text "a b"', 'a name of up to 63 letters, digits'],
  [pod(c,', labels: {a: "x y"}'), '3:33', 'metadata.labels.a: not a valid label value (Pod p)', 'the text "x y"', 'up to 63 letters, digits, "-", "_" and'],
  [pod(c,', annotations: {orrery.dev/duration: soon}'), '3:56', 'metadata.annotations["orrery.dev/duration"]: not a value of this annotation (Pod p)', 'the text "soon"', 'a duration such as 90s, 1h30m, 250ms or'],
  [pod(c,', annotations: {orrery.dev/exitcode: "1"}'), '3:35', 'metadata.annotations["orrery.dev/exitcode"]: unknown annotation (Pod p)', 'orrery.dev/exitcode', 'orrery.dev/duration', 'orrery.dev/exit-code'],
  ['apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n', '1:1', 'spec: this field is missing (Pod p)', '', 'a mapping'],
  [pod('restartPolicy: Never'), '5:3', 'spec.containers: this field is missing (Pod p)', '', 'a list'],
  [pod('containers: []'), '5:15', 'spec.containers: a pod has at least one container (Pod p)', 'an empty list', ''],
  [pod('contaners: []'), '5:3', 'spec.contaners: unknown field (Pod p)', 'contaners', 'activeDeadlineSeconds, affinity', 'containers'],
  [pc('image: 5'), '5:33', 'spec.containers[0].image: wrong type (Pod p)', 'the number 5', 'text (in quotes where it looks like a'],
  [pc('resources: {requests: {cpu: lots}}'), '5:54', 'spec.containers[0].resources.requests.cpu: not a quantity (Pod p)', 'the text "lots"', 'a quantity such as 500m, 2, 1.5Gi or 1e3'],
  [pc('resources: {requests: {cpu: -1}}'), '5:54', 'spec.containers[0].resources.requests.cpu: must not be negative (Pod p)', '-1', '0 or more'],
  [pc('resources: {requests: {cpu: 2}, limits: {cpu: 1}}'), '5:54', 'spec.containers[0].resources.requests.cpu: the request is above the limit (Pod p)', '2', 'at most 1'],
  [pc('ports: [{containerPort: 70000}]'), '5:50', 'spec.containers[0].ports[0].containerPort: out of range (Pod p)', 'the number 70000', '1 to 65535'],
  [pc('ports: [{containerPort: 80, protocol: HTTP}]'), '5:64', 'spec.containers[0].ports[0].protocol: not one of the known values (Pod p)', 'the text "HTTP"', 'TCP, UDP, SCTP', 'TCP'],
  [pc('readinessProbe: {periodSeconds: 5}'), '5:42', 'spec.containers[0].readinessProbe: a probe has exactly one handler (Pod p)', 'none', 'exec, httpGet, tcpSocket, grpc'],
  [pc('readinessProbe: {tcpSocket: {port: 1}, exec: {command: [a]}}'), '5:42', 'spec.containers[0].readinessProbe: a probe has exactly one handler (Pod p)', 'exec, tcpSocket', 'exec, httpGet, tcpSocket, grpc'],
  [pc('readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 5}'), '5:96', 'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: a readiness probe ends nothing (Pod p)', '5', 'no such field'],
  [pc('livenessProbe: {tcpSocket: {port: 1}, periodSeconds: -5}'), '5:79', 'spec.containers[0].livenessProbe.periodSeconds: must not be negative (Pod p)', 'the number -5', '0 or more'],
  [pc('lifecycle: {preStop: {sleep: {seconds: 31}}}'), '5:65', 'spec.containers[0].lifecycle.preStop.sleep.seconds: out of range (Pod p)', 'the number 31', '0 to 30'],
  [pod('containers: [{name: web}]\n  volumes: [{name: data, emptyDir: {}}]', ', annotations: {orrery.dev/volume-usage.date: 5Mi}'), '3:35', 'metadata.annotations["orrery.dev/volume-usage.date"]: the pod has no such emptyDir (Pod p)', 'date', 'data', 'data'],
  [pod('containers: [{name: web}]', ', annotations: {orrery.dev/duration.wob: 5s}'), '3:35', 'metadata.annotations["orrery.dev/duration.wob"]: the pod has no such container (Pod p)', 'wob', 'web', 'web'],
  [pc('imagePullPolicy: IfMissing'), '5:43', 'spec.containers[0].imagePullPolicy: not one of the known values (Pod p)', 'the text "IfMissing"', 'Always, IfNotPresent, Never'],
  [pod('containers: [{name: c}, {name: c}]'), '5:34', 'spec.containers[1].name: two containers have one name (Pod p)', 'c', 'names that differ'],
  [pp('restartPolicy: Sometimes'), '6:18', 'spec.restartPolicy: not one of the known values (Pod p)', 'the text "Sometimes"', 'Always, OnFailure, Never'],
  [pp('tolerations: [{operator: Equal, value: x}]'), '6:28', 'spec.tolerations[0].operator: without a key the operator must be Exists (Pod p)', 'Equal', 'Exists'],
  [pp('tolerations: [{key: a, operator: Exists, value: x}]'), '6:51', 'spec.tolerations[0].value: operator Exists takes no value (Pod p)', 'x', 'no value, or operator Equal'],
  [pp('tolerations: [{key: a, operator: Exists, effect: NoSchedule, tolerationSeconds: 5}]'), '6:52', 'spec.tolerations[0].effect: tolerationSeconds goes with effect NoExecute only (Pod p)', 'NoSchedule', 'NoExecute'],
  [pp('affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}}}'), '6:118', 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: operator In needs values (Pod p)', 'nothing (null)', 'a list with at least one entry'],
  [pp('affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 500, preference: {}}]}}'), '6:88', 'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: out of range (Pod p)', 'the number 500', '1 to 100'],
  [pp('affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]}}'), '6:81', 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: this field is missing (Pod p)', '', 'text (in quotes where it looks like a'],
  [pp('affinity: {podAfinity: {}}'), '6:14', 'spec.affinity.podAfinity: unknown field (Pod p)', 'podAfinity', 'nodeAffinity, podAffinity', 'podAffinity'],
  [pp('affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: [x]}]}]}}}'), '6:149', 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: operator Gt compares with one number (Pod p)', 'a list, ["x"]', 'a list of one whole number in quotes'],
  [pp('topologySpreadConstraints: [{maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]'), '6:41', 'spec.topologySpreadConstraints[0].maxSkew: out of range (Pod p)', 'the number 0', '1 or more'],
  [pp('topologySpreadConstraints: [{maxSkew: 1, topologyKey: a}]'), '6:31', 'spec.topologySpreadConstraints[0].whenUnsatisfiable: this field is missing (Pod p)', '', 'DoNotSchedule, ScheduleAnyway'],
  [pp('terminationGracePeriodSeconds: -1'), '6:34', 'spec.terminationGracePeriodSeconds: must not be negative (Pod p)', 'the number -1', '0 or more'],
  [pp('terminationGracePeriodSeconds: "30"'), '6:34', 'spec.terminationGracePeriodSeconds: wrong type (Pod p)', 'the text "30"', 'a whole number, without quotes'],
  [dep(t), '5:3', 'spec.selector: this field is missing (Deployment d)', '', 'a mapping'],
  [dep(`selector: {matchLabels: {a: c}}\n  ${t}`), '5:13', 'spec.selector: the selector does not match the template\'s labels (Deployment d)', '{"a":"c"}', 'labels of spec.template.metadata:'],
  [dep(`selector: {}\n  ${t}`), '5:13', 'spec.selector: an empty selector (Deployment d)', '{}', 'labels of the template'],
  [dep(`replicas: -1\n  ${sel}\n  ${t}`), '5:13', 'spec.replicas: must not be negative (Deployment d)', 'the number -1', '0 or more'],
  [dep(`replicas: 2147483648\n  ${sel}\n  ${t}`), '5:13', 'spec.replicas: out of range (Deployment d)', 'the number 2147483648', 'a whole number of 32 bits, up to 2^31 - 1'],
  [pp('activeDeadlineSeconds: 3000000000'), '6:26', 'spec.activeDeadlineSeconds: out of range (Pod p)', 'the number 3000000000', '1 to 2147483647'],
  [dep(`replicas: "3"\n  ${sel}\n  ${t}`), '5:13', 'spec.replicas: wrong type (Deployment d)', 'the text "3"', 'a whole number, without quotes'],
  [dep(`strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}\n  ${sel}\n  ${t}`), '5:59', 'spec.strategy.rollingUpdate.maxUnavailable: must not be 0 where maxSurge is 0, too (Deployment d)', '0', ''],
  [dep(`strategy: {rollingUpdate: {maxSurge: 25 percent}}\n  ${sel}\n  ${t}`), '5:40', 'spec.strategy.rollingUpdate.maxSurge: not a number of pods (Deployment d)', 'the text "25 percent"', 'a whole number such as 1, or a'],
  [dep(`strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}\n  ${sel}\n  ${t}`), '5:45', 'spec.strategy.rollingUpdate: strategy Recreate has no rollingUpdate (Deployment d)', '{"maxSurge":1}', 'type: RollingUpdate'],
  [dep(`${sel}\n  template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, containers: [{name: c}]}}`), '6:64', 'spec.template.spec.restartPolicy: not a restart policy for this kind (Deployment d)', 'Never', 'Always'],
  ['apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {containers: [{name: c}]}}}\n', '4:25', 'spec.template.spec.restartPolicy: not a restart policy for this kind (Job j)', 'nothing, which means Always', 'OnFailure, Never'],
  ['apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {completionMode: Indexed, template: {spec: {restartPolicy: Never, containers: [{name: c}]}}}\n', '4:7', 'spec.completions: an Indexed Job needs completions (Job j)', '', 'a whole number'],
  ['apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {schedule: "* * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c}]}}}}}\n', '4:18', 'spec.schedule: a schedule has five fields, this one 4 (CronJob j)', 'the text "* * * *"', 'five fields such as */5 * * * *'],
  ['apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {schedule: "61 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c}]}}}}}\n', '4:18', 'spec.schedule: 61 is not a minute (0-59) (CronJob j)', 'the text "61 * * * *"', 'five fields such as */5 * * * *'],
  ['apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {schedule: "@hourli", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c}]}}}}}\n', '4:18', 'spec.schedule: unknown schedule (CronJob j)', 'the text "@hourli"', 'five fields such as */5 * * * *'],
  ['apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 0}]}\n', '4:23', 'spec.ports[0].port: out of range (Service s)', 'the number 0', '1 to 65535'],
  ['apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 1}, {port: 2}]}\n', '4:16', 'spec.ports[0].name: each of several ports needs a name (Service s)', '', 'a name'],
  ['apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: LoadBalancr}\n', '4:14', 'spec.type: not one of the known values (Service s)', 'the text "LoadBalancr"', 'ClusterIP, NodePort, LoadBalancer', 'LoadBalancer'],
  ['apiVersion: v1\nkind: Service\nmetadata: {name: s.t}\nspec: {}\n', '3:18', 'metadata.name: not a valid name (Service s.t)', 'the text "s.t"', 'up to 63 lower-case letters, digits and'],
  ['apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: s}\nspec: {minAvailable: 1, maxUnavailable: 1}\n', '4:41', 'spec.maxUnavailable: minAvailable is given, too (PodDisruptionBudget s)', '1', 'one of minAvailable and maxUnavailable'],
  [pp('resourceClaims: [{name: g}]'), '6:20', 'spec.resourceClaims[0]: a claim comes from one place (Pod p)', 'neither', 'one of resourceClaimName and resourceClaimTemplateName'],
  [pod('resourceClaims: [{name: gpu, resourceClaimName: x}]\n  containers: [{name: c, resources: {claims: [{name: gpus}]}}]'), '6:54', 'spec.containers[0].resources.claims[0].name: no such claim of the pod (Pod p)', 'gpus', 'gpu', 'gpu'],
  [dra('ResourceClaim', 'devices: {requests: [{name: r}]}'), '4:29', 'spec.devices.requests[0]: a request asks in one way (ResourceClaim x)', 'neither', 'one of exactly and firstAvailable'],
  [dra('ResourceClaim', 'devices: {requests: [{name: r, exactly: {}}]}'), '4:48', 'spec.devices.requests[0].exactly.deviceClassName: this field is missing (ResourceClaim x)', '', 'text (in quotes where'],
  [dra('ResourceClaim', 'devices: {requests: [{name: r, exactly: {deviceClassName: g, count: 0}}]}'), '4:76', 'spec.devices.requests[0].exactly.count: out of range (ResourceClaim x)', 'the number 0', '1 or more'],
  [dra('ResourceClaim', 'devices: {requests: [{name: r, exactly: {deviceClassName: g, allocationMode: All, count: 2}}]}'), '4:97', 'spec.devices.requests[0].exactly.count: goes with allocationMode ExactCount only (ResourceClaim x)', '2', ''],
  [dra('ResourceClaim', 'devices: {requests: [{name: r, exactly: {deviceClassName: g, allocationMode: Some}}]}'), '4:85', 'spec.devices.requests[0].exactly.allocationMode: not one of the known values (ResourceClaim x)', 'the text "Some"', 'ExactCount, All'],
  [dra('ResourceClaim', 'devices: {requests: [{name: r, firstAvailable: [{name: a, deviceClassName: g}, {name: a, deviceClassName: g}]}]}'), '4:94', 'spec.devices.requests[0].firstAvailable[1].name: two entries have one name (ResourceClaim x)', 'a', 'names that differ'],
  [dra('ResourceClaim', 'devices: {requests: [{name: r, exactly: {deviceClassName: g}}], constraints: [{requests: [rr], matchAttribute: a/b}]}'), '4:98', 'spec.devices.constraints[0].requests[0]: no such request (ResourceClaim x)', 'rr', 'r'],
  [dra('ResourceClaim', 'devices: {requests: [{name: r, exactly: {deviceClassName: g}}], constraints: [{matchAttribute: numa}]}'), '4:103', 'spec.devices.constraints[0].matchAttribute: not the name of an attribute (ResourceClaim x)', 'the text "numa"', 'a domain, "/" and a name'],
  [dra('ResourceClaimTemplate', 'spec: {devices: {requests: [{name: r, exactly: {deviceClassName: g, selectors: [{cel: {expression: "device.drver == 1"}}]}}]}}'), '4:107', 'spec.spec.devices.requests[0].exactly.selectors[0].cel.expression: not a CEL expression on a device: no such key: drver (ResourceClaimTemplate x)', 'the text "device.drver == 1"', 'true or false, of device.driver'],
  [dra('DeviceClass', 'selectors: [{cel: {expression: device.driver}}]'), '4:39', 'spec.selectors[0].cel.expression: not a CEL expression on a device: must evaluate to bool, not string (DeviceClass x)', 'the text "device.driver"', 'true or false'],
  [dra('ResourceSlice', 'driver: d, pool: {name: n, resourceSliceCount: 1}'), '4:7', 'spec: a slice says in one way where its devices are (ResourceSlice x)', 'none', 'one of nodeName, nodeSelector and allNodes'],
  [dra('ResourceSlice', 'driver: D!, pool: {name: n, resourceSliceCount: 1}, allNodes: true'), '4:16', 'spec.driver: not the name of a driver (ResourceSlice x)', 'the text "D!"', 'a domain such as'],
  [dra('ResourceSlice', 'driver: d, pool: {name: n, resourceSliceCount: 0}, allNodes: true'), '4:55', 'spec.pool.resourceSliceCount: out of range (ResourceSlice x)', 'the number 0', '1 or more'],
  [dra('ResourceSlice', 'driver: d, pool: {name: n, resourceSliceCount: 1}, allNodes: true, devices: [{name: a, attributes: {m: {int: 1, string: x}}}]'), '4:111', 'spec.devices[0].attributes.m: an attribute has one value (ResourceSlice x)', 'int, string', 'one of int, bool, string, version'],
  [dra('ResourceSlice', 'driver: d, pool: {name: n, resourceSliceCount: 1}, allNodes: true, devices: [{name: a, attributes: {m: {version: "1.0"}}}]'), '4:121', 'spec.devices[0].attributes.m.version: not a semantic version (ResourceSlice x)', 'the text "1.0"', 'such as 1.2.3-rc.1'],
  ['apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: s}\nvalue: 2000000000\n', '4:8', 'value: out of range (PriorityClass s)', 'the number 2000000000', '-2147483648 to 1000000000'],
  ['apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: s}\n', '1:1', 'value: this field is missing (PriorityClass s)', '', 'a whole number, without quotes'],
  ['apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: p}\n    spec: {containers: [{name: C}]}\n', '7:32', 'items[0].spec.containers[0].name: not a valid name (Pod p)', 'the text "C"', 'up to 63 lower-case letters, digits and'],
  ['{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},\n "spec": {"containers": [{"name": "c", "imagee": "x"}]}}', '2:40', 'spec.containers[0].imagee: unknown field (Pod p)', 'imagee', 'args, command, env, envFrom, image', 'image'],
  [pod(c)+'---\n'+pod('hostNetwrok: true\n  '+c), '11:3', 'spec.hostNetwrok: unknown field (Pod p)', 'hostNetwrok', 'activeDeadlineSeconds, affinity', 'hostNetwork'],
  ['apiVersion: v1\nkind: Pod\nmetadata: {name: p\nspec: {}\n', '4:1', 'not valid YAML: Flow map in block collection must be sufficiently indented and end with a }', '', ''],
  ['apiVersion: v1\nkind: Pod\nmetadata: *nowhere\n', '3:12', 'not valid YAML: unidentified alias "nowhere"', '', ''],
  ['apiVersion: v1\nkind: Pod\nkind: Pod\n', '3:1', 'not valid YAML: Map keys must be unique', '', ''],
  ['apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {maxReplicas: 3}\n', '4:7', 'spec.scaleTargetRef: this field is missing (HorizontalPodAutoscaler h)', '', 'a mapping'],
  [pod(c,", annotations: {alibabacloud.com/gpu-count: one}"), '3:63', 'metadata.annotations["alibabacloud.com/gpu-count"]: not a number of GPUs (Pod p)', 'the text "one"', 'a whole number in quotes'],
];

function read(text: string): void {
  const reader = new ManifestReader({ ...PLAIN_READING, gpuFromAnnotations: true }, new SpecPool());
  reader.read(new YamlSource('m.yaml', text));
}

describe('a bad manifest is refused', () => {
  it.each(MANIFESTS.map(([text, ...refusal]) => ({ says: refusal[1], text, refusal })))('$says', ({ text, refusal }) =>
    expectRefusal(() => read(text), refusal),
  );
});

it('the largest number of 64 bits, and the smallest of 32, are taken where Kubernetes takes them', () => {
  const longest = '{operator: Exists, effect: NoExecute, tolerationSeconds: 9223372036854775807}';
  expect(() => read(pp(`tolerations: [${longest}]`))).not.toThrow();
  expect(() => read(pp('priority: -2147483648'))).not.toThrow();
});
