import type { PodSpec } from '../../sim/api/core.ts';
import type { Draft, StringMap } from '../../sim/api/meta.ts';
import { BehaviorAnnotation } from '../../sim/behavior-annotations.ts';
import { printDuration } from '../../sim/durations.ts';
import { deepFreeze } from '../manifests/field-reader.ts';
import type { SpecPool } from '../manifests/spec-pool.ts';
import type { GeneratorSpec } from '../scenario-schema.ts';
import type { PodDraw } from './pod-draw.ts';

/** The label by which the pods of one generated Deployment are selected. */
const OWN_LABEL = 'orrery.dev/generated';

const KINDS = {
  pod: { apiVersion: 'v1', kind: 'Pod' },
  job: { apiVersion: 'batch/v1', kind: 'Job' },
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment' },
} as const;

/** The kind of what a generator makes. */
export function kindOf(generator: GeneratorSpec): string {
  return KINDS[generator.as].kind;
}

function specOf(generator: GeneratorSpec, requests: PodDraw['requests']): PodSpec {
  // Extended resources are requested by their limit.
  const limits = Object.fromEntries(Object.entries(requests).filter(([resource]) => resource.includes('/')));
  const resources = Object.keys(limits).length === 0 ? { requests } : { requests, limits };
  const policy = generator.as === 'deployment' ? {} : { restartPolicy: 'Never' as const };
  const own = generator.podSpec as Partial<PodSpec>;
  return deepFreeze({ ...policy, ...own, containers: [{ name: 'main', image: generator.image, resources }] });
}

function behaviorOf(generator: GeneratorSpec, draw: PodDraw): Record<string, string> {
  const annotations: Record<string, string> = {};
  // A Deployment's lifetime ends with its deletion, not with its containers' exit.
  if (generator.as === 'deployment') return annotations;
  if (draw.lifetime !== undefined) annotations[BehaviorAnnotation.duration] = printDuration(draw.lifetime);
  if (draw.failureProbability > 0) {
    annotations[BehaviorAnnotation.failureProbability] = String(draw.failureProbability);
  }
  return annotations;
}

/** The object of one arrival. Pods that ask for the same share one spec. */
export function generatedObject(
  generator: GeneratorSpec,
  workload: string,
  ordinal: number,
  draw: PodDraw,
  replicas: number,
  pool: SpecPool,
): Draft {
  const name = `${workload}-${ordinal}`;
  const key = { generator: workload, requests: draw.requests };
  const spec = pool.spec(key, () => specOf(generator, draw.requests));
  const { namespace } = generator;
  const annotations = { ...draw.annotations, ...behaviorOf(generator, draw), ...generator.annotations };
  const own: StringMap = generator.as === 'deployment' ? { [OWN_LABEL]: name } : {};
  const labels: StringMap = { ...generator.labels, ...own };
  const maps = {
    ...(Object.keys(labels).length === 0 ? {} : { labels: pool.map(labels) ?? labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const head = KINDS[generator.as];
  if (generator.as === 'pod') {
    const pod: object = { ...head, metadata: { name, namespace, ...maps }, spec };
    return pod as Draft;
  }
  const template = { metadata: maps, spec };
  const parts =
    generator.as === 'job'
      ? { completions: replicas, parallelism: replicas, template }
      : { replicas, selector: { matchLabels: own }, template };
  const object: object = { ...head, metadata: { name, namespace, labels: generator.labels }, spec: parts };
  return object as Draft;
}
