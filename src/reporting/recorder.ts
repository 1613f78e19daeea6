import type { ApiRequest, ApiResult } from '../sim/apiserver/request.ts';
import type { RecordedEvent } from '../sim/apiserver/event-recorder.ts';
import type { Change } from '../sim/etcd/store.ts';
import type { FaultNotice } from '../sim/faults/timed-fault.ts';
import { seconds } from '../sim/kernel/time.ts';
import type { Micros } from '../sim/kernel/time.ts';
import type { Decision } from '../sim/scheduler/decision.ts';
import { CloudLedger } from './cloud-ledger.ts';
import { CsvTable, inSeconds } from './csv-table.ts';
import { DurationTally, REQUEST_BUCKETS } from './duration-tally.ts';
import { stageLatencies } from './latencies.ts';
import { EtcdDiskLedger } from './etcd-disk.ts';
import { LoadSampler } from './load-samples.ts';
import { NodeFrames } from './node-frames.ts';
import { NodeLedger } from './node-ledger.ts';
import { openMetrics } from './open-metrics.ts';
import { OutputFolder } from './output-folder.ts';
import { PodLedger } from './pod-ledger.ts';
import type { Recording, Tallies } from './recording.ts';
import { reportHtml } from './report/report-html.ts';
import { ResponseLedger } from './response-ledger.ts';
import { ServiceLedger } from './service-ledger.ts';
import type { OutputChoice, RecorderSources, RunIdentity } from './sources.ts';
import { summaryOf } from './summary.ts';
import type { Summary } from './summary.ts';
import { DECISION_COLUMNS, EVENT_COLUMNS, writeControlPlane, writeNodes, writePods } from './tables.ts';
import { COLUMNS, Sampler } from './time-series.ts';
import type { Sample } from './time-series.ts';
import { TimelineTrace } from './timeline-trace.ts';
import { Tally } from './tally.ts';
import { TrafficLedger } from './traffic-ledger.ts';
import { writeTraffic } from './traffic-rows.ts';

export interface RecorderOptions {
  /** Folder of the results; where absent, nothing is written and only the summary is made. */
  readonly out?: string;
  readonly identity: RunIdentity;
  readonly intervalSeconds: number;
  readonly warmUpSeconds: number;
  readonly outputs: OutputChoice;
}

/** How the run ended. */
export interface RunEnd {
  readonly partial: boolean;
  /** Why, where it ended early. */
  readonly reason?: string;
}

/** Warnings kept for the report, of each reason. */
const WARNINGS_KEPT = 20;

/** Verbs that are POST requests: 201 Created is their success. */
const POSTS: ReadonlySet<string> = new Set(['create', 'bind', 'evict']);

/** The outputs of a run that writes nothing. */
const NOTHING: OutputChoice = {
  pods: false,
  nodes: false,
  events: false,
  decisions: false,
  timeseries: false,
  traffic: false,
  metrics: false,
  trace: false,
  report: false,
};

/** Records a run while it lasts and writes its results. It only looks: with or without it, the same things happen. */
export class Recorder {
  readonly #folder: OutputFolder | undefined;
  readonly #sources: RecorderSources;
  readonly #options: RecorderOptions;
  readonly #pods: PodLedger;
  readonly #nodes = new NodeLedger();
  readonly #sampler: Sampler;
  readonly #samples: Sample[] = [];
  readonly #frames = new NodeFrames();
  readonly #loads: LoadSampler;
  readonly #services = new ServiceLedger();
  readonly #cloud: CloudLedger | undefined;
  readonly #disks: EtcdDiskLedger | undefined;
  readonly #responses: ResponseLedger;
  readonly #traffic: TrafficLedger;
  readonly #faults: FaultNotice[] = [];
  readonly #warnings: RecordedEvent[] = [];
  readonly #tallies: Tallies = {
    requests: new Tally(),
    durations: new DurationTally(REQUEST_BUCKETS),
    attempts: { scheduled: 0, unschedulable: 0, error: 0 },
    attemptsByProfile: new Map(),
    events: new Tally(),
    cycleMicros: 0,
    evaluatedNodes: 0,
    refusals: 0,
  };
  readonly #trace: TimelineTrace | undefined;
  readonly #events: CsvTable | undefined;
  readonly #decisions: CsvTable | undefined;
  readonly #timeseries: CsvTable | undefined;
  readonly #stop: () => void;
  #time: Micros = 0;

  /** Begins to record; before the cluster starts. */
  constructor(sources: RecorderSources, options: RecorderOptions) {
    const outputs = options.out === undefined ? NOTHING : options.outputs;
    this.#sources = sources;
    this.#options = { ...options, outputs };
    const folder = options.out === undefined ? undefined : new OutputFolder(options.out);
    this.#folder = folder;
    this.#pods = new PodLedger((node, pod, sign) => this.#nodes.occupied(node, pod, sign, this.#time));
    this.#responses = new ResponseLedger(sources.kubelets);
    this.#traffic = new TrafficLedger(sources.traffic, () => sources.kernel.now, seconds(options.warmUpSeconds));
    this.#sampler = new Sampler(sources, this.#pods, this.#nodes);
    this.#loads = new LoadSampler(sources);
    this.#disks = outputs.metrics && sources.etcd ? new EtcdDiskLedger(sources.etcd) : undefined;
    this.#cloud = sources.provider && new CloudLedger(sources.provider, sources.autoscaler);
    this.#trace = outputs.trace ? new TimelineTrace() : undefined;
    const table = (wanted: boolean, name: string, columns: readonly string[]): CsvTable | undefined =>
      wanted && folder !== undefined ? new CsvTable(folder.file(name), columns) : undefined;
    this.#events = table(outputs.events, 'events.csv', EVENT_COLUMNS);
    this.#decisions = table(outputs.decisions, 'decisions.csv', DECISION_COLUMNS);
    this.#timeseries = table(outputs.timeseries, 'timeseries.csv', COLUMNS);
    sources.server.observe((change) => this.#changed(change));
    sources.server.observeRequests((request, result, took) => this.#requested(request, result, took));
    sources.events.observe((event) => this.#event(event));
    sources.scheduler.observe((decision) => this.#decided(decision));
    sources.faults.observe((notice) => {
      this.#faults.push(notice);
      this.#responses.faulted(notice);
    });
    sources.users.observe(() => this.#tallies.refusals++);
    const interval = seconds(options.intervalSeconds);
    this.#stop = sources.kernel.observe({
      next: interval,
      onTime: (time) => {
        this.#sample();
        return time + interval;
      },
    });
  }

  /** Names of the files written. */
  get files(): readonly string[] {
    return this.#folder?.names ?? [];
  }

  /** What was measured so far. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Pods by phase, for whoever shows progress. */
  get counts(): { readonly pending: number; readonly running: number } {
    return { pending: this.#pods.phases.Pending, running: this.#pods.phases.Running };
  }

  #changed(change: Change): void {
    this.#time = change.time;
    this.#responses.changed(change);
    this.#disks?.wrote(change.time);
    if (change.kind === 'Pod') {
      this.#pods.changed(change);
      if (change.type === 'ADDED') {
        const requests = this.#pods.pods.get(change.object.metadata.uid)?.requests;
        this.#sampler.created(requests?.get('cpu') ?? 0, requests?.get('memory') ?? 0);
      }
    } else if (change.kind === 'Node') {
      this.#nodes.changed(change);
    } else if (change.kind === 'EndpointSlice') {
      this.#services.changed(change);
    }
  }

  #requested(request: ApiRequest, result: ApiResult, took: Micros): void {
    this.#sampler.requested();
    this.#loads.requested(request.verb);
    const code = result.ok ? (POSTS.has(request.verb) ? '201' : '200') : String(result.status.code);
    this.#tallies.requests.add(request.verb, request.kind, code);
    this.#tallies.durations.add(request.verb, request.kind, took / 1e6);
  }

  #event(event: RecordedEvent): void {
    if (!event.written) return;
    const count = this.#tallies.events.add(event.type, event.reason);
    if (event.type === 'Warning' && count <= WARNINGS_KEPT) this.#warnings.push(event);
    if (this.#events === undefined) return;
    const { time, type, reason, component, kind, namespace, name, message } = event;
    this.#events.row([time / 1e6, type, reason, component, kind, namespace, name, event.count, message]);
  }

  #decided(decision: Decision): void {
    const { attempts, attemptsByProfile } = this.#tallies;
    attempts[decision.result]++;
    let counts = attemptsByProfile.get(decision.profile);
    if (counts === undefined) {
      counts = { scheduled: 0, unschedulable: 0, error: 0 };
      attemptsByProfile.set(decision.profile, counts);
    }
    counts[decision.result]++;
    this.#tallies.cycleMicros += decision.durationMicros;
    this.#tallies.evaluatedNodes += decision.evaluatedNodes;
    this.#pods.attempted(decision.uid, decision.message);
    if (decision.result === 'scheduled') this.#pods.refusals.forget(decision.uid);
    else this.#pods.refusals.note(decision);
    this.#trace?.decision(decision);
    this.#decisions?.row([
      decision.time / 1e6,
      decision.pod,
      decision.attempt,
      decision.result,
      decision.node,
      decision.score,
      decision.evaluatedNodes,
      decision.feasibleNodes,
      inSeconds(decision.durationMicros),
      inSeconds(decision.queueMicros),
      decision.rejectingPlugins.join(' '),
      decision.message,
    ]);
  }

  #sample(): void {
    const sample = this.#sampler.take();
    this.#samples.push(sample);
    this.#cloud?.take(sample.time_seconds);
    this.#timeseries?.row(COLUMNS.map((column) => sample[column]));
    if (this.#folder === undefined) return;
    this.#loads.take();
    if (this.#options.outputs.report) this.#frames.take(sample.time_seconds, this.#nodes);
  }

  /** Ends the recording and writes everything; the files appear when all of them are whole. */
  finish(end: RunEnd): Summary {
    this.#stop();
    const { kernel, server } = this.#sources;
    if ((this.#samples.at(-1)?.time_seconds ?? -1) * 1e6 < kernel.now) this.#sample();
    const warmUp = seconds(this.#options.warmUpSeconds);
    this.#services.settle(kernel.now);
    this.#traffic.settle(kernel.now);
    const recording: Recording = {
      identity: this.#options.identity,
      partial: end.partial,
      reason: end.reason ?? '',
      now: kernel.now,
      warmUp,
      kernelEvents: kernel.dispatched,
      revision: server.revision,
      hash: server.hash,
      pods: this.#pods,
      nodes: this.#nodes,
      samples: this.#samples,
      frames: this.#frames.frames,
      loads: { controllers: this.#loads.controllers, verbs: this.#loads.verbs, samples: this.#loads.samples },
      services: this.#services,
      traffic: this.#traffic,
      responses: this.#responses.figures(kernel.now),
      faults: this.#faults,
      warnings: this.#warnings,
      tallies: this.#tallies,
      controlPlane: this.#sources.controlPlane,
      cloud: this.#cloud,
      disks: this.#disks,
      lostCpu: this.#sources.kubelets.processors?.lost,
      latencies: stageLatencies(this.#pods.pods.values(), warmUp, kernel.now),
    };
    const summary = summaryOf(recording);
    const folder = this.#folder;
    if (folder === undefined) return summary;
    const { outputs } = this.#options;
    try {
      for (const table of [this.#events, this.#decisions, this.#timeseries]) table?.end();
      if (outputs.timeseries) writeControlPlane(folder.file('controlplane.csv'), recording);
      if (outputs.timeseries && this.#cloud !== undefined) this.#cloud.write(folder.file('cloud.csv'));
      if (outputs.traffic && this.#traffic.source !== undefined) writeTraffic(folder.file('traffic.csv'), recording);
      if (outputs.pods) writePods(folder.file('pods.csv'), recording);
      if (outputs.nodes) writeNodes(folder.file('nodes.csv'), recording);
      if (outputs.metrics) folder.write('metrics.prom', openMetrics(recording));
      if (this.#trace !== undefined) this.#trace.write(folder.file('trace.json'), recording);
      if (outputs.report) folder.write('report.html', reportHtml(recording, summary));
      folder.write('summary.json', `${JSON.stringify(summary, undefined, 2)}\n`);
      folder.commit();
    } catch (error) {
      folder.abandon();
      throw error;
    }
    return summary;
  }
}
