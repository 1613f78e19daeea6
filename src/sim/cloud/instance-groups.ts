import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import { identityOf } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { Instance, InstanceGroupSpec, LaunchError } from './provider-spec.ts';

/** How soon a group notices that an instance is missing. No constant is published; Auto Scaling groups take less than a minute. */
const NOTICES_AFTER: Micros = seconds(30);

/** Launches that were refused are tried again after this, doubled each time up to the longest. Assumptions. */
const FIRST_RETRY_SECONDS = 5;
const LONGEST_RETRY_SECONDS = 300;

/** What the groups need of the provider. */
interface Launcher {
  instancesOf(group: string): readonly Instance[];
  launch(group: InstanceGroupSpec, zone: string): LaunchError | undefined;
  terminate(name: string): void;
}

/** Instances that a group was to have and could not get. */
export interface GroupShortage {
  readonly error: LaunchError;
  readonly missing: number;
  /** When the latest of them was refused. */
  readonly at: Micros;
}

/** A group as it stands; plain data. */
interface GroupRecord {
  target: number;
  /** Refusals in a row, for the back-off. */
  attempts: number;
  shortage: GroupShortage | undefined;
  look: EventRef;
  lookAt: Micros;
}

/** Groups of instances, each kept at its number: what is missing is launched, spread over the group's zones. */
export class InstanceGroups implements Saveable {
  readonly specs: readonly InstanceGroupSpec[];
  readonly #kernel: Kernel;
  readonly #launcher: Launcher;
  readonly #looks: HandlerId;
  readonly #byName: ReadonlyMap<string, number>;
  #records: GroupRecord[];

  constructor(kernel: Kernel, specs: readonly InstanceGroupSpec[], launcher: Launcher) {
    this.#kernel = kernel;
    this.specs = specs;
    this.#launcher = launcher;
    this.#looks = kernel.register('cloud/group', (index) => this.#look(index));
    this.#byName = new Map(specs.map(({ name }, index) => [name, index]));
    this.#records = specs.map(({ initial }) => ({
      target: initial,
      attempts: 0,
      shortage: undefined,
      look: NO_EVENT,
      lookAt: 0,
    }));
  }

  #record(group: string): GroupRecord {
    return this.#records[this.#byName.get(group) as number] as GroupRecord;
  }

  target(group: string): number {
    return this.#record(group).target;
  }

  /** What the group was to have and did not get at its last try; undefined where it has all. */
  shortage(group: string): GroupShortage | undefined {
    return this.#record(group).shortage;
  }

  /** Sets the number of instances. Launches begin at once; where it has become less, the youngest go. */
  resize(group: string, target: number): void {
    const record = this.#record(group);
    record.target = Math.max(0, target);
    record.attempts = 0;
    record.shortage = undefined;
    this.#plan(group, this.#kernel.now);
  }

  /** Gives one instance back, and wants one less. */
  remove(group: string, name: string): void {
    this.#record(group).target--;
    this.#launcher.terminate(name);
  }

  /** An instance is gone: the group will notice. */
  missing(group: string): void {
    if (this.#launcher.instancesOf(group).length < this.target(group)) {
      this.#plan(group, this.#kernel.now + NOTICES_AFTER);
    }
  }

  /** Plans a look at the group; the earlier of two counts. */
  #plan(group: string, at: Micros): void {
    const record = this.#record(group);
    const kernel = this.#kernel;
    if (kernel.isPending(record.look)) {
      if (record.lookAt <= at) return;
      kernel.cancel(record.look);
    }
    record.lookAt = at;
    const index = this.#byName.get(group) as number;
    record.look = kernel.at(at, this.#looks, index, 0, undefined, Priority.external);
  }

  #look(index: number): void {
    const spec = this.specs[index] as InstanceGroupSpec;
    const record = this.#records[index] as GroupRecord;
    const { name } = spec;
    const { now } = this.#kernel;
    const alive = (): readonly Instance[] => this.#launcher.instancesOf(name);
    while (alive().length > record.target) this.#launcher.terminate((alive().at(-1) as Instance).name);
    let error: LaunchError | undefined;
    while (alive().length < record.target && error === undefined) error = this.#launch(spec);
    const missing = record.target - alive().length;
    if (error === undefined || missing === 0) {
      record.shortage = undefined;
      record.attempts = 0;
      return;
    }
    record.shortage = { error, missing, at: now };
    const wait = Math.min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** record.attempts++);
    // Groups that are refused at one instant do not come back at one.
    const jitter = (identityOf(name) % 1000) / 1000;
    this.#plan(name, now + seconds(wait * (1 + jitter / 10)));
  }

  /** One more, in the zone that has the fewest, or else in the next one. Answers the first zone's refusal if all refuse. */
  #launch(spec: InstanceGroupSpec): LaunchError | undefined {
    let first: LaunchError | undefined;
    for (const zone of this.zonesInTurn(spec)) {
      const error = this.#launcher.launch(spec, zone);
      if (error === undefined) return undefined;
      first ??= error;
      if (error !== 'InsufficientInstanceCapacity') return error;
    }
    return first;
  }

  /** A group's zones, those with the fewest instances first. */
  zonesInTurn({ name, zones }: InstanceGroupSpec): readonly string[] {
    if (zones.length < 2) return zones;
    const counts = new Map(zones.map((zone) => [zone, 0]));
    for (const { zone } of this.#launcher.instancesOf(name)) counts.set(zone, (counts.get(zone) ?? 0) + 1);
    return [...zones].sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0));
  }

  save(): unknown {
    return this.#records.map((record) => ({ ...record }));
  }

  restore(saved: unknown): void {
    this.#records = (saved as readonly GroupRecord[]).map((record) => ({ ...record }));
  }
}
