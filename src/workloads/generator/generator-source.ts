import type { Arrival, ArrivalSource } from '../../sim/arrivals.ts';
import type { Draft } from '../../sim/api/meta.ts';
import { seconds } from '../../sim/kernel/time.ts';
import type { ArrivalProcess } from './arrival-process.ts';

/** One object to come, and when it is deleted again (seconds after), if the generator does that. */
export interface Generated {
  readonly object: Draft;
  readonly deletedAfter: number | undefined;
}

/** The parts a source is put together from. */
export interface GeneratorParts {
  readonly name: string;
  readonly process: ArrivalProcess;
  /** Seconds added to the process's times. */
  readonly shift: number;
  /** No arrivals from here on, in seconds. */
  readonly until: number;
  readonly most: number;
  readonly make: (ordinal: number) => Generated;
}

interface Deletion {
  readonly at: number;
  readonly ordinal: number;
}

/** What of a source is saved. */
interface SourceState {
  readonly previous: number;
  readonly ordinal: number;
  readonly deletions: readonly Deletion[];
}

/** Arrivals of a process, and the deletions of what has lived its time, in order. */
export class GeneratorSource implements ArrivalSource {
  readonly name: string;
  readonly #parts: GeneratorParts;
  /** Time of the arrival before, in the process's own time. */
  #previous = 0;
  #ordinal = 0;
  /** By time, the soonest last. */
  #deletions: Deletion[] = [];
  /** The next arrival's time in the process; NaN where it has to be drawn. */
  #coming: number | undefined = Number.NaN;

  constructor(parts: GeneratorParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  next(): Arrival | undefined {
    const coming = this.#nextTime();
    const deletion = this.#deletions.at(-1);
    if (deletion !== undefined && (coming === undefined || deletion.at <= coming + this.#parts.shift)) {
      this.#deletions.pop();
      return this.#deletion(deletion);
    }
    if (coming === undefined) return undefined;
    const at = coming + this.#parts.shift;
    const { object, deletedAfter } = this.#parts.make(this.#ordinal);
    if (deletedAfter !== undefined) this.#plan({ at: at + deletedAfter, ordinal: this.#ordinal });
    this.#previous = coming;
    this.#ordinal++;
    this.#coming = Number.NaN;
    return { at: seconds(at), action: 'create', object };
  }

  save(): SourceState {
    return { previous: this.#previous, ordinal: this.#ordinal, deletions: [...this.#deletions] };
  }

  restore(saved: unknown): void {
    const state = saved as SourceState;
    this.#previous = state.previous;
    this.#ordinal = state.ordinal;
    this.#deletions = [...state.deletions];
    this.#coming = Number.NaN;
  }

  #nextTime(): number | undefined {
    if (Number.isNaN(this.#coming)) {
      const { process, shift, until, most } = this.#parts;
      const time = this.#ordinal < most ? process(this.#previous, this.#ordinal) : undefined;
      this.#coming = time === undefined || time + shift >= until ? undefined : time;
    }
    return this.#coming;
  }

  #plan(deletion: Deletion): void {
    let index = this.#deletions.length;
    while (index > 0 && (this.#deletions[index - 1]?.at ?? 0) <= deletion.at) index--;
    this.#deletions.splice(index, 0, deletion);
  }

  #deletion({ at, ordinal }: Deletion): Arrival {
    const { apiVersion, kind, metadata } = this.#parts.make(ordinal).object;
    const { name = '', namespace = '' } = metadata;
    return { at: seconds(at), action: 'delete', object: { apiVersion, kind, metadata: { name, namespace } } };
  }
}
