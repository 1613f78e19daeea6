import type { Decision } from '../sim/scheduler/decision.ts';
import type { OutputFile } from './output-folder.ts';
import type { PodLife } from './pod-ledger.ts';
import type { Recording } from './recording.ts';

/** What the trace shows at most: viewers grow slow beyond. */
const MAX_PODS = 20_000;
const MAX_DECISIONS = 50_000;

/** Processes of the trace: the control plane, what went wrong, then one for each node. */
const CONTROL_PLANE = 1;
const FAULTS = 2;
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

/** Each fault from its begin to its end, one after the other; those without an end last to the end of the run. */
function* faults({ faults: notices, now }: Recording): IterableIterator<string> {
  const open = new Map<string, { time: number; lane: number }>();
  let lane = 0;
  const line = (key: string, from: number, to: number, tid: number, nodes: readonly string[]): string =>
    JSON.stringify({ name: key, ph: 'X', ts: from, dur: Math.max(1, to - from), pid: FAULTS, tid, args: { nodes } });
  for (const { kind, nodes, zone, phase, time, source } of notices) {
    const key = `${kind} ${zone ?? nodes.slice(0, 3).join(' ')}${nodes.length > 3 ? ' …' : ''} (${source})`;
    const begun = open.get(key);
    if (phase === 'begin') open.set(key, { time, lane: lane++ });
    else if (begun !== undefined) {
      open.delete(key);
      yield line(key, begun.time, time, begun.lane, nodes);
    }
  }
  for (const [key, { time, lane: tid }] of open) yield line(key, time, now, tid, []);
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
