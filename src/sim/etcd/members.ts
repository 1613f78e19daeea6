import type { Saveable } from '../kernel/saveable.ts';
import type { Micros } from '../kernel/time.ts';

/** What can be wrong with a member of an etcd cluster. */
export type MemberFault = 'down' | 'frozen' | 'cut' | 'slow';

/** A fault's hold of a member; plain data. */
interface Hold {
  readonly fault: number;
  readonly member: number;
  readonly kind: MemberFault;
  /** For slow: how many times as long its fsyncs take. */
  readonly factor: number;
}

/** The members of an etcd cluster and what faults have done to them; a member is as well as its worst fault lets it. */
export class EtcdMembers implements Saveable {
  readonly count: number;
  /** A member whose disk is this many times slower sends no heartbeats in time: it is as good as stuck. */
  readonly #stuckAt: number;
  #holds: Hold[] = [];

  constructor(count: number, stuckAt = Infinity) {
    this.count = count;
    this.#stuckAt = stuckAt;
  }

  /** Whether nothing at all is wrong. */
  get well(): boolean {
    return this.#holds.length === 0;
  }

  get quorum(): number {
    return Math.floor(this.count / 2) + 1;
  }

  strike(fault: number, member: number, kind: MemberFault, factor = 1): void {
    this.#holds.push({ fault, member, kind, factor });
  }

  release(fault: number): void {
    this.#holds = this.#holds.filter((hold) => hold.fault !== fault);
  }

  #has(member: number, kind: MemberFault): boolean {
    return this.#holds.some((hold) => hold.member === member && hold.kind === kind);
  }

  /** Whether every member that is there hangs: then nobody even says no. */
  get allFrozen(): boolean {
    const there = this.#all().filter((member) => !this.#has(member, 'down'));
    return there.length > 0 && there.every((member) => this.#has(member, 'frozen'));
  }

  /** How many times as long the member's fsyncs take. */
  slowness(member: number): number {
    return this.#holds.reduce(
      (product, hold) => (hold.member === member && hold.kind === 'slow' ? product * hold.factor : product),
      1,
    );
  }

  /** The members that can agree on something: those of the one side that has a quorum; none where neither has. */
  majority(): readonly number[] {
    const alive = this.#all().filter(
      (member) => !this.#has(member, 'down') && !this.#has(member, 'frozen') && this.slowness(member) < this.#stuckAt,
    );
    for (const side of [false, true]) {
      const members = alive.filter((member) => this.#has(member, 'cut') === side);
      if (members.length >= this.quorum) return members;
    }
    return [];
  }

  /** How many times as long each member's disk takes, a slow one `slowed` times that; 0 for those outside of the majority. */
  paces(slowed: number): readonly number[] {
    const majority = this.majority();
    return this.#all().map((member) => {
      const factor = this.slowness(member);
      return majority.includes(member) ? factor * (factor > 1 ? slowed : 1) : 0;
    });
  }

  #all(): number[] {
    return Array.from({ length: this.count }, (_, member) => member);
  }

  save(): readonly Hold[] {
    return [...this.#holds];
  }

  restore(saved: unknown): void {
    this.#holds = [...(saved as readonly Hold[])];
  }
}

/**
 * When an entry is committed: when it is on the disk of the leader, which works through its log in turn, and of as many
 * followers as make a quorum with it. `fsync` says how long a member's takes, `roundTrip` how long it is to a follower
 * and back. Source: etcd server/etcdserver/raft.go; the leader applies what it has saved itself.
 */
export function commitTime(
  leader: number,
  members: readonly number[],
  quorum: number,
  fsync: (member: number) => Micros,
  roundTrip: Micros,
): Micros {
  const followers = members
    .filter((member) => member !== leader)
    .map((member) => fsync(member) + roundTrip)
    .sort((a, b) => a - b);
  const slowestNeeded = quorum < 2 ? 0 : (followers[quorum - 2] ?? Infinity);
  return Math.max(fsync(leader), slowestNeeded);
}
