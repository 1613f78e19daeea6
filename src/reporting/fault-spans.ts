import type { FaultKind, FaultNotice, RepairKind } from '../sim/faults/timed-fault.ts';
import type { Micros } from '../sim/kernel/time.ts';

/** A fault or a repair, from its begin to its end. */
export interface FaultSpan {
  readonly kind: FaultKind | RepairKind;
  readonly nodes: readonly string[];
  readonly zone: string | undefined;
  /** `timed`, or the name of the failure model or response. */
  readonly source: string;
  readonly from: Micros;
  /** The end of the run, where it was not over. */
  readonly to: Micros;
  /** It was not over when the run ended. */
  readonly open: boolean;
}

const REPAIRS: Readonly<Record<RepairKind, true>> = { reboot: true, replace: true };

/** Whether it mends rather than breaks; a `node-reboot` of the scenario breaks, the response's `reboot` mends. */
export function isRepair({ kind }: Pick<FaultNotice, 'kind'>): boolean {
  return Object.hasOwn(REPAIRS, kind);
}

/** `node-crash n-1`, `partition zone a`, `drain n-1, n-2 and 3 more`; and who did it, where the scenario did not say when. */
export function spanLabel({ kind, nodes, zone, source }: FaultSpan): string {
  const few = nodes.length > 2 ? `${nodes.slice(0, 2).join(', ')} and ${nodes.length - 2} more` : nodes.join(', ');
  const where = zone === undefined ? few : `zone ${zone}`;
  return [kind, where, source === 'timed' ? '' : `(${source})`].filter((word) => word !== '').join(' ');
}

/** Each notice of a begin with that of its end, in order of their begins. */
export function faultSpans(notices: readonly FaultNotice[], now: Micros): readonly FaultSpan[] {
  const spans: FaultSpan[] = [];
  /** Where those stand that are not over, the oldest first: two alike may overlap. */
  const open = new Map<string, number[]>();
  for (const { kind, nodes, zone, phase, time, source } of notices) {
    const key = JSON.stringify([kind, source, zone, nodes]);
    const alike = open.get(key) ?? [];
    if (phase === 'begin') {
      open.set(key, [...alike, spans.length]);
      spans.push({ kind, nodes, zone, source, from: time, to: now, open: true });
      continue;
    }
    const index = alike[0];
    if (index === undefined) continue;
    open.set(key, alike.slice(1));
    spans[index] = { ...(spans[index] as FaultSpan), to: time, open: false };
  }
  return spans;
}
