import type { KubeNode } from '../../api/core.ts';
import type { Saveable } from '../../kernel/saveable.ts';
import { SECOND, millis } from '../../kernel/time.ts';
import type { Micros } from '../../kernel/time.ts';
import type { ControllerManagerSettings } from '../../settings.ts';
import type { EvictionPolicy, ZoneState, ZoneView } from '../eviction-policy.ts';

/** Nodes are given up on this grid. Source: nodelifecycle/scheduler, nodeEvictionPeriod. */
const EVICTION_PASS: Micros = millis(100);

/** A node's zone as the controller counts it: region and zone together. */
export function zoneOf({ metadata: { labels } }: KubeNode): string {
  const region = labels?.['topology.kubernetes.io/region'] ?? '';
  return `${region}:\u0000:${labels?.['topology.kubernetes.io/zone'] ?? ''}`;
}

interface Zone {
  nodes: number;
  notReady: number;
  state: ZoneState;
  /** Nodes that wait for their NoExecute taint, in order. */
  waiting: string[];
  /** From when on the next one may have it. */
  tokenAt: Micros;
  rate: number;
}

/** The zones, how they do, and which nodes wait in each to be given up, at the rate that the policy allows. */
export class Zones implements Saveable {
  readonly #policy: EvictionPolicy;
  readonly #settings: ControllerManagerSettings;
  #zones = new Map<string, Zone>();
  /** A count changed since the states were last worked out. */
  #changed = true;

  constructor(policy: EvictionPolicy, settings: ControllerManagerSettings) {
    this.#policy = policy;
    this.#settings = settings;
  }

  #zone(name: string): Zone {
    let zone = this.#zones.get(name);
    if (zone === undefined) {
      zone = { nodes: 0, notReady: 0, state: 'Normal', waiting: [], tokenAt: 0, rate: this.#settings.nodeEvictionRate };
      this.#zones.set(name, zone);
    }
    return zone;
  }

  count(name: string, nodes: number, notReady: number): void {
    const zone = this.#zone(name);
    zone.nodes += nodes;
    zone.notReady += notReady;
    this.#changed = true;
  }

  /** Whether no zone has a Ready node: then it is rather the controller that is cut off, and nothing is given up. */
  get allDown(): boolean {
    let some = false;
    for (const { nodes, notReady } of this.#zones.values()) {
      if (nodes === 0) continue;
      if (notReady < nodes) return false;
      some = true;
    }
    return some;
  }

  /** Works the states and rates of all zones out anew; false where nothing can have changed. */
  assess(now: Micros): boolean {
    if (!this.#changed) return false;
    this.#changed = false;
    const stop = this.allDown;
    for (const [name, zone] of this.#zones) {
      const { nodes, notReady } = zone;
      const counts = { zone: name.split('\u0000:')[1] ?? '', nodes, notReady };
      zone.state = this.#policy.zoneState?.(counts, this.#settings) ?? this.#stateOf(zone);
      const view: ZoneView = { ...counts, state: zone.state };
      const rate = stop ? 0 : this.#policy.nodesPerSecond(view, this.#settings);
      if (rate === zone.rate) continue;
      zone.rate = rate;
      // A new rate comes with a new, full bucket.
      zone.tokenAt = now;
    }
    return true;
  }

  #stateOf({ nodes, notReady }: Zone): ZoneState {
    if (nodes > 0 && notReady === nodes) return 'FullDisruption';
    const partial = notReady > 2 && notReady / nodes >= this.#settings.unhealthyZoneThreshold;
    return partial ? 'PartialDisruption' : 'Normal';
  }

  wait(name: string, node: string): void {
    const { waiting } = this.#zone(name);
    if (!waiting.includes(node)) waiting.push(node);
  }

  leave(name: string, node: string): void {
    const zone = this.#zone(name);
    zone.waiting = zone.waiting.filter((other) => other !== node);
  }

  /** Nobody waits any more. */
  clear(): void {
    for (const zone of this.#zones.values()) zone.waiting = [];
  }

  /** The nodes whose turn it is now. */
  take(now: Micros): readonly string[] {
    const taken: string[] = [];
    for (const zone of this.#zones.values()) {
      while (zone.waiting.length > 0 && zone.rate > 0 && zone.tokenAt <= now) {
        taken.push(zone.waiting.shift() as string);
        zone.tokenAt = Math.max(zone.tokenAt, now) + Math.round(SECOND / zone.rate);
      }
    }
    return taken;
  }

  /** When it is some node's turn next, on the grid; Infinity where none waits or may go. */
  nextTurn(now: Micros): Micros {
    let next = Infinity;
    for (const { waiting, rate, tokenAt } of this.#zones.values()) {
      if (waiting.length > 0 && rate > 0) next = Math.min(next, Math.max(now, tokenAt));
    }
    return next === Infinity ? next : Math.ceil(next / EVICTION_PASS) * EVICTION_PASS;
  }

  save(): [string, Zone][] {
    return [...this.#zones].map(([name, zone]) => [name, { ...zone, waiting: [...zone.waiting] }]);
  }

  restore(saved: unknown): void {
    this.#changed = true;
    const zones = saved as [string, Zone][];
    this.#zones = new Map(zones.map(([name, zone]) => [name, { ...zone, waiting: [...zone.waiting] }]));
  }
}
