import type { Decision } from '../sim/scheduler/decision.ts';
import { faultSpans, isRepair, spanLabel } from './fault-spans.ts';
import type { OutputFile } from './output-folder.ts';
import type { PodLife } from './pod-ledger.ts';
import type { Recording } from './recording.ts';

/** What the trace shows at most: viewers grow slow beyond. */
const MAX_PODS = 20_000;
const MAX_DECISIONS = 50_000;

/** Processes of the trace: the control plane, what went wrong, what was done about it, then one for each node. */
const CONTROL_PLANE = 1;
const FAULTS = 2;
const REPAIRS = 3;
const FIRST_NODE = 10;

/** The trace-event format that Perfetto and Chrome open; times are microseconds. */
export class TimelineTrace {
  readonly #decisions: string[] = [];
  #leftOut = 0;

  decision({ time, durationMicros, pod, result, node, message, evaluatedNodes }: Decision): void {
    if (this.#decisions.length >= MAX_DECISIONS) {
      this.#leftOut++;
      return;
    }
    this.#decisions.push(
      JSON.stringify({
        name: pod,
        cat: result,
        ph: 'X',
        ts: time - durationMicros,
        dur: Math.max(1, durationMicros),
        pid: CONTROL_PLANE,
        tid: 1,
        args: { result, node, evaluatedNodes, ...(message === '' ? {} : { message }) },
      }),
    );
  }

  /** Writes the trace: scheduling attempts, faults, and each node's pods side by side. */
  write(file: OutputFile, recording: Recording): void {
    file.write('{"displayTimeUnit":"ms","traceEvents":[\n');
    const lines = [
      name(CONTROL_PLANE, 'kube-scheduler'),
      name(FAULTS, 'faults'),
      name(REPAIRS, 'repairs'),
      ...this.#decisions,
      ...faults(recording),
    ];
    let shown = 0;
    for (const node of recording.nodes.nodes.values()) lines.push(name(FIRST_NODE + node.index, node.name));
    for (const [node, pods] of byNode(recording)) {
      const index = recording.nodes.nodes.get(node)?.index;
      if (index === undefined) continue;
      for (const line of nodeLanes(FIRST_NODE + index, pods, recording.now)) {
        if (shown++ >= MAX_PODS) break;
        lines.push(line);
      }
    }
    file.write(lines.join(',\n'));
    const leftOut = { decisions: this.#leftOut, pods: Math.max(0, shown - MAX_PODS) };
    file.write(`\n],"otherData":${JSON.stringify({ scenario: recording.identity.name, leftOut })}}\n`);
  }
}

function name(pid: number, text: string): string {
  return JSON.stringify({ name: 'process_name', ph: 'M', pid, args: { name: text } });
}

/** Faults from their begins to their ends, and below them what was done about nodes; each in a lane of its own. */
function* faults({ faults: notices, now }: Recording): IterableIterator<string> {
  for (const [tid, span] of faultSpans(notices, now).entries()) {
    const { from: ts, to, nodes, source } = span;
    const pid = isRepair(span) ? REPAIRS : FAULTS;
    yield JSON.stringify({
      name: spanLabel(span),
      ph: 'X',
      ts,
      dur: Math.max(1, to - ts),
      pid,
      tid,
      args: { nodes, source },
    });
  }
}

function byNode({ pods }: Recording): Map<string, PodLife[]> {
  const result = new Map<string, PodLife[]>();
  for (const pod of pods.pods.values()) {
    if (pod.scheduled === undefined) continue;
    const list = result.get(pod.node);
    if (list === undefined) result.set(pod.node, [pod]);
    else list.push(pod);
  }
  return result;
}

/** Pods of one node in as few lanes as keep them from overlapping. */
function* nodeLanes(pid: number, pods: readonly PodLife[], now: number): IterableIterator<string> {
  const sorted = pods.toSorted((a, b) => (a.scheduled ?? 0) - (b.scheduled ?? 0));
  const freeFrom: number[] = [];
  for (const pod of sorted) {
    const from = pod.scheduled ?? 0;
    const to = Math.max(from + 1, pod.finished ?? pod.deleted ?? now);
    let lane = freeFrom.findIndex((free) => free <= from);
    if (lane < 0) lane = freeFrom.length;
    freeFrom[lane] = to;
    const args = { namespace: pod.namespace, owner: pod.owner, phase: pod.phase, restarts: pod.restarts };
    yield JSON.stringify({ name: pod.name, cat: pod.phase, ph: 'X', ts: from, dur: to - from, pid, tid: lane, args });
  }
}
