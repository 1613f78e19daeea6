import { Calendar } from './api/timestamps.ts';
import type { Draft, Timestamp } from './api/meta.ts';
import { ApiClients } from './apiserver/api-client.ts';
import type { ApiClient } from './apiserver/api-client.ts';
import { ApiFront } from './apiserver/flow-control/api-front.ts';
import { serveFlowControl } from './apiserver/flow-control/default-objects.ts';
import type { LoadUser } from './apiserver/flow-control/requesters.ts';
import { ApiLoad } from './api-load.ts';
import type { ApiLoadSpec } from './api-load.ts';
import { ApiServer } from './apiserver/api-server.ts';
import { Compactor } from './apiserver/compactor.ts';
import { EtcdGate } from './apiserver/etcd-gate.ts';
import { EventRecorder } from './apiserver/event-recorder.ts';
import { ReflectorLists } from './apiserver/reflector-lists.ts';
import { WatchHub } from './apiserver/watch-hub.ts';
import type { ArrivalSource } from './arrivals.ts';
import { ClusterAutoscaler } from './autoscaler/cluster-autoscaler.ts';
import type { Component } from './component.ts';
import { CloudControllerManager, cloudControllers } from './cloud/cloud-controller-manager.ts';
import { spotInterruptions } from './cloud/spot-interruptions.ts';
import { CloudProvider } from './cloud/provider.ts';
import type { InstanceGroupSpec, ProviderSpec } from './cloud/provider-spec.ts';
import { ControllerManager } from './controllers/controller-manager.ts';
import { disruptionController } from './controllers/disruption.ts';
import { endpointSliceController } from './controllers/endpoint-slice.ts';
import { endpointSliceMirroringController } from './controllers/endpoint-slice-mirroring.ts';
import { endpointsController } from './controllers/endpoints.ts';
import { garbageCollector } from './controllers/garbage-collector.ts';
import { namespaceController } from './controllers/namespace.ts';
import { nodeIpamController } from './controllers/node-ipam.ts';
import { nodeTtlController } from './controllers/node-ttl.ts';
import { NodeLifecycle } from './controllers/node-lifecycle/node-lifecycle.ts';
import { PodGarbageCollector } from './controllers/pod-gc.ts';
import type { ReconcilePolicies } from './controllers/policies.ts';
import { resourceClaimController } from './controllers/resource-claim.ts';
import { resourceQuotaController } from './controllers/resource-quota.ts';
import { serviceAccountController } from './controllers/service-account.ts';
import { TaintEviction } from './controllers/taint-eviction.ts';
import { CsiProcess } from './controllers/volume/csi-process.ts';
import { VOLUME_CONTROLLERS } from './controllers/volume/volume-controllers.ts';
import { workloadControllers } from './controllers/workload-controllers.ts';
import type { ControlPlaneFigures } from './control-plane-figures.ts';
import type { Environment } from './environment.ts';
import { EtcdCluster } from './etcd/cluster.ts';
import type { FailureModelEntry } from './faults/failure-model.ts';
import type { FailureResponse } from './faults/failure-response.ts';
import { Faults } from './faults/faults.ts';
import type { TimedFault } from './faults/timed-fault.ts';
import { Kernel } from './kernel/kernel.ts';
import type { KernelState, RunOptions, RunOutcome } from './kernel/kernel.ts';
import type { QueueKind } from './kernel/event-queue.ts';
import type { Saveable } from './kernel/saveable.ts';
import { DeviceDrivers } from './node/device-drivers.ts';
import { Kubelets } from './node/kubelets.ts';
import type { MachineSpec } from './node/machines.ts';
import type { Stages } from './node/stages/stage.ts';
import type { StaticPodDrafts } from './node/static-pods.ts';
import type { Profile } from './scheduler/framework.ts';
import type { ExtenderSet } from './scheduler/extenders.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import type { ComponentSettings } from './settings.ts';
import { defaultStorageClass } from './storage/drivers.ts';
import { Traffic } from './traffic/traffic.ts';
import type { TrafficSpec } from './traffic/traffic-spec.ts';
import { Users } from './users.ts';

/** Namespaces that every cluster has. */
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** What a cluster is made of. */
export interface ClusterOptions {
  readonly seed: string;
  /** Calendar time at simulated time 0. */
  readonly startTime: Timestamp;
  readonly settings: ComponentSettings;
  readonly machines: readonly MachineSpec[];
  /** Pods that kubelets run of themselves, by their machines' group. */
  readonly staticPods?: StaticPodDrafts | undefined;
  /** The cloud provider whose instances (some of) the machines are; absent: machines are simply there. */
  readonly provider?: { readonly spec: ProviderSpec; readonly groups: readonly InstanceGroupSpec[] } | undefined;
  /** What becomes of pods and nodes on nodes that they are for; absent: their kubelets see to it. */
  readonly stages?: Stages | undefined;
  /** What users do. */
  readonly arrivals: readonly ArrivalSource[];
  /** How the scheduler filters and scores: one profile a scheduler name. */
  readonly profiles: readonly Profile[];
  /** HTTP extenders of the scheduler; absent: there are none. */
  readonly extenders?: ExtenderSet | undefined;
  /** What controllers decide otherwise than the real ones. */
  readonly reconcile: ReconcilePolicies;
  /** Clients of the API server that are nothing but their requests. */
  readonly apiLoad?: readonly ApiLoadSpec[];
  /** Requests that clients send to Services. */
  readonly traffic?: readonly TrafficSpec[];
  /** What goes wrong at given times. */
  readonly faults?: readonly TimedFault[];
  /** Where the control plane stands; absent: in no zone of its nodes. */
  readonly controlPlaneZone?: string | undefined;
  /** What goes wrong by chance. */
  readonly failureModels?: readonly FailureModelEntry[];
  /** What is done about failed nodes; absent: nothing. */
  readonly failureResponse?: FailureResponse | undefined;
  /** @defaultValue 'instants' */
  readonly queue?: QueueKind;
}

/** A cluster written out at an instant between two events. */
export interface ClusterState {
  readonly kernel: KernelState;
  readonly server: unknown;
  readonly hub: unknown;
  readonly clients: unknown;
  readonly events: unknown;
  readonly etcd: unknown;
  readonly gate: unknown;
  readonly front: unknown;
  readonly components: readonly [string, unknown][];
}

/** A whole cluster on one clock, built from its parts. It has never heard of a scenario. */
export class Cluster implements Saveable {
  readonly kernel: Kernel;
  readonly calendar: Calendar;
  readonly server: ApiServer;
  readonly events: EventRecorder;
  readonly users: Users;
  readonly scheduler: Scheduler;
  readonly controllers: ControllerManager;
  readonly kubelets: Kubelets;
  /** Undefined where machines are simply there. */
  readonly provider: CloudProvider | undefined;
  /** Undefined where no node group is autoscaled. */
  readonly autoscaler: ClusterAutoscaler | undefined;
  readonly faults: Faults;
  /** Undefined where there is none: then no kube-proxy runs either. */
  readonly traffic: Traffic | undefined;
  readonly etcd: EtcdCluster;
  readonly #gate: EtcdGate;
  readonly #front: ApiFront | undefined;
  readonly #load: ApiLoad;
  readonly #hub: WatchHub;
  readonly #clients: ApiClients;
  readonly #settings: ComponentSettings;
  /** In the order in which they are built, started, saved and restored. */
  readonly #components: readonly Component[];

  constructor(options: ClusterOptions) {
    const { settings } = options;
    const { apiServer } = settings;
    this.#settings = settings;
    const kernel = new Kernel({ seed: options.seed, queue: options.queue ?? 'instants' });
    this.kernel = kernel;
    this.calendar = new Calendar(options.startTime);
    this.server = new ApiServer(kernel, this.calendar, apiServer, settings.etcd);
    this.#hub = new WatchHub(kernel, this.server, apiServer);
    this.#clients = new ApiClients(kernel, this.server, apiServer);
    this.#front = followsRequests(options)
      ? new ApiFront(kernel, this.#clients, this.#hub, apiServer, settings.etcd, usersOf(options.apiLoad ?? []))
      : undefined;
    if (this.#front !== undefined) {
      this.#hub.listThrough(new ReflectorLists(kernel, this.#clients, this.server, settings));
    }
    this.etcd = new EtcdCluster(kernel, settings.etcd);
    this.#gate = new EtcdGate(kernel, this.etcd, this.#clients);
    this.events = new EventRecorder(kernel, apiServer);
    this.events.serve(this.server, this.calendar);
    if (apiServer.enablePriorityAndFairness) serveFlowControl(this.server, this.calendar);
    const environment: Environment = {
      kernel,
      calendar: this.calendar,
      settings,
      server: this.server,
      hub: this.#hub,
      clients: this.#clients,
      events: this.events,
    };
    this.kubelets = new Kubelets(environment, options.machines, options);
    const { leases, processors } = this.kubelets;
    this.etcd.listen({
      lost: (why) => this.kubelets.heartbeatsBlocked('etcd', why === 'frozen'),
      found: () => this.kubelets.heartbeatsThrough('etcd'),
    });
    // A full etcd takes deletions, but no lease is renewed.
    this.server.whenFull((isFull) => {
      if (isFull) this.kubelets.heartbeatsBlocked('etcd-space', false);
      else this.kubelets.heartbeatsThrough('etcd-space');
    });
    this.controllers = new ControllerManager(
      environment,
      [
        ...workloadControllers(options.reconcile, (node, uid, from, to) => processors.had(node, uid, from, to)),
        endpointSliceController,
        endpointSliceMirroringController,
        ...(settings.controllerManager.endpoints ? [endpointsController] : []),
        disruptionController,
        garbageCollector,
        namespaceController,
        serviceAccountController,
        resourceQuotaController,
        nodeTtlController,
        ...(settings.controllerManager.allocateNodeCIDRs ? [nodeIpamController] : []),
        resourceClaimController,
        ...VOLUME_CONTROLLERS,
      ],
      [
        (env, informers) => new NodeLifecycle(env, informers, leases, options.reconcile.eviction),
        (env, informers) => new TaintEviction(env, informers, options.reconcile.eviction),
        (env, informers) => new PodGarbageCollector(env, informers),
      ],
      options.reconcile.queue,
    );
    const csi = new CsiProcess(environment);
    const { provider } = options;
    this.provider =
      provider && new CloudProvider(environment, provider.spec, provider.groups, options.machines, this.kubelets);
    const cloud = new CloudControllerManager(
      environment,
      {
        exists: (node) => this.kubelets.exists(node),
        ...(this.provider && { isShutDown: (node) => this.provider?.isShutDown(node) === true }),
      },
      cloudControllers(this.provider),
    );
    this.scheduler = new Scheduler(environment, options.profiles, options.extenders);
    this.autoscaler = autoscalerOf(environment, this.provider, options);
    this.users = new Users(environment, options.arrivals);
    this.faults = new Faults(environment, this.kubelets, {
      timed: options.faults ?? [],
      models: [...(options.failureModels ?? []), ...(provider === undefined ? [] : spotInterruptions(provider))],
      onNotice: provider?.spec.spot.shutsDownAtNotice === true ? (node) => this.kubelets.shutDown(node) : undefined,
      controlPlaneZone: options.controlPlaneZone,
      response: options.failureResponse,
      controlPlane: {
        etcd: this.etcd,
        server: this.server,
        front: this.#front,
        reachable: (isReachable) => {
          if (isReachable) this.kubelets.heartbeatsThrough('api-servers');
          else this.kubelets.heartbeatsBlocked('api-servers', false);
        },
      },
      manager: this.controllers,
    });
    const drivers = new DeviceDrivers(environment, this.kubelets);
    this.#load = new ApiLoad(environment, options.apiLoad ?? []);
    const { traffic = [] } = options;
    this.traffic =
      traffic.length === 0 ? undefined : new Traffic(environment, this.kubelets, traffic, this.provider?.balancers);
    const compactor = new Compactor(kernel, this.server, settings.etcd);
    this.#components = [
      this.kubelets,
      this.controllers,
      csi,
      cloud,
      this.scheduler,
      this.users,
      this.faults,
      compactor,
      drivers,
      this.#load,
      ...(this.provider === undefined ? [] : [this.provider]),
      ...(this.autoscaler === undefined ? [] : [this.autoscaler]),
      ...(this.traffic === undefined ? [] : [this.traffic]),
    ];
  }

  /** Begins the run: what was there before it is there now, and every component has its first events. */
  start(): void {
    for (const name of NAMESPACES) {
      this.#create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    const storageClass = defaultStorageClass(this.#settings.storage);
    if (storageClass !== undefined) this.#create(storageClass);
    this.#front?.start();
    for (const component of this.#components) component.start();
  }

  #create(body: Draft): void {
    this.server.handle({ verb: 'create', kind: body.kind, namespace: '', name: body.metadata.name ?? '', body });
  }

  /** How etcd and the API servers stand. */
  get controlPlane(): ControlPlaneFigures {
    const { space, keys, compactedRevision } = this.server;
    const front = this.#front;
    return {
      etcd: {
        ...this.etcd.health,
        proposalsFailed: this.#gate.failed,
        keys,
        totalBytes: space.total,
        inUseBytes: space.inUse,
        noSpace: space.full,
        compactRevision: compactedRevision,
      },
      flow: front === undefined ? undefined : { figures: front.figures, levels: front.levels, lists: front.lists },
      loads: this.#load.figures,
    };
  }

  /** A client of the API server without a limit of its own, for whoever stands outside. */
  client(name: string): ApiClient {
    return this.#clients.client(name, { qps: 0, burst: 0 });
  }

  /** Lets time pass; see Kernel.run. */
  run(options: RunOptions): RunOutcome {
    return this.kernel.run(options);
  }

  save(): ClusterState {
    return {
      kernel: this.kernel.save(),
      server: this.server.save(),
      hub: this.#hub.save(),
      clients: this.#clients.save(),
      events: this.events.save(),
      etcd: this.etcd.save(),
      gate: this.#gate.save(),
      front: this.#front?.save(),
      components: this.#components.map((component) => [component.name, component.save()]),
    };
  }

  /** Puts a saved state in the place of the present one; into a cluster built from the same options, never started. */
  restore(saved: unknown): void {
    const state = saved as ClusterState;
    this.kernel.restore(state.kernel);
    this.server.restore(state.server);
    this.#clients.restore(state.clients);
    this.#hub.restore(state.hub);
    this.events.restore(state.events);
    this.etcd.restore(state.etcd);
    this.#gate.restore(state.gate);
    this.#front?.restore(state.front);
    const components = new Map(state.components);
    for (const component of this.#components) component.restore(components.get(component.name));
  }
}

/** Requests are followed through the API servers where that is asked for, or where something happens to them there. */
function followsRequests({ settings, apiLoad = [], faults = [] }: ClusterOptions): boolean {
  const { followRequests, replicas } = settings.apiServer;
  return followRequests || replicas > 1 || apiLoad.length > 0 || faults.some(({ kind }) => kind === 'api-server-loss');
}

/** The cluster autoscaler, where it has something to do. */
function autoscalerOf(
  environment: Environment,
  provider: CloudProvider | undefined,
  { profiles, reconcile }: ClusterOptions,
): ClusterAutoscaler | undefined {
  if (provider?.groups.specs.some(({ autoscaling }) => autoscaling !== undefined) !== true) return undefined;
  return new ClusterAutoscaler(environment, provider, profiles, reconcile.expander ?? []);
}

/** The users of loads, by the name of the load. */
function usersOf(loads: readonly ApiLoadSpec[]): ReadonlyMap<string, LoadUser> {
  return new Map(loads.map(({ name, user, groups }) => [name, { user, groups }]));
}
