import type { Service } from '../sim/api/core.ts';
import type { Draft } from '../sim/api/meta.ts';
import { parseTimestamp } from '../sim/api/timestamps.ts';
import type { TimeSpec } from '../sim/behavior.ts';
import { SECOND, seconds } from '../sim/kernel/time.ts';
import type { Micros } from '../sim/kernel/time.ts';
import type { ClientsSpec, LoadSpec, RateStep, TrafficSpec } from '../sim/traffic/traffic-spec.ts';
import { parseUsageCurve, usageAt } from '../sim/usage-curve.ts';
import type { WorkloadPlan } from './arrivals/workload-plan.ts';
import type { DocumentPath } from './input-error.ts';
import { unknownName } from './nearest.ts';
import type { LoadedNode } from './nodes/loaded-node.ts';
import type { TrafficDocument } from './scenario-schema.ts';
import type { Scenario } from './scenario.ts';
import type { Distribution } from './schema/distribution.ts';
import type { RateDocument } from './schema/traffic.ts';

/** Steps that a sloping line of a rate becomes, and the shortest of them. */
const STEPS = 60;
const SHORTEST_STEP = SECOND;

/** Steps of a day's wave. */
const DAILY_STEP = 300 * SECOND;
const DAY = 86_400 * SECOND;

/** Requests that a run can send one by one: some minutes of real time. */
const MOST_SAMPLED = 1e8;

/** Types of Services that are reached from outside. */
const ENTERED = ['LoadBalancer', 'NodePort'];

/** The traffic of a scenario, to Services that its workloads make. Throws InputError. */
export function loadTraffic(
  scenario: Scenario,
  nodes: readonly LoadedNode[],
  workloads: readonly WorkloadPlan[],
): readonly TrafficSpec[] {
  if (scenario.traffic.length === 0) return [];
  const services = servicesOf(workloads);
  const zones = [...new Set(nodes.flatMap(({ zone }) => (zone === undefined ? [] : [zone])))];
  return scenario.traffic.flatMap((traffic, index) => {
    const path: DocumentPath = ['traffic', index];
    checkNeighbours(scenario, index);
    const { zone } = traffic.from.nodes ?? {};
    if (zone !== undefined && !zones.includes(zone)) {
      throw scenario.source.error([...path, 'from', 'nodes', 'zone'], unknownName('zone', zone, zones));
    }
    const at = seconds(traffic.at);
    const until = Math.min(seconds(scenario.duration), at + seconds(traffic.for ?? scenario.duration));
    const load = loadOf(traffic, scenario, at, until);
    checkNumber(scenario, traffic, load, until, path);
    const { mode, concurrency, queue, objective } = traffic;
    const common = {
      from: clientsOf(traffic.from),
      mode,
      load,
      serviceTime: timeOf(traffic.serviceTime),
      cpuTime: seconds(traffic.cpuTime ?? 0),
      concurrency,
      queue,
      timeout: seconds(traffic.timeout),
      objective,
      at,
      until,
    };
    return suffixesOf(traffic).map((suffix): TrafficSpec => {
      const service = traffic.service + suffix;
      if (services?.has(service) === false) {
        const problem = unknownName('Service in the workloads', service, [...services.keys()]);
        throw scenario.source.error([...path, 'service'], problem);
      }
      const type = services?.get(service);
      if (traffic.from.outside === true && type !== undefined && !ENTERED.includes(type)) {
        throw scenario.source.error([...path, 'from', 'outside'], {
          message: `the Service ${service} cannot be reached from outside`,
          found: `type: ${type}`,
          allowed: ENTERED.join(' or '),
        });
      }
      return { name: traffic.name + suffix, service, ...common };
    });
  });
}

/** What comes behind the names of each copy. */
function suffixesOf({ copies }: TrafficDocument): readonly string[] {
  return copies === undefined ? [''] : Array.from({ length: copies }, (_, copy) => `-${copy + 1}`);
}

/** Types of all Services that workloads apply, by key; undefined where some are made as the run goes. */
function servicesOf(workloads: readonly WorkloadPlan[]): ReadonlyMap<string, string> | undefined {
  const types = new Map<string, string>();
  for (const { objects, counts } of workloads) {
    if (objects === undefined) {
      if (counts['Service'] !== 0 && 'Service' in counts) return undefined;
      continue;
    }
    for (const object of objects()) {
      if (object.kind !== 'Service') continue;
      const { metadata, spec } = object as Draft<Service>;
      types.set(`${metadata.namespace ?? 'default'}/${metadata.name ?? ''}`, spec.type ?? 'ClusterIP');
    }
  }
  return types;
}

/** Traffics to one Service share its pods, so they have to agree on how those work. */
function checkNeighbours(scenario: Scenario, index: number): void {
  const traffic = scenario.traffic[index] as TrafficDocument;
  for (const other of scenario.traffic.slice(0, index)) {
    if (other.service !== traffic.service) continue;
    for (const field of ['mode', 'concurrency', 'queue'] as const) {
      if (other[field] === traffic[field]) continue;
      throw scenario.source.error(['traffic', index, field], {
        message: `traffic "${other.name}" to the same Service has another ${field}`,
        found: String(traffic[field]),
        allowed: String(other[field]),
      });
    }
  }
}

function checkNumber(
  scenario: Scenario,
  { mode }: TrafficDocument,
  load: LoadSpec,
  until: Micros,
  path: DocumentPath,
): void {
  if (mode !== 'sampled' || load.kind !== 'open') return;
  let requests = 0;
  for (const [i, { at, perSecond }] of load.steps.entries()) {
    requests += (perSecond * (Math.min(until, load.steps[i + 1]?.at ?? until) - at)) / SECOND;
  }
  if (requests <= MOST_SAMPLED) return;
  throw scenario.source.error([...path, 'requestsPerSecond'], {
    message: 'too many requests to be sampled one by one',
    found: `${Math.round(requests)} in the run`,
    allowed: `at most ${MOST_SAMPLED}`,
    hint: 'mode: fluid takes any number.',
  });
}

function clientsOf({ pods, nodes, outside }: TrafficDocument['from']): ClientsSpec {
  if (outside === true) return { kind: 'external' };
  if (pods !== undefined) return { kind: 'pods', namespace: pods.namespace, selector: pods.selector as object };
  return { kind: 'nodes', zone: nodes?.zone, selector: (nodes?.selector ?? {}) as object };
}

function loadOf(traffic: TrafficDocument, scenario: Scenario, at: Micros, until: Micros): LoadSpec {
  const { requestsPerSecond, users, thinkTime, perClient } = traffic;
  if (users !== undefined) return { kind: 'closed', users, thinkTime: timeOf(thinkTime as Distribution) };
  return { kind: 'open', steps: stepsOf(requestsPerSecond as RateDocument, scenario, at, until), perClient };
}

/** A rate as steps from the beginning of its traffic on: slopes become stairs through their middles. */
function stepsOf(rate: RateDocument, scenario: Scenario, from: Micros, until: Micros): readonly RateStep[] {
  if (rate.kind === 'constant') return [{ at: from, perSecond: rate.perSecond }];
  if (rate.kind === 'daily') {
    const midnight = SECOND * ((parseTimestamp(scenario.startTime) ?? 0) % 86_400);
    const wave = (time: Micros): number => {
      const phase = (2 * Math.PI * (midnight + time - seconds(rate.peak))) / DAY;
      return (rate.low + rate.high + (rate.high - rate.low) * Math.cos(phase)) / 2;
    };
    return stairs(from, until, DAILY_STEP, wave);
  }
  const curve = parseUsageCurve(rate.text);
  if (curve === undefined) throw new RangeError(`not a rate: ${rate.text}`);
  const rateAt = (time: Micros): number => usageAt(curve, time) / 1000;
  const corners = [from, ...curve.points.map((point) => point.at).filter((at) => at > from && at < until), until];
  return corners.slice(0, -1).flatMap((corner, i) => {
    const next = corners[i + 1] as Micros;
    if (!curve.linear || rateAt(corner) === rateAt(next)) return [{ at: corner, perSecond: rateAt(corner) }];
    return stairs(corner, next, Math.max(SHORTEST_STEP, Math.ceil((next - corner) / STEPS)), rateAt);
  });
}

function stairs(from: Micros, until: Micros, step: Micros, rateAt: (time: Micros) => number): RateStep[] {
  const steps: RateStep[] = [];
  for (let at = from; at < until; at += step) {
    steps.push({ at, perSecond: rateAt((at + Math.min(until, at + step)) / 2) });
  }
  return steps;
}

function timeOf(given: Distribution): TimeSpec {
  switch (given.kind) {
    case 'constant':
      return { kind: 'fixed', seconds: given.value };
    case 'uniform':
    case 'exponential':
    case 'lognormal':
      return given;
    default:
      throw new RangeError(`a time of requests by ${given.kind}`);
  }
}
