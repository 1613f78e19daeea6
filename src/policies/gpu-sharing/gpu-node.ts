/** A GPU device, in thousandths. */
export const DEVICE = 1000;

/** What a pod asks for: a share of one device, or so many whole ones. */
export interface GpuTask {
  readonly name: string;
  /** Thousandths of a core. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  /** Devices; 0 for a pod that needs none. */
  readonly devices: number;
  /** Thousandths of each device; 0 for a pod that needs none. */
  readonly share: number;
  /** Models that it accepts; undefined: any. */
  readonly models: ReadonlySet<string> | undefined;
  /** Tasks of one number are alike in all of the above but the name. */
  readonly sort: number;
}

/** A node and what is left of it. */
export class GpuNode {
  readonly name: string;
  readonly model: string;
  cpu: number;
  memory: number;
  pods: number;
  /** Thousandths left of each device. */
  readonly devices: Int32Array;
  /** Their sum. */
  left: number;
  /** GPU pods on the node, by class; see classOf. */
  readonly classes = new Map<string, number>();

  constructor(name: string, model: string, cpu: number, memory: number, pods: number, devices: number) {
    this.name = name;
    this.model = model;
    this.cpu = cpu;
    this.memory = memory;
    this.pods = pods;
    this.devices = new Int32Array(devices).fill(DEVICE);
    this.left = devices * DEVICE;
  }

  /** Whether the task fits. */
  fits({ cpu, memory, devices, share, models }: GpuTask): boolean {
    if (this.cpu < cpu || this.memory < memory || this.pods < 1) return false;
    if (devices === 0) return true;
    if (this.devices.length === 0 || models?.has(this.model) === false) return false;
    return this.devicesWith(share) >= devices;
  }

  /** Devices that have so much left. */
  devicesWith(share: number): number {
    let count = 0;
    for (const left of this.devices) if (left >= share) count++;
    return count;
  }

  /** Takes a task in, on `device` if it is a share of one, else on the first devices that have room. */
  place(task: GpuTask, device: number): void {
    this.cpu -= task.cpu;
    this.memory -= task.memory;
    this.pods--;
    this.occupy(task, devicesFor(this, task, device));
  }

  /** Takes a task's devices away. */
  occupy(task: GpuTask, devices: readonly number[]): void {
    if (task.devices === 0) return;
    const taskClass = classOf(task);
    this.classes.set(taskClass, (this.classes.get(taskClass) ?? 0) + 1);
    this.left -= devices.length * task.share;
    for (const device of devices) this.devices[device]! -= task.share;
  }
}

/** A task's devices on a node: `device` for a share of one, else the first ones that have room. */
export function devicesFor(
  { devices: left }: Pick<GpuNode, 'devices'>,
  task: GpuTask,
  device: number,
): readonly number[] {
  if (isShare(task)) return [device];
  const taken: number[] = [];
  for (let i = 0; taken.length < task.devices && i < left.length; i++) {
    if ((left[i] as number) >= task.share) taken.push(i);
  }
  return taken;
}

/** Whether a task wants less than one device. */
export function isShare({ devices, share }: GpuTask): boolean {
  return devices === 1 && share < DEVICE;
}

/** How GPU tasks are told apart where they are kept among their like. */
function classOf(task: GpuTask): string {
  return isShare(task) ? 'share' : String(task.devices);
}

/** Whether a node has tasks of this one's class, and of others. */
export function company({ classes }: GpuNode, task: GpuTask): { readonly same: boolean; readonly others: boolean } {
  const same = classes.has(classOf(task));
  return { same, others: classes.size > (same ? 1 : 0) };
}

/** The fitting device with the least left, the first among equals. */
export function tightestDevice({ devices }: GpuNode, { share }: GpuTask): number {
  let best = -1;
  for (let i = 0; i < devices.length; i++) {
    const left = devices[i] as number;
    if (left >= share && (best < 0 || left < (devices[best] as number))) best = i;
  }
  return best;
}
