import type { Container, Pod } from '../api/core.ts';
import type { ContainerRole } from '../behavior.ts';
import type { Micros } from '../kernel/time.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** More containers than any pod has: a container's draw is numbered by its run times this, plus its index. */
export const CONTAINERS = 256;

/** Init containers, then containers: the order of a record's containers. */
export function containersOf(pod: Pod): readonly Container[] {
  const { initContainers, containers } = pod.spec;
  return initContainers === undefined || initContainers.length === 0 ? containers : [...initContainers, ...containers];
}

/** How many of a record's containers are init containers. */
export function initCount(pod: Pod): number {
  return pod.spec.initContainers?.length ?? 0;
}

export function isSidecar(pod: Pod, index: number): boolean {
  return pod.spec.initContainers?.[index]?.restartPolicy === 'Always';
}

/** The container of a record's index. */
export function specOf(pod: Pod, index: number): Container {
  const inits = initCount(pod);
  return (index < inits ? pod.spec.initContainers?.[index] : pod.spec.containers[index - inits]) as Container;
}

export function roleOf(pod: Pod, index: number): ContainerRole {
  if (index >= initCount(pod)) return 'main';
  return isSidecar(pod, index) ? 'sidecar' : 'init';
}

/** Whether a container that ended with this code is started again. Sidecars always are. */
export function restarts(pod: Pod, index: number, exitCode: number): boolean {
  if (index < initCount(pod)) {
    if (isSidecar(pod, index)) return true;
    return exitCode !== 0 && pod.spec.restartPolicy !== 'Never';
  }
  const policy = pod.spec.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** The next container that is to be started now: init containers in order, each when the one before it has passed. */
export function nextToStart(record: PodRecord, now: Micros): ContainerRecord | undefined {
  const { pod, containers, stage } = record;
  const inits = initCount(pod);
  const due = ({ state, retryAt }: ContainerRecord): boolean => state === 'waiting' && retryAt <= now;
  for (let i = 0; i < inits; i++) {
    const container = containers[i] as ContainerRecord;
    if (due(container)) return container;
    if (stage === 'main') continue;
    const passed = isSidecar(pod, i) ? container.started : container.state === 'terminated' && container.exitCode === 0;
    if (!passed) return undefined;
  }
  if (stage === 'init') record.stage = 'main';
  for (let i = inits; i < containers.length; i++) {
    const container = containers[i] as ContainerRecord;
    if (due(container)) return container;
  }
  return undefined;
}

/** Whether nothing of the pod will run again: an init container has failed for good, or all containers have ended. */
export function hasEnded({ pod, containers }: PodRecord): boolean {
  const inits = initCount(pod);
  for (let i = 0; i < inits; i++) {
    const { state, exitCode } = containers[i] as ContainerRecord;
    if (!isSidecar(pod, i) && state === 'terminated' && exitCode !== 0 && !restarts(pod, i, exitCode)) return true;
  }
  for (let i = inits; i < containers.length; i++) {
    const { state, exitCode } = containers[i] as ContainerRecord;
    if (state !== 'terminated' || restarts(pod, i, exitCode)) return false;
  }
  return true;
}

/** Whether a container of the pod runs, in the sense of the machine and not of the kubelet. */
export function anyRuns({ containers }: PodRecord): boolean {
  for (const { state } of containers) if (state === 'running') return true;
  return false;
}
