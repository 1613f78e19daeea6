import type { KubeObject } from '../api/meta.ts';
import type { Change } from '../etcd/store.ts';
import type { Micros } from '../kernel/time.ts';

function historyLine({ time, revision, type, object }: Change): string {
  const { status, spec } = object as KubeObject & { status?: { phase?: string }; spec?: { nodeName?: string } };
  const where = spec?.nodeName === undefined ? '' : ` on ${spec.nodeName}`;
  const phase = status?.phase === undefined ? '' : ` ${status.phase}`;
  return `  ${(time / 1e6).toFixed(6)} s  revision ${revision}  ${type}${phase}${where}`;
}

/** Something that must hold at every instant did not: an error of the simulator, never of its input. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
  readonly invariant: string;
  readonly time: Micros;

  constructor(invariant: string, found: string, change: Change, history: readonly Change[]) {
    const lines = history.map(historyLine);
    super(
      `at ${(change.time / 1e6).toFixed(6)} s, revision ${change.revision}, ${change.kind} ${change.key}: ${invariant}: ${found}` +
        `\nits history, as far as it is kept:\n${lines.join('\n')}`,
    );
    this.invariant = invariant;
    this.time = change.time;
  }
}
