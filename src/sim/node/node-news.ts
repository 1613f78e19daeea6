import type { NodeRecord } from './kubelet-state.ts';

/** What the node's own status has to tell of its pods and images. */
export interface NodeNews {
  /** Images came onto the node, or went. */
  readonly images: (node: NodeRecord) => void;
  /** Volumes came into use, or out of it. */
  readonly volumes: (node: NodeRecord) => void;
  /** Its conditions changed: to be told at the next look, or at once. */
  readonly changed: (node: NodeRecord) => void;
  readonly now: (node: NodeRecord) => void;
  /** All pods have ended: the machine is switched off. */
  readonly off: (node: NodeRecord) => void;
}
