import type { HandlerId, Kernel } from '../kernel/kernel.ts';
import { Priority } from '../kernel/priority.ts';
import type { Saveable } from '../kernel/saveable.ts';
import { MINUTE } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { MachineDamage } from './machine-damage.ts';
import { COMPOSED_FAULTS } from './timed-fault.ts';
import type { ComposedFault, FaultDetail, FaultKind, MachineFault } from './timed-fault.ts';

/** A fault under way that goes on in steps; plain data. */
interface Course {
  readonly kind: ComposedFault;
  readonly nodes: readonly string[];
  readonly every: Micros;
  readonly batch: number;
  readonly effect: MachineFault;
  readonly detail: FaultDetail;
  /** Nodes that the update has come to. */
  updated: readonly string[];
}

/** From one fall to the next, and from one batch to the next, where nothing is said. Assumptions. */
const FLAPS: Micros = 2 * MINUTE;
const BATCHES: Micros = 5 * MINUTE;
/** From the reboot into an update until what is wrong with it shows. */
const EFFECT_AFTER: Micros = MINUTE;

export function isComposed(kind: FaultKind): kind is ComposedFault {
  return (COMPOSED_FAULTS as readonly string[]).includes(kind);
}

/**
 * Faults that are made of others. flapping: the kubelet hangs every other half period. bad-rollout: an update comes to
 * one batch of nodes after the other, each of which is rebooted for it and suffers from its effect from then on, until
 * the update is taken back.
 */
export class ComposedFaults implements Saveable {
  readonly #kernel: Kernel;
  readonly #damage: MachineDamage;
  readonly #step: HandlerId;
  readonly #effect: HandlerId;
  #courses = new Map<number, Course>();

  constructor(kernel: Kernel, damage: MachineDamage) {
    this.#kernel = kernel;
    this.#damage = damage;
    this.#step = kernel.register('faults/course', (fault, step) => this.#next(fault, step));
    this.#effect = kernel.register('faults/effect', (fault, step) => this.#strike(fault, step));
  }

  begin(fault: number, kind: ComposedFault, nodes: readonly string[], detail: FaultDetail): void {
    const every = detail.everyMicros ?? (kind === 'flapping' ? FLAPS : BATCHES);
    const batch = detail.batch ?? Math.max(1, Math.ceil(nodes.length / 10));
    const effect = detail.effect ?? 'node-freeze';
    this.#courses.set(fault, { kind, nodes, every, batch, effect, detail, updated: [] });
    this.#next(fault, 0);
  }

  #next(fault: number, step: number): void {
    const course = this.#courses.get(fault);
    if (course === undefined) return;
    const { kind, nodes, every, batch } = course;
    if (kind === 'flapping') {
      for (const node of nodes) {
        if (step % 2 === 0) this.#damage.strike(node, fault, 'node-freeze');
        else this.#damage.release(node, fault);
      }
      this.#plan(every / 2, fault, step + 1);
      return;
    }
    const next = nodes.slice(step * batch, (step + 1) * batch);
    if (next.length === 0) return;
    for (const node of next) this.#damage.reboot(node, []);
    this.#kernel.after(EFFECT_AFTER, this.#effect, fault, step, undefined, Priority.external);
    this.#courses.set(fault, { ...course, updated: [...course.updated, ...next] });
    this.#plan(every, fault, step + 1);
  }

  /** What an update has brought shows. */
  #strike(fault: number, step: number): void {
    const course = this.#courses.get(fault);
    if (course === undefined) return;
    const { nodes, batch, effect, detail } = course;
    for (const node of nodes.slice(step * batch, (step + 1) * batch)) this.#damage.strike(node, fault, effect, detail);
  }

  #plan(after: Micros, fault: number, step: number): void {
    this.#kernel.after(Math.max(1, Math.round(after)), this.#step, fault, step, undefined, Priority.external);
  }

  /** The fault is over; an update that is taken back needs another reboot. */
  end(fault: number): void {
    const course = this.#courses.get(fault);
    if (course === undefined) return;
    this.#courses.delete(fault);
    for (const node of course.nodes) this.#damage.release(node, fault);
    for (const node of course.updated) this.#damage.reboot(node, []);
  }

  /** One of its nodes is in order again, by a repair: an update's effect is not. */
  forget(fault: number, node: string): void {
    const course = this.#courses.get(fault);
    if (course === undefined || course.kind === 'bad-rollout') return;
    this.#courses.set(fault, { ...course, nodes: course.nodes.filter((name) => name !== node) });
  }

  save(): [number, Course][] {
    return [...this.#courses];
  }

  restore(saved: unknown): void {
    this.#courses = new Map(saved as [number, Course][]);
  }
}
