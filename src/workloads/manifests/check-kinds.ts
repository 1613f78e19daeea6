import type { PodTemplateSpec, Service } from '../../sim/api/core.ts';
import type { Draft, IntOrString, LabelSelector } from '../../sim/api/meta.ts';
import { matchesSelector } from '../../sim/api/selectors.ts';
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  JobSpec,
  PodDisruptionBudget,
  ReplicaSet,
  StatefulSet,
} from '../../sim/api/workloads.ts';
import type { PersistentVolumeClaimSpec, StorageClass } from '../../sim/api/storage.ts';
import { describeValue, printValue } from '../input-error.ts';
import type { DocumentPath } from '../input-error.ts';
import { checkBehavior } from './check-behavior.ts';
import { checkClaimSpec, checkClaimTemplate, checkDeviceClass, checkResourceSlice } from './check-devices.ts';
import { checkFlowSchema, checkPriorityLevel } from './check-flow-control.ts';
import { checkMaps } from './check-names.ts';
import { checkPodSpec, checkRange } from './check-pod-spec.ts';
import { checkLabelSelector } from './check-selectors.ts';
import { checkStorageClass, checkVolume, checkVolumeClaim } from './check-storage.ts';
import { Misfit, within } from './misfit.ts';

/** What the server refuses in a kind's spec beyond the types of its fields. */

const MANY = Number.POSITIVE_INFINITY;

function checkCounts<T extends object>(spec: T, fields: readonly (keyof T & string)[], path: DocumentPath): void {
  for (const field of fields) checkRange(spec[field] as number | undefined, 0, MANY, [...path, field]);
}

/** A whole number of pods or a percentage. */
function checkAmount(amount: IntOrString | undefined, path: DocumentPath): void {
  if (amount === undefined) return;
  const good = typeof amount === 'number' ? amount >= 0 : /^\d+%$/.test(amount);
  if (!good)
    throw new Misfit(path, {
      message: 'not a number of pods',
      found: describeValue(amount),
      allowed: 'a whole number such as 1, or a percentage such as 25%',
    });
}

function isZero(amount: IntOrString | undefined): boolean {
  return amount === 0 || amount === '0%';
}

type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

function checkTemplate(template: PodTemplateSpec, path: DocumentPath, policies: readonly RestartPolicy[]): void {
  within(path, () => {
    checkMaps(template.metadata);
    checkBehavior(template.metadata?.annotations, template.spec);
    within(['spec'], () => {
      const policy = template.spec.restartPolicy ?? 'Always';
      if (!policies.includes(policy)) {
        const found = template.spec.restartPolicy ?? 'nothing, which means Always';
        throw new Misfit(['restartPolicy'], {
          message: 'not a restart policy for this kind',
          found,
          allowed: policies.join(', '),
        });
      }
      checkPodSpec(template.spec);
    });
  });
}

/** A controller must select the pods it makes. */
function checkOwnSelector(selector: LabelSelector, template: PodTemplateSpec): void {
  checkLabelSelector(selector, ['spec', 'selector']);
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0) {
    throw new Misfit(['spec', 'selector'], {
      message: 'an empty selector',
      found: '{}',
      allowed: 'labels of the template',
    });
  }
  if (matchesSelector(selector, template.metadata?.labels)) return;
  throw new Misfit(['spec', 'selector'], {
    message: "the selector does not match the template's labels",
    found: printValue(selector.matchLabels ?? selector.matchExpressions),
    allowed: `labels of spec.template.metadata: ${printValue(template.metadata?.labels ?? {})}`,
  });
}

function checkDeployment(spec: Deployment['spec']): void {
  checkCounts(spec, ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'], ['spec']);
  checkTemplate(spec.template, ['spec', 'template'], ['Always']);
  checkOwnSelector(spec.selector, spec.template);
  const path = ['spec', 'strategy', 'rollingUpdate'];
  const { rollingUpdate, type } = spec.strategy ?? {};
  if (rollingUpdate === undefined) return;
  if (type === 'Recreate') {
    throw new Misfit(path, {
      message: 'strategy Recreate has no rollingUpdate',
      found: printValue(rollingUpdate),
      allowed: 'type: RollingUpdate',
    });
  }
  checkAmount(rollingUpdate.maxSurge, [...path, 'maxSurge']);
  checkAmount(rollingUpdate.maxUnavailable, [...path, 'maxUnavailable']);
  if (isZero(rollingUpdate.maxSurge) && isZero(rollingUpdate.maxUnavailable)) {
    throw new Misfit([...path, 'maxUnavailable'], {
      message: 'must not be 0 where maxSurge is 0, too',
      found: printValue(rollingUpdate.maxUnavailable),
    });
  }
}

function checkDaemonSet(spec: DaemonSet['spec']): void {
  checkCounts(spec, ['minReadySeconds', 'revisionHistoryLimit'], ['spec']);
  checkTemplate(spec.template, ['spec', 'template'], ['Always']);
  checkOwnSelector(spec.selector, spec.template);
  const path = ['spec', 'updateStrategy', 'rollingUpdate'];
  checkAmount(spec.updateStrategy?.rollingUpdate?.maxSurge, [...path, 'maxSurge']);
  checkAmount(spec.updateStrategy?.rollingUpdate?.maxUnavailable, [...path, 'maxUnavailable']);
}

function checkReplicated(spec: StatefulSet['spec']): void {
  checkCounts(spec, ['replicas', 'minReadySeconds', 'revisionHistoryLimit'], ['spec']);
  checkTemplate(spec.template, ['spec', 'template'], ['Always']);
  checkOwnSelector(spec.selector, spec.template);
}

function checkStatefulSet(spec: StatefulSet['spec']): void {
  checkReplicated(spec);
  for (const [i, template] of (spec.volumeClaimTemplates ?? []).entries()) {
    const { spec: claim = {} } = template as { readonly spec?: PersistentVolumeClaimSpec };
    checkVolumeClaim(claim, ['spec', 'volumeClaimTemplates', i, 'spec']);
  }
}

/** Its selector is a plain mapping, and may be absent. */
function checkReplicationController(spec: ReplicaSet['spec']): void {
  checkCounts(spec, ['replicas', 'minReadySeconds'], ['spec']);
  checkTemplate(spec.template, ['spec', 'template'], ['Always']);
}

function checkJob(spec: JobSpec, path: DocumentPath): void {
  checkCounts(
    spec,
    ['parallelism', 'completions', 'backoffLimit', 'ttlSecondsAfterFinished', 'activeDeadlineSeconds'],
    path,
  );
  checkTemplate(spec.template, [...path, 'template'], ['OnFailure', 'Never']);
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
    throw new Misfit([...path, 'completions'], {
      message: 'an Indexed Job needs completions',
      allowed: 'a whole number',
    });
  }
  if (spec.selector !== undefined && spec.manualSelector !== true) {
    throw new Misfit([...path, 'selector'], {
      message: "a Job's selector is made by the server",
      found: printValue(spec.selector),
      allowed: 'none, or manualSelector: true',
    });
  }
}

const MACROS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const CRON_FIELD = /^(\*|\?|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/\d+)?(,(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/\d+)?)*$/;
const CRON_BOUNDS = [
  ['minute', 0, 59],
  ['hour', 0, 23],
  ['day of the month', 1, 31],
  ['month', 1, 12],
  ['day of the week', 0, 6],
] as const;

/** The shape of a schedule and the bounds of its numbers; the CronJob controller reads the rest. */
function checkSchedule(schedule: string): void {
  const path = ['spec', 'schedule'];
  const allowed = `five fields such as */5 * * * * (minute, hour, day, month, weekday), or ${MACROS.join(', ')}`;
  const refuse = (message: string): Misfit => new Misfit(path, { message, found: describeValue(schedule), allowed });
  if (schedule.startsWith('@')) {
    if (MACROS.includes(schedule) || /^@every \S+$/.test(schedule)) return;
    throw refuse('unknown schedule');
  }
  const fields = schedule
    .replace(/^(TZ|CRON_TZ)=\S+\s+/, '')
    .trim()
    .split(/\s+/);
  if (fields.length !== 5) throw refuse(`a schedule has five fields, this one ${fields.length}`);
  for (const [index, field] of fields.entries()) {
    const [name, low, high] = CRON_BOUNDS[index] ?? CRON_BOUNDS[0];
    if (!CRON_FIELD.test(field)) throw refuse(`"${field}" is not a ${name}`);
    for (const [number] of field.replace(/\/\d+/g, '').matchAll(/\d+/g)) {
      if (Number(number) < low || Number(number) > high) throw refuse(`${number} is not a ${name} (${low}-${high})`);
    }
  }
}

function checkCronJob(spec: CronJob['spec']): void {
  checkSchedule(spec.schedule);
  checkCounts(spec, ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'], ['spec']);
  checkJob(spec.jobTemplate.spec, ['spec', 'jobTemplate', 'spec']);
}

function checkService(spec: Service['spec']): void {
  const names = new Set<string>();
  for (const [index, port] of (spec.ports ?? []).entries()) {
    const at = ['spec', 'ports', index];
    checkRange(port.port, 1, 65_535, [...at, 'port']);
    if (typeof port.targetPort === 'number') checkRange(port.targetPort, 1, 65_535, [...at, 'targetPort']);
    const name = port.name ?? '';
    if (name === '' && (spec.ports?.length ?? 0) > 1) {
      throw new Misfit([...at, 'name'], { message: 'each of several ports needs a name', allowed: 'a name' });
    }
    if (names.has(name))
      throw new Misfit([...at, 'name'], {
        message: 'two ports have one name',
        found: name,
        allowed: 'names that differ',
      });
    names.add(name);
  }
}

function checkBudget(spec: PodDisruptionBudget['spec']): void {
  checkAmount(spec.minAvailable, ['spec', 'minAvailable']);
  checkAmount(spec.maxUnavailable, ['spec', 'maxUnavailable']);
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    throw new Misfit(['spec', 'maxUnavailable'], {
      message: 'minAvailable is given, too',
      found: printValue(spec.maxUnavailable),
      allowed: 'one of minAvailable and maxUnavailable',
    });
  }
  checkLabelSelector(spec.selector, ['spec', 'selector']);
}

/** The highest value a user's class may have (scheduling.HighestUserDefinablePriority). */
const HIGHEST_PRIORITY = 1_000_000_000;

const SPECS: Readonly<Record<string, (spec: never) => void>> = {
  Deployment: checkDeployment,
  ReplicaSet: checkReplicated,
  ReplicationController: checkReplicationController,
  StatefulSet: checkStatefulSet,
  DaemonSet: checkDaemonSet,
  Job: (spec: Job['spec']) => checkJob(spec, ['spec']),
  CronJob: checkCronJob,
  Service: checkService,
  PodDisruptionBudget: checkBudget,
  ResourceClaim: checkClaimSpec,
  ResourceClaimTemplate: checkClaimTemplate,
  DeviceClass: checkDeviceClass,
  ResourceSlice: checkResourceSlice,
  PersistentVolumeClaim: (spec: PersistentVolumeClaimSpec) => checkVolumeClaim(spec),
  PersistentVolume: checkVolume,
};

/** Kinds that are nothing without a spec. */
const NEEDS_SPEC = new Set([
  ...Object.keys(SPECS),
  'Pod',
  'ReplicationController',
  'HorizontalPodAutoscaler',
  'PriorityLevelConfiguration',
  'FlowSchema',
  'CSIDriver',
  'CSINode',
  'VolumeAttachment',
]);

/** Throws a Misfit with a path from the object on. Pod specs are checked apart, once for all that share one. */
export function checkKind(draft: Draft): void {
  const { spec, value } = draft as { readonly spec?: unknown; readonly value?: unknown };
  if (spec === undefined && NEEDS_SPEC.has(draft.kind)) {
    throw new Misfit(['spec'], { message: 'this field is missing', allowed: 'a mapping' });
  }
  if (spec !== undefined) SPECS[draft.kind]?.(spec as never);
  const { name = '' } = draft.metadata;
  if (draft.kind === 'PriorityLevelConfiguration') checkPriorityLevel(name, spec as never);
  if (draft.kind === 'FlowSchema') checkFlowSchema(name, spec as never);
  if (draft.kind === 'StorageClass') checkStorageClass(draft as unknown as StorageClass);
  if (draft.kind === 'PriorityClass' && !name.startsWith('system-')) {
    checkRange(value as number, -HIGHEST_PRIORITY * 2.147483648, HIGHEST_PRIORITY, ['value']);
  }
}
