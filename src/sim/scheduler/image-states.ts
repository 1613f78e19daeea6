import type { KubeNode } from '../api/core.ts';

interface ImageState {
  /** As the first node that had it said. */
  size: number;
  nodes: number;
}

/** Which images nodes have, by name, and how many have each. Source: pkg/scheduler/backend/cache `imageStates`. */
export class ImageStates {
  #states = new Map<string, ImageState>();
  /** Counts changes. */
  version = 0;

  get(name: string): Readonly<ImageState> | undefined {
    return this.#states.get(name);
  }

  /** Puts a node's images in the place of those it had. */
  change(before: KubeNode | undefined, after: KubeNode | undefined): void {
    const old = before?.status.images;
    const now = after?.status.images;
    if (old === now) return;
    this.version++;
    const kept = new Set((now ?? []).flatMap(({ names }) => names));
    const had = new Set((old ?? []).flatMap(({ names }) => names));
    for (const name of had) {
      const state = kept.has(name) ? undefined : this.#states.get(name);
      if (state !== undefined && --state.nodes === 0) this.#states.delete(name);
    }
    for (const { names, sizeBytes } of now ?? []) {
      for (const name of names) {
        if (had.has(name)) continue;
        had.add(name);
        const state = this.#states.get(name);
        if (state === undefined) this.#states.set(name, { size: sizeBytes, nodes: 1 });
        else state.nodes++;
      }
    }
  }

  save(): [string, ImageState][] {
    return [...this.#states].map(([name, state]) => [name, { ...state }]);
  }

  restore(saved: readonly [string, ImageState][]): void {
    this.#states = new Map(saved.map(([name, state]) => [name, { ...state }]));
    this.version++;
  }
}
