import { DEFAULT_PROFILE } from '../../policies/scheduling/default-profile.ts';
import type { Pod } from '../../sim/api/core.ts';
import type { Draft, KubeObject } from '../../sim/api/meta.ts';
import { Calendar } from '../../sim/api/timestamps.ts';
import { ApiClients } from '../../sim/apiserver/api-client.ts';
import type { ApiClient } from '../../sim/apiserver/api-client.ts';
import { ApiServer } from '../../sim/apiserver/api-server.ts';
import { EventRecorder } from '../../sim/apiserver/event-recorder.ts';
import type { ApiReply, ApiRequest } from '../../sim/apiserver/request.ts';
import { WatchHub } from '../../sim/apiserver/watch-hub.ts';
import { ControllerManager } from '../../sim/controllers/controller-manager.ts';
import { garbageCollector } from '../../sim/controllers/garbage-collector.ts';
import { resourceClaimController } from '../../sim/controllers/resource-claim.ts';
import type { Environment } from '../../sim/environment.ts';
import type { Change } from '../../sim/etcd/store.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import type { HandlerId } from '../../sim/kernel/kernel.ts';
import type { Micros } from '../../sim/kernel/time.ts';
import type { Profile } from '../../sim/scheduler/framework.ts';
import { Scheduler } from '../../sim/scheduler/scheduler.ts';
import { DEFAULT_SETTINGS } from '../../sim/default-settings.ts';
import type { SchedulerSettings } from '../../sim/settings.ts';

/** What the benchmark's own client and the scheduler may send. Source: scheduler_perf's util.go. */
const CLIENT = { qps: 5000, burst: 5000 };

/** The original's test server runs without them, so that pods can bring their priority. Source: the same. */
const DISABLED = ['Priority', 'TaintNodesByCondition'];

/** What is done next, when a request of the driver's has been answered or its time has come. */
type Step = (reply?: ApiReply) => void;

/**
 * What the original benchmark runs: an API server and a scheduler, and no kubelet; where pods claim devices, also the
 * controllers that make claims and take them away. Steps of the benchmark are closures here, for these runs are not saved.
 */
export class PerfCluster {
  readonly kernel = new Kernel({ seed: 1 });
  readonly server: ApiServer;
  readonly scheduler: Scheduler;
  readonly #client: ApiClient;
  readonly #step: HandlerId;
  readonly #refusals = new Set<string>();

  constructor(
    { claims = false }: { readonly claims?: boolean } = {},
    profiles: readonly Profile[] = [DEFAULT_PROFILE],
    scheduler: Partial<SchedulerSettings> = {},
  ) {
    const { kernel } = this;
    const apiServer = { ...DEFAULT_SETTINGS.apiServer, disableAdmissionPlugins: DISABLED, recordEvents: false };
    const settings = {
      ...DEFAULT_SETTINGS,
      apiServer,
      scheduler: { ...DEFAULT_SETTINGS.scheduler, ...scheduler, ...CLIENT },
      controllerManager: { ...DEFAULT_SETTINGS.controllerManager, ...CLIENT, replicas: 1 },
    };
    const calendar = new Calendar('2025-01-01T00:00:00Z');
    this.server = new ApiServer(kernel, calendar, apiServer);
    const hub = new WatchHub(kernel, this.server, apiServer);
    const clients = new ApiClients(kernel, this.server, apiServer);
    const events = new EventRecorder(kernel, apiServer);
    const environment: Environment = { kernel, calendar, settings, server: this.server, hub, clients, events };
    this.scheduler = new Scheduler(environment, profiles);
    this.#client = clients.client('scheduler-perf', CLIENT);
    this.#step = kernel.register('scheduler-perf/step', (_a, _b, payload) => {
      const reply = payload as ApiReply | Step;
      if (typeof reply === 'function') {
        reply();
        return;
      }
      if (!reply.result.ok) this.#refusals.add(reply.result.status.message);
      (reply.context as Step)(reply);
    });
    for (const name of ['default', 'kube-system'])
      this.createNow({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    if (claims) new ControllerManager(environment, [resourceClaimController, garbageCollector]).start();
    this.scheduler.start();
    this.kernel.run({ until: 100_000 });
  }

  /** What the server would not do, each message once. */
  get refusals(): readonly string[] {
    return [...this.#refusals];
  }

  observe(observer: (change: Change) => void): void {
    this.server.observe(observer);
  }

  createNow(object: Draft): KubeObject {
    const { namespace = '', name = '' } = object.metadata;
    const result = this.server.handle({ verb: 'create', kind: object.kind, namespace, name, body: object });
    if (!result.ok) throw new Error(result.status.message);
    return result.object;
  }

  /** Sends a request as the benchmark's client; `then` is done when it is answered. */
  send(request: ApiRequest, then: Step): void {
    this.#client.request(request, this.#step, then);
  }

  after(delay: Micros, then: Step): void {
    this.kernel.after(delay, this.#step, 0, 0, then);
  }

  pods(namespace: string): readonly Pod[] {
    return this.server.list<Pod>('Pod', namespace === '' ? {} : { namespace }).items;
  }
}
