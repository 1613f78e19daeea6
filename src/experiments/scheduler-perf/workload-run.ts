import type { Draft, KubeObject } from '../../sim/api/meta.ts';
import { kindInfo } from '../../sim/api/kinds.ts';
import { threeWay } from '../../sim/apiserver/last-applied.ts';
import type { ApiRequest, DeleteOptions } from '../../sim/apiserver/request.ts';
import { SECOND, seconds } from '../../sim/kernel/time.ts';
import type { Micros } from '../../sim/kernel/time.ts';
import type { CreatePods, Operation, PerfWorkload, TestCase } from './config.ts';
import { Parameters } from './parameters.ts';
import type { TemplateValues } from './perf-template.ts';
import { claimAllocations, driverSlice, matcher } from './devices.ts';
import type { PerfCluster } from './perf-cluster.ts';
import { podVolumes, withClaim } from './pod-volumes.ts';
import { Collector, PodWatch } from './pod-watch.ts';
import type { PodChoice, Stage } from './pod-watch.ts';
import { DEFAULT_NODE, DEFAULT_POD } from './templates.ts';
import type { Templates } from './templates.ts';

/** Objects are created by so many at once. Source: test/utils/runners.go, CreatePod. */
const CREATORS = 30;

/** Simulated time after which an operation that has not ended is given up. */
const PATIENCE = seconds(3600);

type Of<T extends Operation['opcode']> = Extract<Operation, { opcode: T }>;

/** Pods of one namespace. */
type PodSet = readonly [namespace: string, operation: CreatePods];

/** What is being sent: requests of one object, one after the other. */
type Job = readonly ApiRequest[];

/** One workload: its operations, one after the other, on a cluster of its own. */
export class WorkloadRun {
  readonly collected: Collector[] = [];
  readonly #cluster: PerfCluster;
  readonly #templates: Templates;
  readonly #testCase: TestCase;
  readonly #params: Parameters;
  readonly #rendered: TemplateValues;
  readonly #watch = new PodWatch();
  readonly #namespaces = new Set(['default']);
  /** What was created under a name of its own, for updates. */
  readonly #created = new Map<string, Draft>();
  #collecting: Collector[] = [];
  #nodes = 0;
  #over = false;

  constructor(cluster: PerfCluster, templates: Templates, testCase: TestCase, workload: PerfWorkload) {
    this.#cluster = cluster;
    this.#templates = templates;
    this.#testCase = testCase;
    this.#params = new Parameters(testCase, workload);
    this.#rendered = { ...workload.params };
    cluster.observe((change) => this.#watch.changed(change));
  }

  run(): void {
    for (const [index, operation] of this.#testCase.workloadTemplate.entries()) this.#do(operation, index);
    this.#stopCollecting();
    this.#over = true;
  }

  #do(operation: Operation, index: number): void {
    switch (operation.opcode) {
      case 'createNodes':
        return this.#createNodes(operation);
      case 'createNamespaces':
        return this.#createNamespaces(operation);
      case 'createPods':
        return this.#createPods([[operation.namespace ?? `namespace-${index}`, operation]]);
      case 'createPodSets': {
        const sets = Array.from({ length: this.#params.count(operation) }, (_, i) => {
          return [`${operation.namespacePrefix}-${i}`, operation.createPodsOp] as const;
        });
        return this.#createPods(sets);
      }
      case 'churn':
        return this.#churn(operation, `churn-${index}`);
      case 'barrier':
        return this.#await(
          { namespaces: operation.namespaces, labels: operation.labelSelector },
          operation.stageRequirement,
        );
      case 'sleep':
        this.#cluster.kernel.run({ until: this.#cluster.kernel.now + this.#params.duration(operation) });
        return undefined;
      case 'createResourceDriver':
        return this.#createResourceDriver(operation);
      case 'allocResourceClaims': {
        const draws = this.#cluster.kernel.random.purpose('scheduler-perf/claims');
        const requests = claimAllocations(this.#cluster.server, operation.namespace, draws);
        if (requests === undefined) throw new Error(`${this.#testCase.name}: there are not devices for all claims`);
        return this.#sendAll(requests.map((request) => [request]));
      }
      case 'createAny':
        return this.#createAny(operation, `namespace-${index}`);
      case 'updateAny':
        return this.#updateAny(operation);
      case 'deletePods':
        return this.#deletePods(operation);
      case 'startCollectingMetrics': {
        const choice = { namespaces: operation.namespaces, labels: operation.labelSelector };
        this.#startCollecting(operation.name, choice);
        return undefined;
      }
      case 'stopCollectingMetrics':
        return this.#stopCollecting();
    }
  }

  /** One object for all that is rendered, as it is read at once. */
  #values(index: number, count: number): TemplateValues {
    return Object.assign(this.#rendered, { Index: index, Count: count });
  }

  /** Runs the cluster until something is so. */
  #until(what: string, done: () => boolean): void {
    if (done()) return;
    const { kernel } = this.#cluster;
    kernel.run({ until: kernel.now + PATIENCE, while: () => !done() });
    if (done()) return;
    const refusals = this.#cluster.refusals.slice(0, 3).map((message) => `; ${message}`);
    throw new Error(`${this.#testCase.name}: ${what} after an hour of simulated time${refusals.join('')}`);
  }

  #await(choice: PodChoice, stage: Stage): void {
    const waiting = this.#watch.wait(choice, stage);
    try {
      this.#until(`${waiting.missing()} pods are not ${stage.toLowerCase()}`, waiting.done);
    } finally {
      waiting.end();
    }
  }

  /** Sends jobs by so many hands; the run goes on when all are answered. */
  #sendAll(jobs: readonly Job[]): void {
    let next = 0;
    let answered = 0;
    const take = (): void => {
      const job = jobs[next++];
      if (job !== undefined) send(job, 0);
    };
    const send = (job: Job, position: number): void => {
      const request = job[position];
      if (request !== undefined) {
        this.#cluster.send(request, () => send(job, position + 1));
        return;
      }
      answered++;
      take();
    };
    for (let i = 0; i < CREATORS; i++) take();
    this.#until('requests are not answered', () => answered === jobs.length);
  }

  /** A request that creates an object in a namespace. */
  #creation(draft: Draft, namespace: string): ApiRequest {
    const namespaced = kindInfo(draft.kind)?.namespaced === true;
    const home = namespaced ? (draft.metadata.namespace ?? namespace) : '';
    const { name } = draft.metadata;
    if (name !== undefined) this.#created.set(`${draft.kind}/${home}/${name}`, draft);
    const metadata = namespaced ? { ...draft.metadata, namespace: home } : draft.metadata;
    return { verb: 'create', kind: draft.kind, namespace: home, name: name ?? '', body: { ...draft, metadata } };
  }

  #createNodes(operation: Of<'createNodes'>): void {
    const count = this.#params.count(operation);
    const { nodeTemplatePath, labelNodePrepareStrategy, uniqueNodeLabelStrategy, nodeAllocatableStrategy } = operation;
    const template = nodeTemplatePath === undefined ? () => DEFAULT_NODE : this.#templates.get(nodeTemplatePath);
    const jobs = Array.from({ length: count }, (_, index): Job => {
      const draft = template(this.#values(index, count)) as Draft & { readonly status?: { capacity?: object } };
      const labels: Record<string, string> = { ...draft.metadata.labels };
      if (labelNodePrepareStrategy !== undefined) {
        const { labelKey, labelValues } = labelNodePrepareStrategy;
        labels[labelKey] = labelValues[index % labelValues.length] as string;
      }
      if (uniqueNodeLabelStrategy !== undefined) labels[uniqueNodeLabelStrategy.labelKey] = String(index);
      // The original's nodes get their names from the server; hostnames are what topologies need.
      const name = draft.metadata.name ?? `${draft.metadata.generateName ?? 'node-'}${this.#nodes + index}`;
      labels['kubernetes.io/hostname'] ??= name;
      const capacity = { ...draft.status?.capacity, ...nodeAllocatableStrategy?.nodeAllocatable };
      const node = { ...draft, metadata: { name, labels }, status: { ...draft.status, capacity } };
      return [this.#creation(node, '')];
    });
    this.#nodes += count;
    this.#sendAll(jobs);
  }

  /** A slice of devices for every node whose name is as it says. */
  #createResourceDriver(operation: Of<'createResourceDriver'>): void {
    const { driverName, nodes, maxClaimsPerNode, maxClaimsPerNodeParam } = operation;
    const count = this.#params.count({ count: maxClaimsPerNode, countParam: maxClaimsPerNodeParam });
    const isMeant = matcher(nodes);
    const names = this.#cluster.server.list('Node').items.map(({ metadata }) => metadata.name);
    this.#sendAll(names.filter(isMeant).map((name) => [this.#creation(driverSlice(driverName, name, count), '')]));
  }

  #createNamespaces(operation: Of<'createNamespaces'>): void {
    const count = this.#params.count(operation);
    const { namespaceTemplatePath, prefix } = operation;
    const empty: Draft = { apiVersion: 'v1', kind: 'Namespace', metadata: {} };
    const template = namespaceTemplatePath === undefined ? () => empty : this.#templates.get(namespaceTemplatePath);
    const jobs = Array.from({ length: count }, (_, index): Job => {
      const draft = template(this.#values(index, count));
      const name = `${prefix}-${index}`;
      this.#namespaces.add(name);
      return [this.#creation({ ...draft, metadata: { ...draft.metadata, name } }, '')];
    });
    this.#sendAll(jobs);
  }

  #namespace(name: string): void {
    if (this.#namespaces.has(name)) return;
    this.#namespaces.add(name);
    this.#cluster.createNow({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  #createPods(sets: readonly PodSet[]): void {
    const namespaces = sets.map(([namespace]) => namespace);
    const choice = { namespaces, labels: {} };
    const [, first] = sets[0] ?? [];
    const steady = first?.steadyState === true;
    const jobs = steady ? [] : this.#podJobs(sets);
    const collector = first?.collectMetrics === true ? this.#startCollecting(namespaces[0] ?? '', choice) : undefined;
    if (steady) this.#keepCreating(sets, this.#params.duration(first));
    else {
      this.#sendAll(jobs);
      if (first?.skipWaitToCompletion !== true) this.#await(choice, 'Scheduled');
    }
    if (collector !== undefined) this.#stopCollecting();
  }

  /** Pods that are deleted when all are on nodes, and created anew, over and over. Source: createPodsSteadily. */
  #keepCreating(sets: readonly PodSet[], duration: Micros): void {
    const { kernel } = this.#cluster;
    const choice = { namespaces: sets.map(([namespace]) => namespace), labels: {} };
    const end = kernel.now + duration;
    while (kernel.now < end) {
      this.#sendAll(this.#podJobs(sets));
      const waiting = this.#watch.wait(choice, 'Scheduled');
      kernel.run({ until: end, while: () => !waiting.done() });
      waiting.end();
      // Without any pods nothing would ever come.
      if (kernel.now >= end || this.#watch.matching(choice).length === 0) return;
      this.#sendAll(this.#deletions(choice, { gracePeriodSeconds: 0 }));
    }
  }

  /** What creates the pods, with all that they need. */
  #podJobs(sets: readonly PodSet[]): Job[] {
    return sets.flatMap(([namespace, operation]) => {
      this.#namespace(namespace);
      const count = this.#params.count(operation);
      const path = operation.podTemplatePath ?? this.#testCase.defaultPodTemplatePath;
      const template = path === undefined ? () => DEFAULT_POD : this.#templates.get(path);
      return Array.from({ length: count }, (_, index): Job => {
        const values = this.#values(index, count);
        const draft = template(values);
        const volumes = podVolumes(operation, this.#templates, values, namespace, index);
        return [
          ...volumes.map((volume) => this.#creation(volume, namespace)),
          this.#creation(withClaim(operation, draft, index), namespace),
        ];
      });
    });
  }

  #churn({ mode, number, intervalMilliseconds, namespace, templatePaths }: Of<'churn'>, fallback: string): void {
    const home = namespace ?? fallback;
    this.#namespace(home);
    const interval = intervalMilliseconds * 1000;
    const templates = templatePaths.map((path) => this.#templates.get(path));
    let tick = 0;
    /** Names of what stands, by template and slot. */
    const names = templates.map((): string[] => []);
    const act = (): void => {
      if (this.#over) return;
      for (const [i, template] of templates.entries()) {
        const slots = names[i] as string[];
        const slot = mode === 'recreate' ? tick % Math.max(1, number) : tick;
        const standing = slots[slot] ?? '';
        const draft = template(this.#values(tick, number));
        if (mode === 'recreate' && standing !== '') {
          slots[slot] = '';
          const at = kindInfo(draft.kind)?.namespaced === true ? home : '';
          this.#cluster.send({ verb: 'delete', kind: draft.kind, namespace: at, name: standing }, () => undefined);
          continue;
        }
        this.#cluster.send(this.#creation(draft, home), (reply) => {
          if (mode === 'recreate' && reply?.result.ok === true) slots[slot] = reply.result.object.metadata.name;
        });
      }
      tick++;
      if (mode === 'recreate' || number === 0 || tick < number) this.#cluster.after(interval, act);
    };
    this.#cluster.after(interval, act);
  }

  #createAny(operation: Of<'createAny'>, fallback: string): void {
    const count =
      operation.count === undefined && operation.countParam === undefined ? 1 : this.#params.count(operation);
    const template = this.#templates.get(operation.templatePath);
    const namespace = operation.namespace ?? fallback;
    const drafts = Array.from({ length: count }, (_, index) => template(this.#values(index, count)));
    if (drafts.some(({ kind }) => kindInfo(kind)?.namespaced === true)) this.#namespace(namespace);
    this.#sendAll(drafts.map((draft) => [this.#creation(draft, namespace)]));
  }

  #updateAny(operation: Of<'updateAny'>): void {
    const count =
      operation.count === undefined && operation.countParam === undefined ? 1 : this.#params.count(operation);
    const template = this.#templates.get(operation.templatePath);
    const jobs = Array.from({ length: count }, (_, index) => (): Job => {
      const draft = template(this.#values(index, count));
      return this.#update(draft, operation.namespace ?? '', operation.subresources.includes('resize'));
    });
    this.#paced(jobs, operation.updatePerSecond, operation.skipWaitToCompletion);
  }

  /** What an update changes: the object's own part, and a node's status, which the server keeps apart. */
  #update(draft: Draft, namespace: string, resize: boolean): Job {
    const { kind } = draft;
    const home = kindInfo(kind)?.namespaced === true ? (draft.metadata.namespace ?? namespace) : '';
    const name = draft.metadata.name ?? '';
    const key = `${kind}/${home}/${name}`;
    const live = this.#cluster.server.get<KubeObject>(kind, home, name);
    if (live === undefined) return [];
    const merged = threeWay(this.#created.get(key), live, draft) as KubeObject & { readonly status?: object };
    this.#created.set(key, draft);
    const { labels, annotations } = merged.metadata;
    const metadata = {
      ...live.metadata,
      labels,
      annotations,
      resourceVersion: undefined,
    } as unknown as KubeObject['metadata'];
    const target = { verb: 'update', kind, namespace: home, name } as const;
    const body = { ...merged, metadata };
    if (resize) return [{ ...target, subresource: 'resize', body }];
    if (kind !== 'Node') return [{ ...target, body }];
    const { capacity } = (draft as { readonly status?: { readonly capacity?: object } }).status ?? {};
    const status = { ...merged.status, ...(capacity === undefined ? {} : { allocatable: capacity }) };
    return [
      { ...target, body },
      { ...target, subresource: 'status', body: { ...body, status } },
    ];
  }

  #deletePods(operation: Of<'deletePods'>): void {
    const { namespace, labelSelector: labels, deletePodsPerSecond, skipWaitToCompletion } = operation;
    const jobs = this.#deletions({ namespaces: [namespace], labels }).map((job) => (): Job => job);
    this.#paced(jobs, deletePodsPerSecond, skipWaitToCompletion);
  }

  /** What deletes the pods of a choice. */
  #deletions(choice: PodChoice, options?: DeleteOptions): Job[] {
    return this.#watch.matching(choice).map((key): Job => {
      const [namespace, name] = key.split('/') as [string, string];
      const target = { kind: 'Pod', namespace, name, ignore: ['NotFound'] } as const;
      return [{ verb: 'delete', ...target, ...(options === undefined ? {} : { options }) }];
    });
  }

  /** Jobs at a rate, each made when its time has come; or all at once. */
  #paced(jobs: readonly (() => Job)[], perSecond: number | undefined, inBackground: boolean): void {
    let answered = 0;
    for (const [i, make] of jobs.entries()) {
      this.#cluster.after(perSecond === undefined ? 0 : Math.round((SECOND * (i + 1)) / perSecond), () => {
        const job = this.#over ? [] : make();
        const send = (position: number): void => {
          const request = job[position];
          if (request === undefined) answered++;
          else this.#cluster.send(request, () => send(position + 1));
        };
        send(0);
      });
    }
    if (!inBackground) this.#until('requests are not answered', () => answered === jobs.length);
  }

  #startCollecting(name: string, choice: PodChoice): Collector {
    const collector = new Collector(name, choice, this.#cluster.kernel.now);
    this.#collecting.push(collector);
    this.#watch.collect(collector);
    return collector;
  }

  #stopCollecting(): void {
    for (const collector of this.#collecting) {
      collector.end(this.#cluster.kernel.now);
      this.#watch.stop(collector);
      this.collected.push(collector);
    }
    this.#collecting = [];
  }
}
