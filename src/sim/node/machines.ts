import type { KubeNode } from '../api/core.ts';
import type { Draft } from '../api/meta.ts';
import type { Micros } from '../kernel/time.ts';
import type { DriverDevices } from './device-drivers.ts';

/** A machine of the cluster, as it is given. */
export interface MachineSpec {
  readonly node: Draft<KubeNode>;
  readonly group: string;
  readonly zone: string;
  /** Whether it is an instance of a cloud provider, which notices when it is gone. */
  readonly cloud: boolean;
  /** What its device drivers publish, one entry a driver. */
  readonly devices?: readonly DriverDevices[];
  /** An instance of a provider's node group: once gone it never comes back, and a new one has a name of its own. */
  readonly instance?: boolean;
  /** When its power comes on; absent: its node is registered and Ready when the run begins. */
  readonly bootAt?: Micros;
}

/** What state a machine and its kubelet are in. */
export type MachineState = 'running' | 'off' | 'starting' | 'frozen' | 'gone';

/** The images that a machine has on its disk when it is new, with their sizes. */
export function imagesOf({ node }: MachineSpec): Map<string, number> {
  const images = (node.status as KubeNode['status'] | undefined)?.images ?? [];
  return new Map(images.flatMap(({ names, sizeBytes }) => names.map((image): [string, number] => [image, sizeBytes])));
}
