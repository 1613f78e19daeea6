import { NO_EVENT } from '../../kernel/kernel.ts';
import type { EventRef, HandlerId, Kernel } from '../../kernel/kernel.ts';
import { Priority } from '../../kernel/priority.ts';
import type { Saveable } from '../../kernel/saveable.ts';
import { millis } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';

/** A goroutine that runs longer makes room for the next. Source: Go's runtime (forcePreemptNS, 10 ms). */
export const TIME_SLICE: Micros = millis(10);

/** Work under way: it is done when the machine's virtual time comes to its finish. */
interface Job {
  readonly finish: number;
  readonly onDone: HandlerId;
  readonly payload: unknown;
}

interface Machine {
  readonly cores: number;
  /** In order of their finish. */
  jobs: Job[];
  /** A core's time that each job has had so far. */
  virtual: number;
  virtualAt: Micros;
  next: EventRef;
}

/** What rounding may leave of a job, in microseconds. */
const ROUNDING = 1e-3;

/**
 * Machines whose cores are shared equally by the long work on them (processor sharing): each piece has a core while there
 * are enough, and its part of them where there are not. Work shorter than a time slice is not followed here; it waits for
 * its turn (`wait`) and is taken to be little beside the rest.
 */
export class SharedCores implements Saveable {
  readonly #kernel: Kernel;
  readonly #done: HandlerId;
  #machines: Machine[];

  /** @param cores - of each machine */
  constructor(kernel: Kernel, name: string, cores: readonly number[]) {
    this.#kernel = kernel;
    this.#machines = cores.map((count) => ({ cores: count, jobs: [], virtual: 0, virtualAt: 0, next: NO_EVENT }));
    this.#done = kernel.register(name, (machine) => this.#finish(machine));
  }

  /** How long short work waits for a core: until its turn comes round among the long work. */
  wait(machine: number): Micros {
    const { jobs, cores } = this.#at(machine);
    if (jobs.length < Math.max(1, cores)) return 0;
    return Math.round(((jobs.length - cores + 1) * TIME_SLICE) / cores);
  }

  /** Begins work that takes a core so many microseconds; `onDone` is called with the payload when it is done. */
  take(machine: number, micros: number, onDone: HandlerId, payload: unknown): void {
    const at = this.#at(machine);
    this.#advance(at);
    const finish = at.virtual + micros;
    let place = at.jobs.length;
    while (place > 0 && (at.jobs[place - 1] as Job).finish > finish) place--;
    at.jobs.splice(place, 0, { finish, onDone, payload });
    this.#plan(machine);
  }

  /** Ends all work on a machine now, done or not. */
  drop(machine: number): void {
    const at = this.#at(machine);
    const { jobs } = at;
    at.jobs = [];
    this.#plan(machine);
    for (const job of jobs) this.#tell(job);
  }

  #at(machine: number): Machine {
    return this.#machines[machine] as Machine;
  }

  #rate({ jobs, cores }: Machine): number {
    return Math.min(1, cores / Math.max(1, jobs.length));
  }

  #advance(machine: Machine): void {
    const { now } = this.#kernel;
    // An idle machine begins anew, so that the sums stay small.
    machine.virtual = machine.jobs.length === 0 ? 0 : machine.virtual + (now - machine.virtualAt) * this.#rate(machine);
    machine.virtualAt = now;
  }

  /** The next job that will be done, if no other comes. */
  #plan(machine: number): void {
    const at = this.#at(machine);
    this.#kernel.cancel(at.next);
    const [first] = at.jobs;
    if (first === undefined) {
      at.next = NO_EVENT;
      return;
    }
    const left = Math.ceil((first.finish - at.virtual - ROUNDING) / this.#rate(at));
    at.next = this.#kernel.after(Math.max(0, left), this.#done, machine, 0, undefined, Priority.external);
  }

  #finish(machine: number): void {
    const at = this.#at(machine);
    this.#advance(at);
    const open = at.jobs.findIndex(({ finish }) => finish > at.virtual + ROUNDING);
    const done = at.jobs.splice(0, open < 0 ? at.jobs.length : open);
    this.#plan(machine);
    for (const job of done) this.#tell(job);
  }

  #tell({ onDone, payload }: Job): void {
    this.#kernel.at(this.#kernel.now, onDone, 0, 0, payload, Priority.external);
  }

  save(): readonly Machine[] {
    return this.#machines.map((machine) => ({ ...machine, jobs: [...machine.jobs] }));
  }

  restore(saved: unknown): void {
    this.#machines = (saved as readonly Machine[]).map((machine) => ({ ...machine, jobs: [...machine.jobs] }));
  }
}
