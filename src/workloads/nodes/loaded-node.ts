import type { KubeNode } from '../../sim/api/core.ts';
import type { Draft } from '../../sim/api/meta.ts';
import type { DriverDevices } from '../../sim/node/device-drivers.ts';

/** A machine of the cluster as it is before the run begins. */
export interface LoadedNode {
  readonly name: string;
  /** The node group; `manifests`, or `openb-<gpu model>`, where the node comes from there. */
  readonly group: string;
  readonly zone: string | undefined;
  readonly region: string | undefined;
  /** An instance of a cloud provider, which notices when it is gone. */
  readonly cloud: boolean;
  /** One of the scenario's own provider: gone, it does not come back. */
  readonly rented?: boolean;
  /** What its device drivers publish, one entry a driver. */
  readonly devices: readonly DriverDevices[];
  /** What its kubelet registers: labels, taints, status.capacity, allocatable and images; no conditions. */
  readonly node: Draft<KubeNode>;
}
