import type { Pod } from '../api/core.ts';
import type { Component } from '../component.ts';
import type { Environment } from '../environment.ts';
import type { HandlerId } from '../kernel/kernel.ts';
import { SECOND, seconds } from '../kernel/time.ts';
import { matchesSelector } from '../api/selectors.ts';
import type { NodeRecord } from './kubelet-state.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { KubeletVoice } from './kubelet-voice.ts';
import { KubeletLeases } from './leases.ts';
import type { NodeLeases } from './leases.ts';
import { MachineRegister } from './machine-register.ts';
import { imagesOf } from './machines.ts';
import type { MachineSpec } from './machines.ts';
import { newNodeRecord } from './new-node-record.ts';
import { NodeReporter } from './node-reporter.ts';
import type { Strain } from './node-strain.ts';
import { ContainerHealth } from './health.ts';
import { PodRunner } from './pod-runner.ts';
import { NOT_SERVING, SERVING, servingOf } from './pod-serving.ts';
import type { Serving } from './pod-serving.ts';
import type { Processors } from './processors.ts';
import { RuntimeOutages } from './runtime-outages.ts';
import { StagePlayer } from './stages/stage-player.ts';
import type { Stages } from './stages/stage.ts';

interface KubeletsState {
  /** Machines that were launched while the run lasted. */
  readonly launched: readonly MachineSpec[];
  readonly state: unknown;
  readonly leases: unknown;
  readonly stages: unknown;
}

/** How long a renewal waits that nobody answers: the lease client's own timeout. Source: pkg/kubelet, lease period. */
const RENEW_UNANSWERED = 10 * SECOND;

/** How long etcd takes to give one up. Source: etcd server/config (ReqTimeout). */
const RENEW_REFUSED = 7 * SECOND;

/**
 * The kubelets of all nodes and the machines under them. One component, because there is nothing that they share and
 * much that they have alike: the state of each is a record.
 */
export class Kubelets extends MachineRegister implements Component {
  readonly name = 'kubelets';
  readonly #environment: Environment;
  readonly #leases: KubeletLeases;
  readonly #pods: PodRunner;
  readonly #reporter: NodeReporter;
  /** Plays the stages of nodes that have them. */
  readonly #player: StagePlayer | undefined;
  readonly #stages: Stages | undefined;
  readonly #voice: KubeletVoice;
  readonly #runtimes: RuntimeOutages;
  readonly #retire: HandlerId;
  /** How many machines are instances that are gone. */
  retired = 0;
  readonly #boot: HandlerId;
  readonly #restarted: HandlerId;
  readonly #health: ContainerHealth;
  /** Machines that were there from the start. */
  readonly #given: number;

  constructor(environment: Environment, machines: readonly MachineSpec[], { stages, staticPods }: KubeletOptions = {}) {
    super();
    const { kernel, calendar, server, hub, settings } = environment;
    this.#environment = environment;
    this.#leases = new KubeletLeases(kernel, calendar, server, settings.kubelet);
    this.#pods = new PodRunner(
      environment,
      this.state,
      {
        images: (node) => this.#reporter.pulled(node),
        changed: (node) => this.#reporter.changed(node),
        now: (node) => this.#reporter.now(node),
        off: (node) => this.#switchOff(node),
        volumes: (node) => this.#reporter.volumesChanged(node),
      },
      staticPods,
    );
    this.#stages = stages;
    const ofNodes = (stages?.nodes.length ?? 0) > 0;
    this.#reporter = new NodeReporter(environment, this.state, ({ staged }) => ofNodes && staged);
    this.#health = new ContainerHealth(kernel.random);
    this.#player = stages === undefined ? undefined : new StagePlayer(environment, this.state, stages);
    /** Who sees to the pods of a node. */
    const carer = (node: NodeRecord): PodRunner | StagePlayer => this.#playerOf(node) ?? this.#pods;
    const watch = hub.register('kubelet', 'Pod', {
      listed: (index, pods) => carer(this.node(index)).listed(this.node(index), pods as readonly Pod[]),
      changed: (index, { type, object, key }) => {
        const node = this.node(index);
        if (type === 'DELETED') carer(node).gone(node, object.metadata.uid);
        else carer(node).seen(node, object as Pod, key);
      },
    });
    this.#voice = new KubeletVoice(environment, {
      watch,
      leases: this.#leases,
      reporter: this.#reporter,
      heard: (node) => {
        this.#pods.flush(node);
        this.#player?.resume(node);
      },
    });
    this.#runtimes = new RuntimeOutages(kernel, this.state, {
      stalls: (node) => this.#voice.deafen(node),
      goesOn: (node) => {
        if (!node.deaf) this.#voice.hear(node);
        this.#pods.flush(node);
        this.#takesUp(node);
      },
      changed: (node) => this.#reporter.changed(node),
    });
    this.#boot = kernel.register('kubelet/boot', (index, life) => {
      if (this.node(index).life === life) this.#booted(this.node(index));
    });
    this.#restarted = kernel.register('kubelet/restarted', (index, life) => {
      if (this.node(index).life === life) this.#onRestarted(this.node(index));
    });
    this.#retire = kernel.register('kubelet/retired', (index) => {
      this.sayRetired(this.node(index).name);
    });
    this.#given = machines.length;
    for (const machine of machines) this.#add(machine);
  }

  /** What other components may know of the nodes' leases. */
  get leases(): NodeLeases {
    return this.#leases;
  }

  get processors(): Processors {
    return this.#pods.processors;
  }

  /** Renewals of leases get through no more, for a reason of that name: nobody answers, or they are refused. */
  heartbeatsBlocked(reason: string, unanswered: boolean): void {
    this.#leases.block(reason, unanswered ? RENEW_UNANSWERED : RENEW_REFUSED);
  }

  heartbeatsThrough(reason: string): void {
    this.#leases.unblock(reason);
  }

  /** Has it said when one of a pod's containers has begun or ended. */
  observeRuns(observer: (node: string, uid: string) => void): void {
    this.#pods.context.onRuns((record) => observer(this.state.nodeOf(record).name, record.pod.metadata.uid));
  }

  /** What becomes of who comes to a pod on a machine, whoever knows of it. Pods that stages play are what they say. */
  serving(name: string, uid: string): Serving {
    const node = this.named(name);
    const record = this.state.podBehind(node, uid);
    if (record === undefined) return this.#playerOf(node)?.runs(node, uid) === true ? SERVING : NOT_SERVING;
    return servingOf(record, this.#health, this.#environment.kernel.now);
  }

  start(): void {
    this.#player?.start();
    for (const node of this.state.nodes) {
      const { bootAt } = node.machine;
      if (bootAt !== undefined) {
        this.#environment.kernel.at(Math.max(0, Math.round(bootAt)), this.#boot, node.index, node.life);
        continue;
      }
      node.state = 'running';
      this.#reporter.exists(node);
      this.#leases.begin(node.name, this.#leases.phaseOf(node.name));
      this.#voice.hear(node);
      this.#startStatics(node);
    }
  }

  /** Who plays the stages of a node's pods, where they have any. */
  #playerOf(node: NodeRecord): StagePlayer | undefined {
    return node.staged && (this.#stages?.pods.length ?? 0) > 0 ? this.#player : undefined;
  }

  /** Nodes whose pods are described by stages have none of their own. */
  #startStatics(node: NodeRecord): void {
    if (this.#playerOf(node) === undefined) this.#pods.startStatics(node);
  }

  #add(machine: MachineSpec): void {
    const { clients, settings } = this.#environment;
    const client = clients.client(`kubelet/${machine.node.metadata.name ?? ''}`, settings.kubelet);
    const { length: index } = this.state.nodes;
    const on = this.#stages?.on;
    const staged =
      this.#stages !== undefined && (on === undefined || matchesSelector(on, machine.node.metadata.labels));
    this.state.addNode(
      newNodeRecord({ index, machine, client, staged, pullTokens: settings.kubelet.registryPullBurst }),
    );
  }

  /** A new machine, whose kubelet starts: after its start-up time it registers its node. */
  launch(machine: MachineSpec): void {
    this.#add(machine);
    this.#boots(this.named(machine.node.metadata.name ?? ''));
    this.sayLaunched(machine);
  }

  /** From its power to its kubelet's registration. */
  #boots(node: NodeRecord): void {
    node.state = 'starting';
    const startup = seconds(this.#environment.settings.kubelet.nodeStartupSeconds);
    this.#environment.kernel.after(startup, this.#boot, node.index, node.life);
  }

  /** The machine loses its power: containers are gone, the kubelet falls silent. */
  crash(name: string): void {
    const node = this.named(name);
    if (node.state === 'off' || node.state === 'gone') return;
    node.paused = false;
    this.#runtimes.forget(node);
    node.shutdown = 'no';
    this.#voice.silence(node, 'off', true);
    this.#pods.crashed(node);
    node.deferred = [];
    this.sayChanged(node);
  }

  /** The power comes back: after its start-up time the kubelet registers and takes its pods up again. */
  powerOn(name: string): void {
    const node = this.named(name);
    if (node.state === 'running' && node.shutdown === 'down') node.shutdown = 'reboot';
    if (node.state !== 'off') return;
    node.shutDown = false;
    this.#boots(node);
  }

  /** The machine is switched off in good order: its kubelet ends the pods first, if it is told of shutdowns. */
  shutDown(name: string): void {
    const node = this.named(name);
    if (node.shutdown !== 'no') return;
    node.shutDown = true;
    const hears = node.state === 'running' && !node.paused;
    node.shutdown = 'down';
    if (!hears || !this.#pods.shutDown(node)) this.crash(name);
  }

  #switchOff(node: NodeRecord): void {
    const { shutdown } = node;
    if (node.state === 'gone') return;
    this.crash(node.name);
    if (shutdown === 'reboot') this.powerOn(node.name);
  }

  /** The kubelet hangs; containers run on. */
  freeze(name: string): void {
    const node = this.named(name);
    if (node.state !== 'running') return;
    node.paused = true;
    this.#voice.silence(node, 'frozen', false);
  }

  thaw(name: string): void {
    const node = this.named(name);
    if (node.state !== 'frozen') return;
    node.state = 'running';
    node.paused = node.stalled;
    this.#voice.goesOn(node);
    if (!node.stalled) this.#takesUp(node);
  }

  /** It comes to what it put off. */
  #takesUp(node: NodeRecord): void {
    this.#pods.resume(node);
    this.#pods.usageChanged(node);
  }

  /** The node's container runtime answers nothing any more, or again. */
  runtime(name: string, answers: boolean): void {
    if (answers) this.#runtimes.end(this.named(name));
    else this.#runtimes.begin(this.named(name));
  }

  /**
   * Cuts the node off from the API server, or joins it again; everything on it runs on. `cut`: what it says is lost;
   * `deaf`: what it would hear is.
   */
  partition(name: string, cut: boolean, deaf = cut): void {
    const node = this.named(name);
    if (node.state === 'gone') return;
    const before = { cut: node.cut, deaf: node.deaf };
    node.cut = cut;
    node.deaf = deaf;
    node.client.connected = !cut;
    this.sayChanged(node);
    if (node.state !== 'running' || (node.paused && !node.stalled)) return;
    this.#voice.parted(node, before);
  }

  /** The machine is taken away for good. */
  remove(name: string): void {
    const node = this.named(name);
    if (node.state === 'gone') return;
    this.crash(name);
    node.state = 'gone';
    if (node.machine.instance === true) {
      this.#pods.forgetAll(node);
      this.retired++;
      this.#environment.kernel.after(0, this.#retire, node.index);
    }
    this.sayGone(name);
  }

  /** A new machine boots under the name of one that is gone, with the images it was first given and nothing else. */
  replace(name: string): void {
    const node = this.named(name);
    if (node.state !== 'gone' || node.machine.instance === true) return;
    node.shutDown = false;
    node.images = imagesOf(node.machine);
    node.imagesChanged = false;
    this.#pods.forgetAll(node);
    this.#boots(node);
  }

  /** Image pulls on the node take so many times as long. */
  slowPulls(name: string, factor: number): void {
    const node = this.named(name);
    const before = node.slowness;
    node.slowness = factor;
    if (factor !== before) this.#pods.repace(node, before);
  }

  /** The kubelet ends and starts again; containers run on, and it takes them up as it finds them. */
  restartKubelet(name: string): void {
    const node = this.named(name);
    if (node.state !== 'running' || node.paused) return;
    node.paused = true;
    this.#voice.silence(node, 'running', false);
    const takes = seconds(this.#environment.settings.kubelet.restartSeconds);
    this.#environment.kernel.after(takes, this.#restarted, node.index, node.life);
  }

  #onRestarted(node: NodeRecord): void {
    // It hangs by now.
    if (node.state !== 'running') return;
    node.paused = false;
    this.#voice.goesOn(node);
    this.#pods.resume(node);
    this.#pods.readopted(node);
    this.#pods.knowsNothing(node);
  }

  /** Something takes of the node's memory or disk besides its pods, or does no more. */
  strain(name: string, strains: readonly Strain[]): void {
    const node = this.named(name);
    // A leak that has begun anew with a boot goes on from there.
    const known = new Map(node.strains.map((one) => [one.fault, one]));
    node.strains = strains.map((one) => known.get(one.fault) ?? one);
    this.#pods.usageChanged(node);
  }

  /** All that the node's processor does takes so many times as long. */
  slowDown(name: string, drag: number): void {
    const node = this.named(name);
    node.drag = drag;
    this.#pods.usageChanged(node);
  }

  /** Whether the registry that images come from answers. */
  setRegistry(available: boolean): void {
    this.#pods.setRegistry(available);
  }

  #booted(node: NodeRecord): void {
    node.state = 'running';
    this.#pods.knowsNothing(node);
    this.#pods.restarted(node);
    this.sayChanged(node);
    this.#startStatics(node);
    // A leak begins anew.
    node.strains = node.strains.map((strain) =>
      strain.resource === 'memory' ? { ...strain, since: this.#environment.kernel.now } : strain,
    );
    this.#voice.begins(node);
    if (!node.cut) this.#player?.resume(node);
  }

  save(): KubeletsState {
    const { nodes } = this.state;
    const launched = nodes.slice(this.#given).map(({ machine }) => machine);
    return { launched, state: this.state.save(), leases: this.#leases.save(), stages: this.#player?.save() };
  }

  restore(saved: unknown): void {
    const { launched, state, leases, stages } = saved as KubeletsState;
    this.state.keepNodes(this.#given);
    for (const machine of launched) this.#add(machine);
    this.state.restore(state);
    this.retired = this.state.nodes.filter(
      ({ machine, state: now }) => machine.instance === true && now === 'gone',
    ).length;
    this.#leases.restore(leases);
    this.#player?.restore(stages);
  }
}
