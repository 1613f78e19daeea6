/**
 * Writes src/workloads/manifests/fields.ts: every field of every kind the simulator serves, from the declarations of the
 * kubernetes-types package (Kubernetes 1.30), with the fields that came since (to 1.34) listed here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { KINDS } from '../../src/sim/api/kinds.ts';

const PACKAGE = new URL('../../node_modules/kubernetes-types/', import.meta.url);

/** Fields newer than the package, by type: name, then code as in the table. */
const NEWER: Readonly<Record<string, readonly string[]>> = {
  // 1.31
  ContainerResourceClaim: ['request:string'],
  Volume: ['image:ImageVolumeSource'],
  // 1.32
  PodSpec: ['resources:ResourceRequirements', 'hostnameOverride:string'],
  // 1.33, 1.34
  Lifecycle: ['stopSignal:string'],
  Container: ['restartPolicyRules:any[]'],
  EphemeralContainer: ['restartPolicyRules:any[]'],
  EnvVarSource: ['fileKeyRef:any'],
  PodCondition: ['observedGeneration:int'],
  PodStatus: ['observedGeneration:int', 'extendedResourceClaimStatus:any', 'resize:string'],
  ContainerStatus: ['stopSignal:string', 'allocatedResourcesStatus:any[]', 'user:any'],
  DeploymentStatus: ['terminatingReplicas:int'],
  ReplicaSetStatus: ['terminatingReplicas:int'],
  NodeStatus: ['features:any', 'declaredFeatures:string[]'],
  NodeSystemInfo: ['swap:any'],
  HPAScalingRules: ['tolerance:quantity'],
  EndpointHints: ['forNodes:any[]'],
  ImageVolumeSource: ['reference:string', 'pullPolicy:string'],
};

/** Types that are other ones since the package, or that are not in it. Source: k8s.io/api/resource/v1 and core/v1. */
const OTHERWISE: Readonly<Record<string, string>> = {
  PodResourceClaim: 'name!:string resourceClaimName:string resourceClaimTemplateName:string',
  ResourceClaim: 'apiVersion:string kind:string metadata:ObjectMeta spec!:ResourceClaimSpec status:ResourceClaimStatus',
  ResourceClaimSpec: 'devices:DeviceClaim',
  DeviceClaim: 'requests:DeviceRequest[] constraints:DeviceConstraint[] config:DeviceClaimConfiguration[]',
  DeviceRequest: 'name!:string exactly:ExactDeviceRequest firstAvailable:DeviceSubRequest[]',
  ExactDeviceRequest:
    'deviceClassName!:string selectors:DeviceSelector[] allocationMode:string count:int adminAccess:bool tolerations:any[] capacity:any',
  DeviceSubRequest:
    'name!:string deviceClassName!:string selectors:DeviceSelector[] allocationMode:string count:int tolerations:any[] capacity:any',
  DeviceSelector: 'cel!:CELDeviceSelector',
  CELDeviceSelector: 'expression!:string',
  DeviceConstraint: 'requests:string[] matchAttribute:string distinctAttribute:string',
  DeviceClaimConfiguration: 'requests:string[] opaque:OpaqueDeviceConfiguration',
  OpaqueDeviceConfiguration: 'driver!:string parameters!:any',
  ResourceClaimStatus: 'allocation:any reservedFor:any[] devices:any[]',
  ResourceClaimTemplate: 'apiVersion:string kind:string metadata:ObjectMeta spec!:ResourceClaimTemplateSpec',
  ResourceClaimTemplateSpec: 'metadata:ObjectMeta spec!:ResourceClaimSpec',
  DeviceClass: 'apiVersion:string kind:string metadata:ObjectMeta spec!:DeviceClassSpec',
  DeviceClassSpec: 'selectors:DeviceSelector[] config:DeviceClassConfiguration[] extendedResourceName:string',
  DeviceClassConfiguration: 'opaque:OpaqueDeviceConfiguration',
  ResourceSlice: 'apiVersion:string kind:string metadata:ObjectMeta spec!:ResourceSliceSpec',
  ResourceSliceSpec:
    'driver!:string pool!:ResourcePool nodeName:string nodeSelector:NodeSelector allNodes:bool devices:Device[] perDeviceNodeSelection:bool sharedCounters:any[]',
  ResourcePool: 'name!:string generation:int resourceSliceCount!:int',
  Device:
    'name!:string attributes:{DeviceAttribute} capacity:{DeviceCapacity} consumesCounters:any[] nodeName:string nodeSelector:NodeSelector allNodes:bool taints:any[] bindsToNode:bool bindingConditions:string[] bindingFailureConditions:string[] allowMultipleAllocations:bool',
  DeviceAttribute: 'int:int bool:bool string:string version:string',
  DeviceCapacity: 'value!:quantity requestPolicy:any',
};

/** What has its name from another type, here: a container's claims share theirs with a kind. */
const RENAMED: Readonly<Record<string, string>> = {
  'core/v1 ResourceClaim': 'ContainerResourceClaim',
  'core/v1 EndpointPort': 'EndpointsPort',
};

type Shape = readonly (readonly [name: string, required: boolean, type: string])[];

const modules = new Map<string, { readonly shapes: Map<string, Shape>; readonly imports: Map<string, string> }>();

function fieldsOf(body: string): Shape {
  const fields: [string, boolean, string][] = [];
  const flat = body.replace(/\{\s*\[name: string\]: ([^;]+);\s*\}/g, 'Map<$1>');
  for (const match of flat.matchAll(/^\s*(?:readonly )?"?([\w$]+)"?(\?)?: ([^;]+);$/gm)) {
    const [, name = '', optional, type = ''] = match;
    fields.push([name, optional === undefined, type.trim()]);
  }
  return fields;
}

function moduleAt(path: string): { readonly shapes: Map<string, Shape>; readonly imports: Map<string, string> } {
  const known = modules.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`${path}.d.ts`, PACKAGE), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const imports = new Map<string, string>();
  for (const [, names = '', from = ''] of text.matchAll(/^import \{ (.+?) \} from "(.+?)";$/gm)) {
    const target = new URL(from, new URL(`${path}.d.ts`, 'http://x/')).pathname.slice(1);
    for (const name of names.split(', ')) imports.set(name, target);
  }
  const shapes = new Map<string, Shape>();
  for (const [, name = '', body = ''] of text.matchAll(/^export interface (\w+) \{\n([\s\S]*?)^\}/gm)) {
    shapes.set(name, fieldsOf(body));
  }
  const made = { shapes, imports };
  modules.set(path, made);
  return made;
}

const table = new Map<string, readonly string[]>();
const origin = new Map<string, string>();

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'int',
  boolean: 'bool',
  'number | string': 'intOrString',
  Quantity: 'quantity',
  Time: 'time',
  MicroTime: 'time',
  any: 'any',
  RawExtension: 'any',
  FieldsV1: 'any',
};

function codeOf(type: string, path: string): string {
  const scalar = SCALARS[type];
  if (scalar !== undefined) return scalar;
  const list = /^(?:Array<(.+)>|(.+)\[\])$/.exec(type);
  if (list !== null) return `${codeOf(list[1] ?? list[2] ?? '', path)}[]`;
  const map = /^Map<(.+)>$/.exec(type);
  if (map !== null) return `{${codeOf(map[1] ?? '', path)}}`;
  if (/^".*"$/.test(type)) return 'string';
  return addType(type, moduleAt(path).imports.get(type) ?? path);
}

/** Puts a type and all that it needs into the table; returns the name it has there. */
function addType(given: string, path: string): string {
  const name = RENAMED[`${path} ${given}`] ?? given;
  if (name in OTHERWISE) return name;
  const at = origin.get(name);
  if (at !== undefined && at !== path) throw new Error(`${name} is in ${at} and in ${path}`);
  if (at !== undefined) return name;
  origin.set(name, path);
  const shape = moduleAt(path).shapes.get(given);
  if (shape === undefined) throw new Error(`no ${name} in ${path}`);
  const own = shape.map(([field, required, type]) => `${field}${required ? '!' : ''}:${codeOf(type, path)}`);
  const newer = (NEWER[name] ?? []).filter((field) => !own.some((text) => text.startsWith(`${field.split(':')[0]}:`)));
  table.set(name, [...own, ...newer]);
  return name;
}

for (const [name, fields] of Object.entries(OTHERWISE)) table.set(name, fields.split(' '));
for (const { kind, apiVersion } of KINDS) {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  addType(kind, `${group?.split('.')[0]}/${version}`);
}
table.set('ImageVolumeSource', NEWER['ImageVolumeSource'] ?? []);

const rows = [...table]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, fields]) => `  ${name}: '${fields.join(' ')}',`);

writeFileSync(
  new URL('../../src/workloads/manifests/fields.ts', import.meta.url),
  `/**
 * Every field of every kind the simulator serves: \`name:type\`, with ! where it is required. Types: string, int, bool,
 * intOrString, quantity, time, any; another type's name; [] a list; {} a mapping of names to that.
 * Made by scripts/generate/manifest-fields.ts from the kubernetes-types package; do not edit.
 */
// prettier-ignore
export const FIELDS: Readonly<Record<string, string>> = {
${rows.join('\n')}
};
`,
);
