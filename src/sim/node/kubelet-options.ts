import type { Stages } from './stages/stage.ts';
import type { StaticPodDrafts } from './static-pods.ts';

/** What the machines have besides their kubelets' settings. */
export interface KubeletOptions {
  /** Described instead of by kubelets. */
  readonly stages?: Stages | undefined;
  /** In the folders of their kubelets. */
  readonly staticPods?: StaticPodDrafts | undefined;
}
