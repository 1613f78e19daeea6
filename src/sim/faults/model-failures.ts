import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { MAX_TIME, seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import { subjectsOf } from './fault-targets.ts';
import type { Failure, FailureModelEntry, FailureSubject } from './failure-model.ts';
import { stillThere } from './fleet.ts';
import type { Roster } from './fleet.ts';

/** A failure that a model has said will come; the payload of its event. */
export interface ModelFailure {
  readonly model: number;
  readonly subject: number;
  readonly ordinal: number;
  readonly failure: Failure;
}

/** What becomes of failures that models say will come. */
interface FailureHandling {
  /** One is planned; `at` is when it comes. */
  planned(failure: Failure, nodes: readonly string[], at: Micros): void;
  /** It has come, to these of its nodes that are there. */
  happens(from: ModelFailure, entry: FailureModelEntry, subject: FailureSubject, nodes: readonly string[]): void;
}

/**
 * What fails at random: for each model the subjects that it strikes, each with its next failure as an event. Subjects follow from
 * the machines there are and were, in order, so that there is nothing of them to save.
 */
export class ModelFailures {
  readonly #kernel: Kernel;
  readonly #models: readonly FailureModelEntry[];
  readonly #roster: Roster;
  readonly #handling: FailureHandling;
  readonly #failure: HandlerId;
  #subjects: readonly (readonly FailureSubject[])[];

  constructor(kernel: Kernel, models: readonly FailureModelEntry[], roster: Roster, handling: FailureHandling) {
    this.#kernel = kernel;
    this.#models = models;
    this.#roster = roster;
    this.#handling = handling;
    this.#failure = kernel.register('faults/failure', (_a, _b, payload) => this.#fail(payload as ModelFailure));
    this.#subjects = this.#allSubjects();
  }

  /** Plans the first failure of every subject. */
  start(): void {
    this.#planFrom([]);
  }

  /** A machine was launched: it may be a subject of its own, or one more of a group. */
  launched(): void {
    const before = this.#subjects;
    this.#subjects = this.#allSubjects();
    this.#planFrom(before);
  }

  /** After the machines were restored; events are in the kernel's state. */
  restored(): void {
    this.#subjects = this.#allSubjects();
  }

  /** A failure is over, and the subject's clock goes on. */
  over({ model, subject, ordinal }: ModelFailure): void {
    this.#plan(model, subject, ordinal + 1);
  }

  #allSubjects(): readonly (readonly FailureSubject[])[] {
    return this.#models.map((entry) => subjectsOf(entry, this.#roster.specs));
  }

  /** Plans the first failures of subjects that were not there before. */
  #planFrom(before: readonly (readonly FailureSubject[])[]): void {
    for (const [model, subjects] of this.#subjects.entries()) {
      for (let subject = before[model]?.length ?? 0; subject < subjects.length; subject++)
        this.#plan(model, subject, 0);
    }
  }

  /** Asks a model for a subject's next failure, and waits for it. */
  #plan(model: number, subject: number, ordinal: number): void {
    const entry = this.#models[model] as FailureModelEntry;
    const struck = this.#subjectAt(model, subject);
    const failure = this.#isGone(entry, struck) ? undefined : entry.model.next(struck, ordinal);
    if (failure === undefined) return;
    const at = this.#kernel.now + seconds(failure.afterSeconds);
    if (at > MAX_TIME || (entry.untilSeconds !== undefined && at >= seconds(entry.untilSeconds))) return;
    const payload: ModelFailure = { model, subject, ordinal, failure };
    this.#kernel.at(at, this.#failure, 0, 0, payload, Priority.external);
    this.#handling.planned(failure, struck.nodes, at);
  }

  #fail(from: ModelFailure): void {
    const entry = this.#models[from.model] as FailureModelEntry;
    const subject = this.#subjectAt(from.model, from.subject);
    const nodes = stillThere(this.#roster, subject.nodes);
    if (nodes.length > 0) this.#handling.happens(from, entry, subject, nodes);
    else this.over(from);
  }

  #subjectAt(model: number, subject: number): FailureSubject {
    return (this.#subjects[model] as FailureSubject[])[subject] as FailureSubject;
  }

  /** A machine that will not come back fails no more; a group may have others some day. */
  #isGone({ model }: FailureModelEntry, subject: FailureSubject): boolean {
    return (model.strikes ?? 'node') === 'node' && stillThere(this.#roster, subject.nodes).length === 0;
  }
}
