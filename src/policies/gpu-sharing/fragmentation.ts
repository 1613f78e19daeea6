import type { GpuNode, GpuTask } from './gpu-node.ts';

/** A kind of task that is to be expected, with its share of all. */
export interface TypicalTask {
  readonly task: GpuTask;
  /** Of 1. */
  readonly frequency: number;
}

/** Tasks are typical down to this part of all. Source: podPopularityThreshold of the published experiments. */
const COVERED = 0.95;

/** A sort of tasks, as far as fragmentation is concerned, with how many there are of it. */
interface CountedTask {
  readonly task: GpuTask;
  readonly spec: string;
  count: number;
}

/** Counts tasks by their sorts. */
export class TaskCounts {
  readonly #sorts = new Map<string, CountedTask>();
  total = 0;

  add(task: GpuTask, count = 1): void {
    const spec = [...(task.models ?? [])].join('|');
    const key = `${task.cpu} ${task.share} ${task.devices} ${spec}`;
    const sort = this.#sorts.get(key);
    if (sort === undefined) this.#sorts.set(key, { task, count, spec });
    else sort.count += count;
    this.total += count;
  }

  all(): readonly CountedTask[] {
    return [...this.#sorts.values()];
  }
}

/** The typical ones among the tasks of a workload. */
export function typicalTasks(tasks: readonly GpuTask[]): readonly TypicalTask[] {
  const counts = new TaskCounts();
  for (const task of tasks) counts.add(task);
  return mostFrequent(counts);
}

/** The most frequent sorts of tasks, until they make up 95 % of a workload. */
export function mostFrequent(counts: TaskCounts): readonly TypicalTask[] {
  const ranked = [...counts.all()].sort(
    (a, b) =>
      b.count - a.count ||
      b.task.cpu - a.task.cpu ||
      b.task.share - a.task.share ||
      b.task.devices - a.task.devices ||
      (a.spec > b.spec ? -1 : 1),
  );
  let covered = 0;
  const typical = ranked.filter(({ count }) => {
    const wanted = covered < COVERED * counts.total;
    if (wanted) covered += count;
    return wanted;
  });
  return typical.map(({ task, count }) => ({ task, frequency: count / covered }));
}

/** A node's state as fragmentation sees it. */
export type Leftovers = Pick<GpuNode, 'cpu' | 'model' | 'devices' | 'left'>;

/** Thousandths of devices that an expected task could not use. Source: the FGD paper, USENIX ATC'23, section 3. */
export function fragmentation(node: Leftovers, typical: readonly TypicalTask[]): number {
  if (node.left === 0) return 0;
  let sum = 0;
  for (const { task, frequency } of typical) sum += frequency * unusable(node, task);
  return sum;
}

function unusable({ cpu, model, devices, left }: Leftovers, task: GpuTask): number {
  if (task.devices === 0 || cpu < task.cpu || task.models?.has(model) === false) return left;
  let fitting = 0;
  let small = 0;
  for (const device of devices) {
    if (device >= task.share) fitting++;
    else small += device;
  }
  return fitting < task.devices ? left : small;
}
