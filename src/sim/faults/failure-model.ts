import type { LabelSelector } from '../api/meta.ts';
import type { MachineFault } from './timed-fault.ts';

/** What a model makes fail: a machine, or all machines of a zone at once. */
export interface FailureSubject {
  /** Of the node, or of the zone. */
  readonly name: string;
  /** For draws; it depends on the name alone. */
  readonly identity: number;
  readonly zone: string;
  readonly nodes: readonly string[];
}

/** One failure of a subject. */
export interface Failure {
  /** From the moment the subject is in order: the start of the run, or the end of the failure before this one. */
  readonly afterSeconds: number;
  readonly kind: MachineFault;
  /** Absent: until the failure response repairs it. */
  readonly forSeconds?: number | undefined;
  /** For slow-pulls. */
  readonly factor?: number | undefined;
}

/**
 * How things fail by chance. Pure: what it says depends on the subject and the number of the failure alone, so that the
 * same seed strikes the same machines whatever runs on them.
 */
export interface FailureModel {
  readonly name: string;
  /** @defaultValue 'node' */
  readonly strikes?: 'node' | 'zone';
  /** The subject's failure number `ordinal`, from 0; undefined: it fails no more. */
  next(subject: FailureSubject, ordinal: number): Failure | undefined;
}

/** A model and the machines it strikes. */
export interface FailureModelEntry {
  readonly model: FailureModel;
  /** By the labels the machines were given with; all where absent. */
  readonly nodes?: LabelSelector | undefined;
}
