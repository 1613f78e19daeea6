import type { Micros } from '../kernel/time.ts';
import { seconds } from '../kernel/time.ts';
import type { ClusterAutoscalerSettings } from '../settings.ts';

/** A group's back-off; plain data. */
interface BackOff {
  readonly until: Micros;
  readonly duration: Micros;
  readonly failed: Micros;
}

/**
 * Groups that failed to grow are left alone for a time that doubles with each failure. Source: autoscaler
 * utils/backoff/exponential_backoff.go.
 */
export class GroupBackOffs {
  readonly #settings: ClusterAutoscalerSettings;
  #backOffs = new Map<string, BackOff>();

  constructor(settings: ClusterAutoscalerSettings) {
    this.#settings = settings;
  }

  isBackedOff(group: string, now: Micros): boolean {
    return now < (this.#backOffs.get(group)?.until ?? 0);
  }

  failed(group: string, now: Micros): void {
    const { initialNodeGroupBackoffDurationSeconds, maxNodeGroupBackoffDurationSeconds } = this.#settings;
    const known = this.#backOffs.get(group);
    const reset = seconds(this.#settings.nodeGroupBackoffResetTimeoutSeconds);
    let duration = seconds(initialNodeGroupBackoffDurationSeconds);
    if (known !== undefined && now - known.failed <= reset) {
      // A failure during a back-off does not lengthen it.
      if (now < known.until) return;
      duration = Math.min(2 * known.duration, seconds(maxNodeGroupBackoffDurationSeconds));
    }
    this.#backOffs.set(group, { until: now + duration, duration, failed: now });
  }

  save(): unknown {
    return [...this.#backOffs];
  }

  restore(saved: unknown): void {
    this.#backOffs = new Map(saved as readonly [string, BackOff][]);
  }
}
