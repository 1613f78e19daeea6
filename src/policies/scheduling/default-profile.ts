import type { Profile } from '../../sim/scheduler/framework.ts';
import { BUILT_IN_PLUGINS } from './plugins.ts';

/** What kube-scheduler runs without a configuration. */
export const DEFAULT_PROFILE: Profile = {
  plugins: BUILT_IN_PLUGINS.map(({ create, weight }) => ({ create: (handle) => create({}, handle), weight })),
};
