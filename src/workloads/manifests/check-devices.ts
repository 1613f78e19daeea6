import { alternativesOf } from '../../sim/devices/allocator.ts';
import { deviceSelector } from '../../sim/devices/device-selector.ts';
import { CelError } from '../../sim/cel/cel.ts';
import { CelSemver } from '../../sim/cel/library-semver.ts';
import type {
  Device,
  DeviceClass,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  ResourceClaimSpec,
  ResourceClaimTemplate,
  ResourceSlice,
} from '../../sim/api/resource.ts';
import { describeValue } from '../input-error.ts';
import type { DocumentPath } from '../input-error.ts';
import { unknownName } from '../nearest.ts';
import { checkLabelName } from './check-names.ts';
import { checkRange } from './check-pod-spec.ts';
import { checkNodeSelector } from './check-selectors.ts';
import { Misfit } from './misfit.ts';

/** What the server refuses of claims, classes and slices of devices. Source: pkg/apis/resource/validation (v1.34). */

const MOST_REQUESTS = 32;
const MOST_ALTERNATIVES = 8;
const MOST_DEVICES_OF_A_SLICE = 128;

const DOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,31}$/;
const IDENTIFIER_RULE = 'a name of up to 32 letters, digits and "_", with a domain and "/" before it if need be';

export function checkClaimSpec(spec: ResourceClaimSpec): void {
  checkClaim(spec, ['spec']);
}

export function checkClaimTemplate({ spec }: ResourceClaimTemplate['spec']): void {
  checkClaim(spec, ['spec', 'spec']);
}

export function checkDeviceClass({ selectors }: DeviceClass['spec']): void {
  checkSelectors(selectors, ['spec']);
}

function checkClaim({ devices }: ResourceClaimSpec, path: DocumentPath): void {
  const { requests = [], constraints = [] } = devices ?? {};
  const at = [...path, 'devices'];
  checkLength(requests, MOST_REQUESTS, [...at, 'requests']);
  for (const [index, request] of requests.entries()) checkRequest(request, [...at, 'requests', index]);
  checkDistinct(requests, [...at, 'requests']);
  const names = requests.flatMap((request) => [
    request.name,
    ...(request.firstAvailable ?? []).map(({ name }) => `${request.name}/${name}`),
  ]);
  for (const [index, one] of constraints.entries()) checkConstraint(one, names, [...at, 'constraints', index]);
}

function checkRequest(request: DeviceRequest, path: DocumentPath): void {
  checkLabelName(request.name, [...path, 'name']);
  const { exactly, firstAvailable } = request;
  if ((exactly === undefined) === ((firstAvailable?.length ?? 0) === 0)) {
    const found = exactly === undefined ? 'neither' : 'both';
    throw new Misfit(path, {
      message: 'a request asks in one way',
      found,
      allowed: 'one of exactly and firstAvailable',
    });
  }
  checkLength(firstAvailable ?? [], MOST_ALTERNATIVES, [...path, 'firstAvailable']);
  for (const [index, ask] of alternativesOf(request).entries()) {
    const at = exactly === undefined ? [...path, 'firstAvailable', index] : [...path, 'exactly'];
    if (ask.name !== undefined) checkLabelName(ask.name, [...at, 'name']);
    checkSelectors(ask.selectors, at);
    checkRange(ask.count, 1, Number.POSITIVE_INFINITY, [...at, 'count']);
    if (ask.allocationMode === 'All' && ask.count !== undefined) {
      const problem = { message: 'goes with allocationMode ExactCount only', found: String(ask.count) };
      throw new Misfit([...at, 'count'], problem);
    }
  }
  checkDistinct(firstAvailable ?? [], [...path, 'firstAvailable']);
}

function checkConstraint({ requests = [], matchAttribute }: DeviceConstraint, names: string[], at: DocumentPath): void {
  for (const [index, name] of requests.entries()) {
    if (!names.includes(name)) throw new Misfit([...at, 'requests', index], unknownName('request', name, names));
  }
  if (matchAttribute === undefined) {
    throw new Misfit(at, { message: 'a constraint says what has to match', allowed: 'matchAttribute: domain/name' });
  }
  checkQualified(matchAttribute, true, [...at, 'matchAttribute']);
}

export function checkSelectors(selectors: readonly DeviceSelector[] | undefined, path: DocumentPath): void {
  checkLength(selectors ?? [], MOST_REQUESTS, [...path, 'selectors']);
  for (const [index, { cel }] of (selectors ?? []).entries()) {
    const expression = cel?.expression ?? '';
    const selector = deviceSelector(expression);
    if (!(selector instanceof CelError)) continue;
    throw new Misfit([...path, 'selectors', index, 'cel', 'expression'], {
      message: `not a CEL expression on a device: ${selector.message}`,
      found: describeValue(expression),
      allowed: 'true or false, of device.driver, device.attributes["domain"].name, device.capacity["domain"].name',
    });
  }
}

export function checkResourceSlice(spec: ResourceSlice['spec']): void {
  const path = ['spec'];
  checkDriver(spec.driver, [...path, 'driver']);
  checkRange(spec.pool.generation, 0, Number.POSITIVE_INFINITY, [...path, 'pool', 'generation']);
  checkRange(spec.pool.resourceSliceCount, 1, Number.POSITIVE_INFINITY, [...path, 'pool', 'resourceSliceCount']);
  const places = (['nodeName', 'nodeSelector', 'allNodes'] as const).filter((field) => spec[field] !== undefined);
  if (spec.perDeviceNodeSelection !== undefined) {
    const allowed = 'nodeName, nodeSelector or allNodes of the whole slice';
    throw new Misfit([...path, 'perDeviceNodeSelection'], { message: 'is alpha in Kubernetes 1.34, and off', allowed });
  }
  if (places.length !== 1) {
    const found = places.length === 0 ? 'none' : places.join(', ');
    const allowed = 'one of nodeName, nodeSelector and allNodes';
    throw new Misfit(path, { message: 'a slice says in one way where its devices are', found, allowed });
  }
  checkNodeSelector(spec.nodeSelector, [...path, 'nodeSelector']);
  checkDevices(spec.devices, [...path, 'devices']);
}

/** The devices of a slice, or of each node of a group. */
export function checkDevices(devices: readonly Device[] | undefined, path: DocumentPath): void {
  checkLength(devices ?? [], MOST_DEVICES_OF_A_SLICE, path);
  for (const [index, device] of (devices ?? []).entries()) checkDevice(device, [...path, index]);
  checkDistinct(devices ?? [], path);
}

export function checkDriver(driver: string, path: DocumentPath): void {
  if (driver.length <= 63 && DOMAIN.test(driver)) return;
  const allowed = 'a domain such as gpu.example.com, of up to 63 letters';
  throw new Misfit(path, { message: 'not the name of a driver', found: describeValue(driver), allowed });
}

function checkDevice(device: Device, path: DocumentPath): void {
  checkLabelName(device.name, [...path, 'name']);
  for (const key of Object.keys(device.capacity ?? {})) checkQualified(key, false, [...path, 'capacity', key]);
  for (const [key, attribute] of Object.entries(device.attributes ?? {})) {
    const at = [...path, 'attributes', key];
    checkQualified(key, false, at);
    const types = Object.keys(attribute);
    if (types.length !== 1) {
      const found = types.length === 0 ? 'none' : types.join(', ');
      throw new Misfit(at, {
        message: 'an attribute has one value',
        found,
        allowed: 'one of int, bool, string, version',
      });
    }
    const { version } = attribute;
    if (version === undefined || CelSemver.parse(version) !== undefined) continue;
    const problem = { message: 'not a semantic version', found: describeValue(version), allowed: 'such as 1.2.3-rc.1' };
    throw new Misfit([...at, 'version'], problem);
  }
}

function checkQualified(name: string, withDomain: boolean, path: DocumentPath): void {
  const slash = name.indexOf('/');
  const good = IDENTIFIER.test(name.slice(slash + 1)) && (slash < 0 ? !withDomain : DOMAIN.test(name.slice(0, slash)));
  if (good) return;
  const allowed = withDomain ? 'a domain, "/" and a name, such as gpu.example.com/numa' : IDENTIFIER_RULE;
  throw new Misfit(path, { message: 'not the name of an attribute', found: describeValue(name), allowed });
}

function checkLength(list: readonly unknown[], most: number, path: DocumentPath): void {
  if (list.length <= most) return;
  throw new Misfit(path, { message: 'too many', found: `${list.length} entries`, allowed: `at most ${most}` });
}

function checkDistinct(list: readonly { readonly name: string }[], path: DocumentPath): void {
  const seen = new Set<string>();
  for (const [index, { name }] of list.entries()) {
    if (seen.has(name)) {
      throw new Misfit([...path, index, 'name'], {
        message: 'two entries have one name',
        found: name,
        allowed: 'names that differ',
      });
    }
    seen.add(name);
  }
}
