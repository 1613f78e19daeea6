import type { Plugin } from '../../sim/scheduler/framework.ts';
import { SKIP } from '../../sim/scheduler/status.ts';

/**
 * VolumeBinding's part in scoring: without the feature StorageCapacityScoring (alpha in v1.34) PreScore skips it for
 * every pod. It counts as a scoring plugin nevertheless: where it is the only one, all totals are 0 and all nodes are
 * searched, while without any scoring plugin the first node that fits is taken.
 */
export const VOLUME_BINDING_SCORE: Pick<Plugin, 'preScore' | 'score'> = {
  preScore: () => SKIP,
  score: () => 0,
};
