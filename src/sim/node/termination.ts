import { SECOND, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import { initCount, specOf } from './pod-containers.ts';
import type { PodRecord } from './pod-record.ts';
import { behaviorAt } from './pod-times.ts';

/** Exit codes of a process that SIGTERM ended, and of one that SIGKILL did. */
export const TERMINATED = 143;
export const KILLED = 137;

/** What a container is given at least, whatever its hook took. Source: kuberuntime_manager.go minimumGracePeriodInSeconds. */
const MINIMUM_GRACE: Micros = 2 * SECOND;

/** How a container will stop: after how long, and with what. */
export interface Stop {
  readonly index: number;
  readonly after: Micros;
  readonly exitCode: number;
}

/** A sleep that a lifecycle hook is; undefined where it is another kind. */
export function hookSleep(hook: Readonly<Record<string, unknown>> | undefined): Micros | undefined {
  const sleep = hook?.['sleep'] as { readonly seconds?: number } | undefined;
  return sleep?.seconds === undefined ? undefined : seconds(sleep.seconds);
}

/** How one container stops that has to wait for others until `turn`: its hook, its turn, SIGTERM, and SIGKILL if need be. */
function stopOf(record: PodRecord, index: number, grace: Micros, turn: Micros, settings: KubeletSettings): Stop {
  const { terminationTime, preStopTime, duration } = behaviorAt(record.pod, index);
  const { preStop } = specOf(record.pod, index).lifecycle ?? {};
  const hook = preStop === undefined ? 0 : Math.min(grace, hookSleep(preStop) ?? preStopTime);
  const begins = Math.max(hook, Math.min(turn, grace));
  // What the hook and the wait took is known in whole seconds.
  const left = Math.max(MINIMUM_GRACE, grace - Math.floor(begins / SECOND) * SECOND);
  const needs = terminationTime ?? seconds(settings.terminationSeconds);
  // A service that is asked to stop leaves in good order; work that is broken off has failed.
  const exitCode = needs > left ? KILLED : duration === undefined ? 0 : TERMINATED;
  return { index, after: begins + Math.min(needs, left), exitCode };
}

/**
 * How the pod's running containers stop within a grace period: all at once, but sidecars each after the main containers
 * and the sidecars that were started later. Source: pkg/kubelet/kuberuntime/kuberuntime_{container,termination_order}.go.
 */
export function stopPlan(record: PodRecord, grace: Micros, settings: KubeletSettings): readonly Stop[] {
  const stops: Stop[] = [];
  let others: Micros = 0;
  const inits = initCount(record.pod);
  for (let index = record.containers.length - 1; index >= 0; index--) {
    if (record.containers[index]?.state !== 'running') continue;
    const stop = stopOf(record, index, grace, index < inits ? others : 0, settings);
    others = Math.max(others, stop.after);
    stops.push(stop);
  }
  return stops.reverse();
}

/** How a single container stops that is killed for its own sake. */
export function killPlan(record: PodRecord, index: number, grace: Micros, settings: KubeletSettings): Stop {
  const stop = stopOf(record, index, grace, 0, settings);
  return stop.exitCode === 0 ? { ...stop, exitCode: TERMINATED } : stop;
}
