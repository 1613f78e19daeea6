import { METRIC_MEANINGS } from '../../reporting/metric-meanings.ts';
import { InputError } from '../../workloads/input-error.ts';
import { unknownName } from '../../workloads/nearest.ts';

/** The names asked for, or the headline figures. `path` is where they are asked for. */
export function metricsOf(asked: readonly string[], path: string): readonly string[] {
  const known = [...METRIC_MEANINGS.keys()];
  for (const name of asked) {
    if (!METRIC_MEANINGS.has(name)) throw new InputError({ path, ...unknownName('metric', name, known) });
  }
  if (asked.length > 0) return [...new Set(asked)];
  return known.filter((name) => METRIC_MEANINGS.get(name)?.headline === true);
}
