import type { PodSpec } from '../../sim/api/core.ts';
import type { StringMap } from '../../sim/api/meta.ts';
import { HEALTH_FORMS, parseHealth, parseTimeSpec, TIME_SPEC_FORMS } from '../../sim/behavior.ts';
import { BehaviorAnnotation, METRIC_ANNOTATION, PER_CONTAINER, PER_VOLUME } from '../../sim/behavior-annotations.ts';
import { DURATION_FORMS, parseDuration } from '../../sim/durations.ts';
import { GROWTH_FORMS, parseGrowth, parseUsageCurve, USAGE_FORMS } from '../../sim/usage-curve.ts';
import { describeValue } from '../input-error.ts';
import { nearest } from '../nearest.ts';
import { Misfit } from './misfit.ts';

const PREFIX = 'orrery.dev/';
/** Set by the loader itself, not by users. */
const OWN = ['orrery.dev/copy'];
const KNOWN: readonly string[] = Object.values(BehaviorAnnotation);

/** A demand is of all pods together, so there is no request for it to be a part of. */
const DEMAND_FORMS = 'an amount (2500m), steps "0s=2, 10m=8", or ramp(0s=2, 10m=8)';

const EXPECTATIONS: Readonly<Record<string, readonly [(text: string) => boolean, string]>> = {
  [BehaviorAnnotation.duration]: [
    (text) => parseTimeSpec(text) !== undefined,
    `${DURATION_FORMS}; or ${TIME_SPEC_FORMS}`,
  ],
  [BehaviorAnnotation.exitCode]: [(text) => /^\d+$/.test(text) && Number(text) <= 255, '0 to 255'],
  [BehaviorAnnotation.failureProbability]: [
    (text) => text.trim() !== '' && Number(text) >= 0 && Number(text) <= 1,
    '0 to 1',
  ],
  [BehaviorAnnotation.readyAfter]: [(text) => parseDuration(text) !== undefined, DURATION_FORMS],
  [BehaviorAnnotation.unready]: [(text) => parseHealth(text) !== undefined, HEALTH_FORMS],
  [BehaviorAnnotation.unhealthy]: [(text) => parseHealth(text) !== undefined, HEALTH_FORMS],
  [BehaviorAnnotation.probeTime]: [(text) => parseDuration(text) !== undefined, DURATION_FORMS],
  [BehaviorAnnotation.preStopTime]: [(text) => parseDuration(text) !== undefined, DURATION_FORMS],
  [BehaviorAnnotation.terminationTime]: [(text) => parseDuration(text) !== undefined, DURATION_FORMS],
  [BehaviorAnnotation.cpuUsage]: [(text) => parseUsageCurve(text) !== undefined, USAGE_FORMS],
  [BehaviorAnnotation.memoryUsage]: [(text) => parseUsageCurve(text) !== undefined, USAGE_FORMS],
  [BehaviorAnnotation.memoryGrowth]: [(text) => parseGrowth(text) !== undefined, GROWTH_FORMS],
  [BehaviorAnnotation.diskUsage]: [(text) => parseUsageCurve(text) !== undefined, USAGE_FORMS],
  [BehaviorAnnotation.diskGrowth]: [(text) => parseGrowth(text) !== undefined, GROWTH_FORMS],
  [BehaviorAnnotation.volumeUsage]: [(text) => parseUsageCurve(text)?.relative === false, DEMAND_FORMS],
  [BehaviorAnnotation.volumeGrowth]: [(text) => parseGrowth(text) !== undefined, GROWTH_FORMS],
  [BehaviorAnnotation.inodeUsage]: [(text) => parseUsageCurve(text)?.relative === false, DEMAND_FORMS],
  [BehaviorAnnotation.inodeGrowth]: [(text) => parseGrowth(text) !== undefined, GROWTH_FORMS],
  [BehaviorAnnotation.pidUsage]: [(text) => parseUsageCurve(text)?.relative === false, DEMAND_FORMS],
  [BehaviorAnnotation.cpuDemand]: [(text) => parseUsageCurve(text)?.relative === false, DEMAND_FORMS],
};

/** What a metric of the outside is, said on the autoscaler that asks for it. */
const METRIC: readonly [(text: string) => boolean, string] = [
  (text) => parseUsageCurve(text)?.relative === false,
  DEMAND_FORMS,
];

/** Names of a pod's containers, init containers among them. */
function containerNames({ initContainers = [], containers }: PodSpec): readonly string[] {
  return [...initContainers, ...containers].map(({ name }) => name);
}

/** Names of the volumes that live and end with the pod. */
function ownVolumeNames({ volumes = [] }: PodSpec): readonly string[] {
  return volumes.flatMap(({ name, emptyDir }) => (emptyDir === undefined ? [] : [name]));
}

/**
 * The annotations that say how a simulated pod behaves: known names, values that mean something, and containers that the
 * pod has.
 */
export function checkBehavior(annotations: StringMap | undefined, spec?: PodSpec): void {
  for (const [name, value] of Object.entries(annotations ?? {})) {
    if (!name.startsWith(PREFIX) || OWN.includes(name)) continue;
    const path = ['metadata', 'annotations', name];
    const expectation = name.startsWith(METRIC_ANNOTATION) ? METRIC : EXPECTATIONS[annotationOf(name)];
    if (expectation === undefined) {
      const meant = nearest(name, KNOWN);
      const problem = { message: 'unknown annotation', found: name, allowed: KNOWN.join(', ') };
      throw new Misfit(path, meant === undefined ? problem : { ...problem, nearest: meant }, 'key');
    }
    const part = name.slice(annotationOf(name).length + 1);
    const ofVolume = PER_VOLUME.includes(annotationOf(name));
    if ((part !== '' || ofVolume) && spec !== undefined && !name.startsWith(METRIC_ANNOTATION)) {
      const known = ofVolume ? ownVolumeNames(spec) : containerNames(spec);
      const meant = nearest(part, known);
      const message = `the pod has no such ${ofVolume ? 'emptyDir' : 'container'}`;
      const problem = { message, found: part, allowed: known.join(', ') };
      if (!known.includes(part))
        throw new Misfit(path, meant === undefined ? problem : { ...problem, nearest: meant }, 'key');
    }
    const [isGood, allowed] = expectation;
    if (!isGood(value))
      throw new Misfit(path, { message: 'not a value of this annotation', found: describeValue(value), allowed });
  }
}

/** The annotation itself, where the name of a container or volume stands behind it. */
function annotationOf(name: string): string {
  return [...PER_CONTAINER, ...PER_VOLUME].find((known) => name.startsWith(`${known}.`)) ?? name;
}
