import type { Pod } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import type { Change } from '../etcd/store.ts';
import type { ApiServer } from './api-server.ts';
import type { WatchWindow } from './watch-window.ts';
import { changesSince } from './watch-window.ts';

/** A change of a pod as a watch of one node's pods sees it: there a binding is the pod's appearance. */
export function seenOnNode(change: Change, nodeName: string): Change {
  const before = (change.previous as Pod | undefined)?.spec.nodeName;
  if (change.type !== 'MODIFIED' || before === nodeName) return change;
  return { ...change, type: 'ADDED', previous: undefined };
}

/** What watches that go on at one instant have missed: each kind's window is worked out once for all of them. */
export class Replay {
  readonly #server: ApiServer;
  readonly #windows = new Map<Kind, WatchWindow>();
  #byNode: Map<string, Change[]> | undefined;

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /**
   * The changes after a revision.
   *
   * @param nodeName - pods of this node only; '': all objects
   * @returns undefined where the server does not know them any more
   */
  missed(kind: Kind, nodeName: string, told: number): readonly Change[] | undefined {
    const window = this.#windowOf(kind);
    if (told < window.oldest) return undefined;
    if (nodeName === '') return changesSince(window, told) as readonly Change[];
    return this.#onNode(window, nodeName).filter(({ revision }) => revision > told);
  }

  #windowOf(kind: Kind): WatchWindow {
    let window = this.#windows.get(kind);
    if (window === undefined) this.#windows.set(kind, (window = this.#server.watchWindow(kind)));
    return window;
  }

  #onNode({ changes }: WatchWindow, nodeName: string): readonly Change[] {
    if (this.#byNode === undefined) {
      this.#byNode = new Map();
      for (const change of changes) {
        const node = (change.object as Pod).spec.nodeName;
        if (node === undefined) continue;
        const there = this.#byNode.get(node);
        if (there === undefined) this.#byNode.set(node, [seenOnNode(change, node)]);
        else there.push(seenOnNode(change, node));
      }
    }
    return this.#byNode.get(nodeName) ?? [];
  }
}
