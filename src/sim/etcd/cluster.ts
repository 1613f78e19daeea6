import { NO_EVENT } from '../kernel/kernel.ts';
import type { EventRef, HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Purpose } from '../kernel/random.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { millis } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { EtcdSettings } from '../etcd-settings.ts';
import type { LatencySettings } from '../settings.ts';
import { commitTime, EtcdMembers } from './members.ts';
import type { MemberFault } from './members.ts';

/** Why nothing can be written. */
export type Unavailability = 'frozen' | 'leader-lost' | 'no-quorum';

/** What of the cluster's health others may be told. */
export interface EtcdHealthListener {
  /** Nothing can be written from now on. */
  lost(why: Unavailability): void;
  /** It can be written to again. */
  found(): void;
}

/** Figures for metrics. */
export interface EtcdHealth {
  readonly hasLeader: boolean;
  readonly leaderChanges: number;
  readonly members: number;
}

/** A slow disk is still busy with the batch before: on average half of an fsync. */
const SLOWED = 1.5;

interface ClusterState {
  readonly members: unknown;
  readonly leader: number;
  readonly term: number;
  readonly leaderChanges: number;
  readonly unavailable: Unavailability | undefined;
  readonly election: EventRef;
}

/**
 * An etcd cluster of one, three or five members: who leads, whether there is a quorum, how long a commit takes. While
 * nothing is wrong it does nothing: a healthy write's time is part of the API server's write latency, and what a fault
 * adds is the difference between the commit with it and the same commit without.
 */
export class EtcdCluster implements Saveable {
  readonly #kernel: Kernel;
  readonly #settings: EtcdSettings;
  readonly #members: EtcdMembers;
  readonly #fsyncs: Purpose;
  readonly #timeouts: Purpose;
  readonly #elected: HandlerId;
  readonly #listeners: EtcdHealthListener[] = [];
  #leader = 0;
  #term = 1;
  #leaderChanges = 0;
  #unavailable: Unavailability | undefined;
  #election: EventRef = NO_EVENT;
  #paces: readonly number[];

  constructor(kernel: Kernel, settings: EtcdSettings) {
    this.#kernel = kernel;
    this.#settings = settings;
    const { medianMilliseconds } = settings.walFsyncLatency;
    const stuckAt = settings.electionTimeoutMilliseconds / Math.max(medianMilliseconds, 0.001);
    this.#members = new EtcdMembers(settings.members, stuckAt);
    this.#paces = this.#members.paces(SLOWED);
    this.#fsyncs = kernel.random.purpose('etcd-fsync');
    this.#timeouts = kernel.random.purpose('etcd-election');
    this.#elected = kernel.register('etcd/elected', (leader) => this.#elect(leader));
  }

  /** Whether a write commits as if there were no faults. */
  get calm(): boolean {
    return this.#members.well && this.#unavailable === undefined;
  }

  /** Why nothing can be written, or undefined where it can. */
  get unavailable(): Unavailability | undefined {
    return this.#unavailable;
  }

  get health(): EtcdHealth {
    const { count } = this.#members;
    return { hasLeader: this.#unavailable === undefined, leaderChanges: this.#leaderChanges, members: count };
  }

  /** How many times as long as usual each member's disk takes now; 0 for those that are not written to. */
  get paces(): readonly number[] {
    return this.#paces;
  }

  get walFsyncLatency(): LatencySettings {
    return this.#settings.walFsyncLatency;
  }

  get backendCommitLatency(): LatencySettings {
    return this.#settings.backendCommitLatency;
  }

  /** Has it said when writing stops and goes on; in constructors only. */
  listen(listener: EtcdHealthListener): void {
    this.#listeners.push(listener);
  }

  /** Numbers of the members meant: the leader, so many followers, or all. */
  choose(which: 'leader' | 'all' | number): readonly number[] {
    const all = Array.from({ length: this.#members.count }, (_, member) => member);
    if (which === 'all') return all;
    const [first, ...others] = [this.#leader, ...all.filter((member) => member !== this.#leader)];
    return which === 'leader' ? [first as number] : others.slice(0, which);
  }

  /** A fault takes hold of members. */
  strike(fault: number, members: readonly number[], kind: MemberFault, factor?: number): void {
    for (const member of members) this.#members.strike(fault, member, kind, factor);
    this.#reconsider(members.includes(this.#leader));
  }

  /** A fault is over. */
  release(fault: number): void {
    this.#members.release(fault);
    this.#reconsider(false);
  }

  /** How much longer a commit takes than it would if nothing were wrong; same draws for both. */
  delay(identity: number, ordinal: number): Micros {
    const members = this.#members.majority();
    const { walFsyncLatency, peerRoundTripMilliseconds } = this.#settings;
    const { medianMilliseconds: median, p99Milliseconds: p99 } = walFsyncLatency;
    const drawn = (member: number): number =>
      p99 > median ? this.#fsyncs.lognormal(identity, ordinal * this.#members.count + member, median, p99) : median;
    const roundTrip = millis(peerRoundTripMilliseconds);
    const usual = commitTime(
      this.#leader,
      this.choose('all'),
      this.#members.quorum,
      (m) => millis(drawn(m)),
      roundTrip,
    );
    const slowed = (member: number): Micros => {
      const factor = this.#members.slowness(member);
      return millis(drawn(member) * factor * (factor > 1 ? SLOWED : 1));
    };
    const now = commitTime(this.#leader, members, this.#members.quorum, slowed, roundTrip);
    return Math.max(0, Math.round(now - usual));
  }

  /** After a change: whether there is a leader whom a quorum follows, or there will be an election. */
  #reconsider(leaderStruck: boolean): void {
    this.#paces = this.#members.paces(SLOWED);
    const majority = this.#members.majority();
    if (majority.includes(this.#leader)) {
      // A leader that is back before its followers have missed it leads on.
      this.#kernel.cancel(this.#election);
      this.#found();
      return;
    }
    if (majority.length === 0) {
      this.#kernel.cancel(this.#election);
      this.#lost(this.#members.allFrozen ? 'frozen' : leaderStruck ? 'leader-lost' : 'no-quorum');
      return;
    }
    this.#lost('leader-lost');
    if (this.#kernel.isPending(this.#election)) return;
    this.#callElection(majority);
  }

  /** The first follower whose patience ends, between one and two election timeouts, is elected. */
  #callElection(voters: readonly number[]): void {
    const { electionTimeoutMilliseconds, peerRoundTripMilliseconds, walFsyncLatency } = this.#settings;
    const patience = (member: number): Micros =>
      millis(electionTimeoutMilliseconds * (1 + this.#timeouts.uniform(member, this.#term)));
    const first = voters.reduce((best, member) => (patience(member) < patience(best) ? member : best));
    // One round to ask, with the vote on disk, and one to commit the term's first entry.
    const votes = 2 * millis(peerRoundTripMilliseconds + walFsyncLatency.medianMilliseconds);
    const at = this.#kernel.now + Math.round(patience(first) + votes);
    this.#election = this.#kernel.at(at, this.#elected, first, 0, undefined, Priority.external);
  }

  #elect(leader: number): void {
    this.#term++;
    if (!this.#members.majority().includes(leader)) {
      this.#reconsider(false);
      return;
    }
    this.#leader = leader;
    this.#leaderChanges++;
    this.#found();
  }

  #lost(why: Unavailability): void {
    const before = this.#unavailable;
    this.#unavailable = why;
    if (before === why) return;
    for (const listener of this.#listeners) listener.lost(why);
  }

  #found(): void {
    if (this.#unavailable === undefined) return;
    this.#unavailable = undefined;
    for (const listener of this.#listeners) listener.found();
  }

  save(): ClusterState {
    return {
      members: this.#members.save(),
      leader: this.#leader,
      term: this.#term,
      leaderChanges: this.#leaderChanges,
      unavailable: this.#unavailable,
      election: this.#election,
    };
  }

  restore(saved: unknown): void {
    const state = saved as ClusterState;
    this.#members.restore(state.members);
    this.#paces = this.#members.paces(SLOWED);
    this.#leader = state.leader;
    this.#term = state.term;
    this.#leaderChanges = state.leaderChanges;
    this.#unavailable = state.unavailable;
    this.#election = state.election;
  }
}
