import { SECOND } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { CpuShare } from './cpu-shares.ts';

/** What is older is never asked for: two scrapes of a slow metrics-server lie within. */
const REMEMBERED = 300 * SECOND;

/** From a time on a container has had so much, in thousandths of a core. */
interface Step {
  readonly from: Micros;
  readonly got: number;
}

/** How a container stands that may get less of the processor than it wants; plain data, replaced as a whole. */
export interface CpuAccount {
  /** It may at present; else it has had what it wanted since then. */
  readonly isOpen: boolean;
  /** Since when it stands so; thousandths of a core. */
  readonly since: Micros;
  readonly wanted: number;
  readonly allowed: number;
  readonly got: number;
  /** What it has had over the last few minutes, the first step being the account's beginning. */
  readonly steps: readonly Step[];
}

/** Time of containers that was lost, and time in which a limit cost them some, in microseconds. */
export interface LostTime {
  /** Stopped by a limit. */
  readonly throttled: Micros;
  /** Runnable, but others had the processor. */
  readonly waiting: Micros;
  /** In whose CFS periods the limit was reached. */
  readonly limited: Micros;
}

export const NOTHING_LOST: LostTime = { throttled: 0, waiting: 0, limited: 0 };

/** An account that goes on with another share, or begins with it; one that was closed begins anew. */
export function carriedOn(
  account: CpuAccount | undefined,
  { wanted, allowed, got }: Pick<CpuShare, 'wanted' | 'allowed' | 'got'>,
  now: Micros,
): CpuAccount {
  let steps: readonly Step[] = account?.isOpen === true ? account.steps : [];
  if (steps.at(-1)?.got !== got) {
    const before = steps.at(-1)?.from === now ? steps.slice(0, -1) : steps;
    const old = before.findLastIndex(({ from }) => from <= now - REMEMBERED);
    steps = [...before.slice(Math.max(0, old)), { from: now, got }];
  }
  return { isOpen: true, since: now, wanted, allowed, got, steps };
}

/** Nobody is in its way any more, or it has ended. */
export function closed(account: CpuAccount, now: Micros): CpuAccount {
  return account.isOpen ? { ...account, isOpen: false, since: now } : account;
}

/**
 * What a container has lost since its share was last another one. One that wants `wanted` cores and may have `allowed` of
 * them has used up its quota after that part of each CFS period, and stands still for the rest of it.
 */
export function lostSince({ isOpen, since, wanted, allowed, got }: CpuAccount, now: Micros): LostTime {
  if (!isOpen) return NOTHING_LOST;
  const lasted = now - since;
  return {
    throttled: lasted * (1 - allowed / wanted),
    waiting: lasted * (1 - got / allowed),
    limited: allowed < wanted ? lasted : 0,
  };
}

export function bothLost(a: LostTime, b: LostTime): LostTime {
  return {
    throttled: a.throttled + b.throttled,
    waiting: a.waiting + b.waiting,
    limited: a.limited + b.limited,
  };
}

/** What a container has had over a stretch of time, as far as its account goes back: amount times microseconds. */
export function hadBetween({ isOpen, since, steps }: CpuAccount, from: Micros, to: Micros): number {
  const end = isOpen ? to : Math.min(to, since);
  let sum = 0;
  for (const [i, step] of steps.entries()) {
    const low = Math.max(from, step.from);
    const high = Math.min(end, steps[i + 1]?.from ?? Infinity);
    if (high > low) sum += step.got * (high - low);
  }
  return sum;
}
