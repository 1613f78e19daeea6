import { Informers } from '../../apiserver/informer.ts';
import type { Component } from '../../component.ts';
import type { Environment } from '../../environment.ts';
import { ControllerRunner } from '../controller-runner.ts';
import { csiAttacher } from './csi-attacher.ts';
import { csiProvisioner } from './csi-provisioner.ts';
import { csiResizer } from './csi-resizer.ts';

interface ProcessState {
  readonly informers: unknown;
  readonly runners: readonly unknown[];
}

/**
 * The controllers that come with CSI drivers, in a process of their own with clients of their own: one of each for all drivers,
 * though a cluster has them beside each driver.
 */
export class CsiProcess implements Component {
  readonly name = 'csi-controllers';
  readonly #informers: Informers;
  readonly #runners: readonly ControllerRunner[];

  constructor(environment: Environment) {
    const { settings, hub } = environment;
    const { qps, burst } = settings.storage;
    const own = { ...settings, controllerManager: { ...settings.controllerManager, qps, burst } };
    this.#informers = new Informers(this.name, hub);
    this.#runners = [csiProvisioner, csiAttacher, csiResizer].map(
      (factory) => new ControllerRunner({ ...environment, settings: own }, this.#informers, factory),
    );
    this.#informers.whenSynced(() => {
      for (const runner of this.#runners) runner.start();
    });
  }

  start(): void {
    this.#informers.start();
  }

  save(): ProcessState {
    return { informers: this.#informers.save(), runners: this.#runners.map((runner) => runner.save()) };
  }

  restore(saved: unknown): void {
    const { informers, runners } = saved as ProcessState;
    this.#informers.restore(informers);
    for (const [i, runner] of this.#runners.entries()) runner.restore(runners[i]);
  }
}
