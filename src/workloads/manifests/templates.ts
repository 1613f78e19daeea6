import type { PodTemplateSpec } from '../../sim/api/core.ts';
import type { Draft } from '../../sim/api/meta.ts';
import type { DocumentPath } from '../input-error.ts';

/** Where a kind keeps its pod template. */
const TEMPLATES: Readonly<Record<string, DocumentPath>> = {
  Deployment: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

/** A copy in which what stands at the path is changed. */
function changeAt(object: unknown, path: DocumentPath, change: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change(object);
  const holder = object as Record<string | number, unknown> | undefined;
  if (holder?.[step] === undefined) return object;
  return Object.freeze({ ...holder, [step]: changeAt(holder[step], rest, change) });
}

/** The pod template of a workload kind changed, wherever the kind keeps it. */
export function changeTemplate(draft: Draft, change: (template: PodTemplateSpec) => PodTemplateSpec): Draft {
  const path = TEMPLATES[draft.kind];
  return path === undefined ? draft : (changeAt(draft, path, (value) => change(value as PodTemplateSpec)) as Draft);
}

/** The pod template of a workload kind. */
export function templateOf(draft: Draft): PodTemplateSpec | undefined {
  let value: unknown = draft;
  const path = TEMPLATES[draft.kind];
  if (path === undefined) return undefined;
  for (const step of path) value = (value as Record<string | number, unknown> | undefined)?.[step];
  return value as PodTemplateSpec | undefined;
}
