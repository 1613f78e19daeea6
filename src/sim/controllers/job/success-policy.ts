import type { Job } from '../../api/workloads.ts';
import { IndexSet } from './index-set.ts';

/** Which rule of an Indexed Job's successPolicy is met; undefined where none is. Source: job/success_policy.go. */
export function metRule({ spec }: Job, succeeded: IndexSet): number | undefined {
  const at = (spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const wanted = new IndexSet(succeededIndexes);
    return succeeded.sharedWith(wanted) >= (succeededCount ?? wanted.size);
  });
  return at < 0 ? undefined : at;
}
