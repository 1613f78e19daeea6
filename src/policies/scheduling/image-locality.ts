import { MAX_NODE_SCORE } from '../../sim/scheduler/framework.ts';
import type { Cycle, Plugin, PluginHandle } from '../../sim/scheduler/framework.ts';
import { dividedBy } from '../../sim/scheduler/integer-division.ts';
import type { PodInfo } from '../../sim/scheduler/pod-class.ts';

const MEBIBYTE = 1024 * 1024;
/** Images smaller than this together count for nothing; source: plugins/imagelocality. */
const MIN_BYTES = 23 * MEBIBYTE;
/** More than this a container counts no more; same source. */
const MAX_BYTES_PER_CONTAINER = 1000 * MEBIBYTE;

/** Prefers nodes that have the pod's images already; images that many nodes have count more. */
export function imageLocality({ table }: PluginHandle): Plugin {
  const known = (pod: PodInfo): boolean =>
    pod.podClass.spec.images.some((image) => table.images.get(image) !== undefined);
  const scoreOf = (
    { table: { images, size } }: Cycle,
    { podClass }: PodInfo,
    has: (image: string) => boolean,
  ): number => {
    let sum = 0;
    for (const image of podClass.spec.images) {
      const state = images.get(image);
      if (state !== undefined && has(image)) sum += Math.trunc(state.size * (state.nodes / size));
    }
    const most = MAX_BYTES_PER_CONTAINER * podClass.spec.containerCount;
    const clamped = Math.min(Math.max(sum, MIN_BYTES), most);
    return dividedBy(MAX_NODE_SCORE * (clamped - MIN_BYTES), most - MIN_BYTES);
  };
  return {
    name: 'ImageLocality',
    scope: 'row',
    repeatable: true,
    events: [],
    // How many nodes have an image, and how many there are, counts for all.
    version: (pod) => (known(pod) ? table.images.version * 131_071 + table.size + 1 : 0),
    levelScore: (_cycle, pod) => (known(pod) ? undefined : 0),
    score(cycle, pod, { node }) {
      const names = new Set((node.status.images ?? []).flatMap((image) => image.names));
      return scoreOf(cycle, pod, (image) => names.has(image));
    },
    scoreRows(cycle, pod, rows, count, scores) {
      if (!known(pod)) {
        scores.fill(0, 0, count);
        return;
      }
      for (let i = 0; i < count; i++) {
        const images = cycle.table.nodes[rows[i] as number]?.status.images ?? [];
        scores[i] = scoreOf(cycle, pod, (image) => images.some(({ names }) => names.includes(image)));
      }
    },
  };
}
