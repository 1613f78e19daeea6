import { quantityValue } from '../api/quantity.ts';
import { seconds } from '../kernel/time.ts';
import type { Micros } from '../kernel/time.ts';
import type { EvictionSignal, KubeletSettings } from '../settings.ts';

/** What runs short where a signal is under its threshold. */
export type StarvedResource = 'memory' | 'disk' | 'images' | 'inodes' | 'pid';

/** Signals in the order in which they are seen to: memory first. Source: pkg/kubelet/eviction/helpers.go byEvictionPriority. */
export const SIGNALS: readonly EvictionSignal[] = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
];

/** Where a node has one filesystem, for images and all else. */
const STARVED: Readonly<Record<EvictionSignal, StarvedResource>> = {
  'memory.available': 'memory',
  'nodefs.available': 'disk',
  'nodefs.inodesFree': 'inodes',
  'imagefs.available': 'disk',
  'imagefs.inodesFree': 'inodes',
  'pid.available': 'pid',
};

/** Where images and what containers write lie: on the disk, or on a filesystem of their own. */
export function homeOfImages({ imageFilesystemBytes }: KubeletSettings): 'disk' | 'images' {
  return imageFilesystemBytes === 0 ? 'disk' : 'images';
}

/** What a signal tells of. Inodes are those of one filesystem. */
export function starvedBy(signal: EvictionSignal, settings: KubeletSettings): StarvedResource {
  return signal === 'imagefs.available' ? homeOfImages(settings) : STARVED[signal];
}

/** What a threshold's messages call the resource. */
export const RESOURCE_NAMES: Readonly<Record<StarvedResource, string>> = {
  memory: 'memory',
  disk: 'ephemeral-storage',
  images: 'ephemeral-storage',
  inodes: 'inodes',
  pid: 'pids',
};

/** A level under which less may not be left. */
export interface Threshold {
  readonly signal: EvictionSignal;
  /** As it was given. */
  readonly text: string;
  /** Hard ones have none. */
  readonly grace: Micros;
  readonly hard: boolean;
  /** How much more than the threshold has to be left before it is no longer met. */
  readonly minimumReclaim: string | undefined;
}

/** An amount, or a part of the node's capacity. */
export function thresholdAmount(text: string, capacity: number): number {
  return text.endsWith('%') ? (Number(text.slice(0, -1)) / 100) * capacity : quantityValue(text);
}

/** The thresholds that the kubelet's settings say, memory first, hard before soft. */
export function thresholdsOf(settings: KubeletSettings): readonly Threshold[] {
  const { evictionHard, evictionSoft, evictionSoftGracePeriodSeconds, evictionMinimumReclaim } = settings;
  return SIGNALS.flatMap((signal) => {
    const minimumReclaim = evictionMinimumReclaim[signal];
    const hard = evictionHard[signal];
    const soft = evictionSoft[signal];
    const grace = seconds(evictionSoftGracePeriodSeconds[signal] ?? 0);
    return [
      ...(hard === undefined ? [] : [{ signal, text: hard, grace: 0, hard: true, minimumReclaim }]),
      ...(soft === undefined ? [] : [{ signal, text: soft, grace, hard: false, minimumReclaim }]),
    ];
  });
}
