import type { KubeNode } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';

function firstOf(labels: StringMap, keys: readonly string[]): string {
  for (const key of keys) {
    const value = labels[key];
    if (value !== undefined) return value;
  }
  return '';
}

const ZONE_LABELS = ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'];
const REGION_LABELS = ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'];

/** Region and zone of a node as one text; empty where it has neither. Source: component-helpers `GetZoneKey`. */
export function zoneKeyOf(node: KubeNode): string {
  const labels = node.metadata.labels ?? {};
  const region = firstOf(labels, REGION_LABELS);
  const zone = firstOf(labels, ZONE_LABELS);
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`;
}

/**
 * Rows of nodes by zone: zones in the order in which they were first seen, rows within one in the order of insertion.
 * A zone whose last node goes is forgotten. Source: pkg/scheduler/backend/cache `nodeTree`.
 */
export class NodeTree {
  #zones = new Map<string, number[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get zoneCount(): number {
    return this.#zones.size;
  }

  add(zone: string, row: number): void {
    const rows = this.#zones.get(zone);
    if (rows === undefined) this.#zones.set(zone, [row]);
    else rows.push(row);
    this.#size++;
  }

  remove(zone: string, row: number): void {
    const rows = this.#zones.get(zone);
    const index = rows === undefined ? -1 : rows.indexOf(row);
    if (rows === undefined || index < 0) return;
    rows.splice(index, 1);
    this.#size--;
    if (rows.length === 0) this.#zones.delete(zone);
  }

  /** One row of each zone in turn, until all are out. */
  interleaved(): Int32Array {
    const order = new Int32Array(this.#size);
    let count = 0;
    for (let turn = 0; count < this.#size; turn++) {
      for (const rows of this.#zones.values()) {
        const row = rows[turn];
        if (row !== undefined) order[count++] = row;
      }
    }
    return order;
  }

  /** Zones with their rows, in order. */
  entries(): [string, number[]][] {
    return [...this.#zones].map(([zone, rows]) => [zone, [...rows]]);
  }

  replace(entries: readonly [string, readonly number[]][]): void {
    this.#zones = new Map(entries.map(([zone, rows]) => [zone, [...rows]]));
    this.#size = entries.reduce((sum, [, rows]) => sum + rows.length, 0);
  }
}
