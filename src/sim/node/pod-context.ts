import type { Environment } from '../environment.ts';
import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Micros } from '../kernel/time.ts';
import type { KubeletSettings } from '../settings.ts';
import type { KubeletState } from './kubelet-state.ts';
import { endContainer } from './pod-record.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { PodSteps } from './pod-steps.ts';
import { PodTimes } from './pod-times.ts';
import { RuntimeWork } from './runtime-work.ts';
import type { StatusWriter } from './status-writer.ts';

/** What the parts of a pod's life share: the clock, the records, and the pod's next look at itself. */
export class PodContext {
  readonly environment: Environment;
  readonly kernel: Kernel;
  readonly state: KubeletState;
  readonly settings: KubeletSettings;
  readonly steps: PodSteps;
  readonly times: PodTimes;
  readonly status: StatusWriter;
  readonly runtime: RuntimeWork;
  readonly #sync: HandlerId;
  readonly #onRuns: ((record: PodRecord) => void)[] = [];

  /** `onSync` looks at a pod: what has ended, what is to be started, what is to be told. */
  constructor(
    environment: Environment,
    state: KubeletState,
    status: StatusWriter,
    onSync: (record: PodRecord) => void,
  ) {
    const { kernel, settings } = environment;
    this.environment = environment;
    this.kernel = kernel;
    this.state = state;
    this.settings = settings.kubelet;
    this.steps = new PodSteps(kernel, state);
    this.times = new PodTimes(kernel.random, settings.kubelet);
    this.status = status;
    this.runtime = new RuntimeWork(kernel, state, settings.kubelet, this.steps);
    this.#sync = this.steps.register('kubelet/sync', onSync);
  }

  /** Has it said when one of a pod's containers has begun or ended; in constructors only. */
  onRuns(listener: (record: PodRecord) => void): void {
    this.#onRuns.push(listener);
  }

  runsChanged(record: PodRecord): void {
    for (const listener of this.#onRuns) listener(record);
  }

  /** A container's run is over. */
  end(record: PodRecord, container: ContainerRecord, exitCode: number, reason: string): void {
    endContainer(container, this.kernel.now, exitCode, reason);
    this.runsChanged(record);
  }

  /** The pod is looked at when the next relist of the runtime has shown its change. */
  syncSoon(record: PodRecord): void {
    this.syncAt(record, this.kernel.now + this.times.relist(record));
  }

  syncAt(record: PodRecord, time: Micros): void {
    if (this.kernel.isPending(record.sync)) {
      if (record.syncAt <= time) return;
      this.kernel.cancel(record.sync);
    }
    record.syncAt = time;
    const b = this.steps.stampOf(record);
    record.sync = this.kernel.at(time, this.#sync, record.id, b, undefined, Priority.component);
  }

  event(record: PodRecord, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.environment.events.record('kubelet', record.pod, type, reason, message);
  }
}
