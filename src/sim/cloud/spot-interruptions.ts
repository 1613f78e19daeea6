import type { FailureModelEntry } from '../faults/failure-model.ts';
import type { InstanceGroupSpec, ProviderSpec } from './provider-spec.ts';

/** That the provider takes spot instances back, as a model by which machines fail: each once, with notice. */
export function spotInterruptions({
  spec,
  groups,
}: {
  readonly spec: ProviderSpec;
  readonly groups: readonly InstanceGroupSpec[];
}): readonly FailureModelEntry[] {
  const { spot } = spec;
  const { noticeSeconds: warningSeconds } = spot;
  if (spot.livesSeconds === undefined) return [];
  return [
    {
      groups: new Set(groups.filter((group) => group.spot).map(({ name }) => name)),
      model: {
        name: 'cloud-provider',
        next: ({ identity }, ordinal) => {
          const afterSeconds = ordinal > 0 ? undefined : spot.livesSeconds?.(identity);
          return afterSeconds === undefined ? undefined : { kind: 'spot-reclaim', afterSeconds, warningSeconds };
        },
      },
    },
  ];
}
