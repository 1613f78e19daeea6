import type { PodSpec } from '../../sim/api/core.ts';
import type { Draft, StringMap } from '../../sim/api/meta.ts';
import { BehaviorAnnotation } from '../../sim/behavior-annotations.ts';
import { printDuration } from '../../sim/durations.ts';
import { deepFreeze } from '../manifests/field-reader.ts';
import type { SpecPool } from '../manifests/spec-pool.ts';

/** A recorded pod, in the trace's own time (seconds). */
export interface TracePod {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly arrival: number;
  /** How long it runs; for ever where undefined. */
  readonly lifetime: number | undefined;
  /** Whether it ended with an error. */
  readonly failed: boolean;
  /** Resource to quantity. */
  readonly requests: StringMap;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  /** GPU models it accepts; any where empty. */
  readonly models: readonly string[];
  /** The label the models are told by. */
  readonly modelLabel: string;
}

const IMAGE = 'registry.example/trace:1';

function specOf(pod: TracePod): PodSpec {
  const requests = pod.requests;
  const term = { matchExpressions: [{ key: pod.modelLabel, operator: 'In' as const, values: pod.models }] };
  return deepFreeze({
    restartPolicy: 'Never',
    containers: [
      { name: 'main', image: IMAGE, imagePullPolicy: 'IfNotPresent', resources: { requests, limits: requests } },
    ],
    ...(pod.models.length === 0
      ? {}
      : {
          affinity: {
            nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
          },
        }),
  });
}

/** How a recorded pod is played. */
export interface Replay {
  readonly namespace: string;
  readonly speedup: number;
  readonly lifetimes: boolean;
}

/** The Pod object of a recorded pod. Pods that ask for the same share one spec. */
export function podOf(pod: TracePod, replay: Replay, pool: SpecPool): Draft {
  const annotations: Record<string, string> = { ...pod.annotations };
  if (replay.lifetimes && pod.lifetime !== undefined) {
    annotations[BehaviorAnnotation.duration] = printDuration(pod.lifetime / replay.speedup);
    if (pod.failed) annotations[BehaviorAnnotation.exitCode] = '1';
  }
  const spec = pool.spec({ requests: pod.requests, models: pod.models }, () => specOf(pod));
  const labels = pool.map(pod.labels);
  const metadata = {
    name: pod.name,
    namespace: pod.namespace ?? replay.namespace,
    ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const object: object = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  return object as Draft;
}
