import type { Decision } from '../sim/scheduler/decision.ts';
import type { Micros } from '../sim/kernel/time.ts';

/** The same answer of the scheduler, so many times in a row. */
export interface Refusal {
  /** When it was first given, and at which of the pod's attempts. */
  readonly time: Micros;
  readonly attempt: number;
  times: number;
  readonly message: string;
  readonly plugins: readonly string[];
}

/** Pods whose history is kept, and answers of each: the first ones, since they tell how it began. */
const MOST_PODS = 500;
const MOST_ANSWERS = 10;

/** What the scheduler said of pods for which it found no node. */
export class Refusals {
  readonly #byPod = new Map<string, Refusal[]>();

  /** Notes an attempt that came to nothing. */
  note({ uid, time, attempt, message, rejectingPlugins }: Decision): void {
    let answers = this.#byPod.get(uid);
    if (answers === undefined) {
      if (this.#byPod.size >= MOST_PODS) return;
      this.#byPod.set(uid, (answers = []));
    }
    const last = answers.at(-1);
    if (last?.message === message) last.times++;
    else if (answers.length < MOST_ANSWERS) {
      answers.push({ time, attempt, times: 1, message, plugins: rejectingPlugins });
    }
  }

  /** The pod has a node: its history is of no interest any more. */
  forget(uid: string): void {
    this.#byPod.delete(uid);
  }

  of(uid: string): readonly Refusal[] {
    return this.#byPod.get(uid) ?? [];
  }
}

/** Nodes by reason, as the text of a FitError counts them: `0/5 nodes are available: 3 Insufficient cpu, 2 …`. */
export function reasonCounts(message: string): readonly (readonly [nodes: number, reason: string])[] {
  const [, list = ''] = /^0\/\d+ nodes are available: (.*?)\.(?: |$)/s.exec(message) ?? [];
  const counts = [...list.matchAll(/(?:^|, )(\d+) (.*?)(?=, \d+ |$)/gs)].map(
    ([, nodes, reason = '']): [number, string] => [Number(nodes), reason],
  );
  return counts.sort(([a], [b]) => b - a);
}
