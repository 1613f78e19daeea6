import type { LabelSelector } from '../api/meta.ts';
import type { FaultDetail, MachineFault, ComposedFault, SharedFault } from './timed-fault.ts';

/** What fails together: a machine, the machines of a zone, those that share a label's value, or the whole cluster. */
export type FailureGroup = 'node' | 'zone' | 'cluster' | { readonly label: string };

/** What a model makes fail: a machine, or all machines of a group at once. */
export interface FailureSubject {
  /** Of the node, or of the group. */
  readonly name: string;
  /** For draws; it depends on the name alone. */
  readonly identity: number;
  readonly zone: string;
  readonly nodes: readonly string[];
}

/** One failure of a subject. */
export interface Failure extends FaultDetail {
  /** From the moment the subject is in order: the start of the run, or the end of the failure before this one. */
  readonly afterSeconds: number;
  readonly kind: MachineFault | ComposedFault | SharedFault;
  /** Absent: until the failure response repairs it. */
  readonly forSeconds?: number | undefined;
  /** It is known so long before. */
  readonly warningSeconds?: number | undefined;
}

/**
 * How things fail by chance. Pure: what it says depends on the subject and the number of the failure alone, so that the
 * same seed strikes the same machines whatever runs on them.
 */
export interface FailureModel {
  readonly name: string;
  /** @defaultValue 'node' */
  readonly strikes?: FailureGroup;
  /** The subject's failure number `ordinal`, from 0; undefined: it fails no more. */
  next(subject: FailureSubject, ordinal: number): Failure | undefined;
}

/** A model and the machines it strikes. */
export interface FailureModelEntry {
  readonly model: FailureModel;
  /** By the labels the machines were given with; all where absent. */
  readonly nodes?: LabelSelector | undefined;
  /** Of these node groups alone; absent: of all. */
  readonly groups?: ReadonlySet<string> | undefined;
  /** Nothing of it is left after this; absent: to the end of the run. */
  readonly untilSeconds?: number | undefined;
}
