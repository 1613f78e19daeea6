import type { SchedulerSettings } from '../../../sim/settings.ts';
import type { PolicyDoor, PolicyPath, PolicyProblem } from '../../policy.ts';
import { DEFAULT_SCHEDULER_NAME } from '../../../sim/scheduler/scheduler-name.ts';
import { configurationSchema } from './configuration-schema.ts';
import type {
  ConfigurationDocument,
  ExtenderConfiguration,
  PluginSetDocument,
  ProfileDocument,
} from './configuration-schema.ts';
import { enabledAt, multiPointPlugins } from './enabled-plugins.ts';
import { EXTENSION_POINTS, FORMER_PLUGINS, IN_TREE_PLUGINS } from './in-tree-plugins.ts';
import type { ExtensionPoint } from './in-tree-plugins.ts';
import { PLUGIN_ARGUMENTS } from './plugin-arguments.ts';

/** What reads a configuration's text knows: where things stand in it. Paths are from its root. */
export type ConfigurationDoor = Pick<PolicyDoor, 'error' | 'unknownName' | 'schemaError'>;

/** A checked profile. */
export interface ProfileConfiguration {
  readonly schedulerName: string;
  /** Absent: the configuration's. */
  readonly percentageOfNodesToScore?: number | undefined;
  readonly plugins: ProfileDocument['plugins'];
  /** Arguments by plugin, with defaults filled in; every plugin that takes some is here. */
  readonly args: ReadonlyMap<string, object>;
}

/** A checked KubeSchedulerConfiguration. */
export interface SchedulerConfiguration {
  readonly profiles: readonly ProfileConfiguration[];
  /** Of the settings that it has only those it gives; the rest are at their defaults. */
  readonly settings: Partial<SchedulerSettings>;
  readonly extenders: readonly ExtenderConfiguration[];
}

/** Where each setting stands in a configuration. */
export const SETTING_PATHS = {
  percentageOfNodesToScore: ['percentageOfNodesToScore'],
  podInitialBackoffSeconds: ['podInitialBackoffSeconds'],
  podMaxBackoffSeconds: ['podMaxBackoffSeconds'],
  qps: ['clientConnection', 'qps'],
  burst: ['clientConnection', 'burst'],
} as const;

/**
 * Reads a KubeSchedulerConfiguration as kube-scheduler v1.34 does: strictly, with its defaults and its validation.
 * Whatever is wrong is an error of the door's at its place.
 */
export function readConfiguration(written: unknown, door: ConfigurationDoor): SchedulerConfiguration {
  const given = withoutNulls(written);
  const parsed = configurationSchema.safeParse(given);
  if (!parsed.success) throw door.schemaError([], configurationSchema, parsed.error, given);
  const document = parsed.data;
  const profiles = document.profiles.length === 0 ? [EMPTY_PROFILE] : document.profiles;
  checkNames(profiles, door);
  for (const [index, { plugins }] of profiles.entries()) checkPlugins(plugins, ['profiles', index, 'plugins'], door);
  checkQueueSorts(profiles, door);
  const ignored = document.extenders.flatMap(({ managedResources }) =>
    managedResources.filter(({ ignoredByScheduler }) => ignoredByScheduler).map(({ name }) => name),
  );
  return {
    profiles: profiles.map((profile, index) => ({
      schedulerName: profile.schedulerName ?? DEFAULT_SCHEDULER_NAME,
      percentageOfNodesToScore: profile.percentageOfNodesToScore,
      plugins: profile.plugins,
      args: withIgnored(argumentsOf(profile, ['profiles', index, 'pluginConfig'], door), ignored),
    })),
    settings: settingsOf(document),
    extenders: document.extenders,
  };
}

const EMPTY_PROFILE: ProfileDocument = configurationSchema.parse({
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
  profiles: [{}],
}).profiles[0] as ProfileDocument;

/** A profile without any words of its own. */
export const DEFAULT_PROFILE_CONFIGURATION: ProfileConfiguration = {
  schedulerName: DEFAULT_SCHEDULER_NAME,
  plugins: EMPTY_PROFILE.plugins,
  args: new Map([...PLUGIN_ARGUMENTS].map(([name, schema]) => [name, schema.parse({})])),
};

/** A null means "not given", as everywhere in Kubernetes. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined);
  return Object.fromEntries(given.map(([key, entry]) => [key, withoutNulls(entry)]));
}

function settingsOf(document: ConfigurationDocument): Partial<SchedulerSettings> {
  const { percentageOfNodesToScore, podInitialBackoffSeconds, podMaxBackoffSeconds, clientConnection } = document;
  const { qps = 0, burst = 0 } = clientConnection;
  return {
    ...(percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore }),
    ...(podInitialBackoffSeconds === undefined ? {} : { podInitialBackoffSeconds }),
    ...(podMaxBackoffSeconds === undefined ? {} : { podMaxBackoffSeconds }),
    // 0 stands for the default, and a negative rate for none, which here is 0.
    ...(qps === 0 ? {} : { qps: Math.max(0, qps) }),
    ...(burst === 0 ? {} : { burst }),
  };
}

/** Only a single profile may do without a name. */
function checkNames(profiles: readonly ProfileDocument[], door: ConfigurationDoor): void {
  const seen = new Map<string, number>();
  for (const [index, { schedulerName }] of profiles.entries()) {
    const path = ['profiles', index, 'schedulerName'];
    if (schedulerName === undefined) {
      if (profiles.length === 1) return;
      const allowed = 'a name of its own for each of several profiles';
      throw door.error(path, { message: 'this field is missing', allowed });
    }
    const former = seen.get(schedulerName);
    if (former !== undefined) {
      throw door.error(path, {
        message: `two profiles have one schedulerName: profiles[${former}] has it, too`,
        found: schedulerName,
        allowed: 'names that differ',
      });
    }
    seen.set(schedulerName, index);
  }
}

const PLUGIN_NAMES = [...IN_TREE_PLUGINS.keys()];

function unknownPlugin(name: string, door: ConfigurationDoor): PolicyProblem {
  if (!FORMER_PLUGINS.has(name)) return door.unknownName('plugin', name, PLUGIN_NAMES);
  return { message: 'a plugin of a former version, gone in v1', found: name, allowed: PLUGIN_NAMES.join(', ') };
}

function checkPlugins(plugins: ProfileDocument['plugins'], path: PolicyPath, door: ConfigurationDoor): void {
  checkSet(plugins.multiPoint, undefined, [...path, 'multiPoint'], door);
  for (const point of EXTENSION_POINTS) checkSet(plugins[point], point, [...path, point], door);
  const all = multiPointPlugins(plugins.multiPoint);
  const sorts = enabledAt('queueSort', all, plugins.queueSort);
  if (sorts.length !== 1) {
    throw door.error([...path, 'queueSort'], {
      message: 'a profile has exactly one queueSort plugin',
      found: sorts.join(', ') || 'none',
      allowed: 'PrioritySort',
    });
  }
  if (enabledAt('bind', all, plugins.bind).length === 0) {
    throw door.error([...path, 'bind'], {
      message: 'a profile needs at least one bind plugin',
      found: 'none',
      allowed: 'DefaultBinder',
    });
  }
}

/** `point` undefined: multiPoint. */
function checkSet(
  { enabled, disabled }: PluginSetDocument,
  point: ExtensionPoint | undefined,
  path: PolicyPath,
  door: ConfigurationDoor,
): void {
  const seen = new Set<string>();
  for (const [index, { name }] of enabled.entries()) {
    const at = [...path, 'enabled', index, 'name'];
    const points = IN_TREE_PLUGINS.get(name);
    if (points === undefined) throw door.error(at, unknownPlugin(name, door));
    if (point !== undefined && !points.includes(point)) {
      const allowed = PLUGIN_NAMES.filter((other) => IN_TREE_PLUGINS.get(other)?.includes(point));
      throw door.error(at, {
        message: `the plugin has no extension point ${point}`,
        found: `${name}, which has ${points.join(', ')}`,
        allowed: allowed.join(', ') || `no plugin has ${point}`,
      });
    }
    if (seen.has(name)) throw door.error(at, { message: 'enabled twice', found: name, allowed: 'each plugin once' });
    seen.add(name);
  }
  for (const [index, { name }] of disabled.entries()) {
    if (name === '*' || IN_TREE_PLUGINS.has(name) || FORMER_PLUGINS.has(name)) continue;
    throw door.error([...path, 'disabled', index, 'name'], door.unknownName('plugin', name, ['*', ...PLUGIN_NAMES]));
  }
}

/** Pods of all profiles wait in one queue. */
function checkQueueSorts(profiles: readonly ProfileDocument[], door: ConfigurationDoor): void {
  const [first, ...others] = profiles.map(({ plugins }) => JSON.stringify(plugins.queueSort));
  const wrong = others.findIndex((text) => text !== first);
  if (wrong < 0) return;
  const path = ['profiles', wrong + 1, 'plugins', 'queueSort'];
  throw door.error(path, {
    message: 'must be the same for all profiles, whose pods wait in one queue',
    found: others[wrong] as string,
    allowed: first as string,
  });
}

function argumentsOf(
  { pluginConfig }: ProfileDocument,
  path: PolicyPath,
  door: ConfigurationDoor,
): Map<string, object> {
  const args = new Map<string, object>();
  for (const [index, entry] of pluginConfig.entries()) {
    const { name } = entry;
    const at = [...path, index];
    if (!IN_TREE_PLUGINS.has(name)) throw door.error([...at, 'name'], unknownPlugin(name, door));
    if (args.has(name)) {
      throw door.error([...at, 'name'], {
        message: 'the plugin is configured twice',
        found: name,
        allowed: 'each plugin once',
      });
    }
    const schema = PLUGIN_ARGUMENTS.get(name);
    const parsed = schema?.safeParse(entry.args);
    if (schema !== undefined && parsed?.success === false)
      throw door.schemaError([...at, 'args'], schema, parsed.error, entry.args);
    // Arguments of a plugin that takes none are not looked at.
    args.set(name, parsed?.data ?? {});
  }
  for (const [name, schema] of PLUGIN_ARGUMENTS) if (!args.has(name)) args.set(name, schema.parse({}));
  return args;
}

/** Resources that an extender looks after are none of NodeResourcesFit's business. Source: `scheduler.New`. */
function withIgnored(args: Map<string, object>, names: readonly string[]): ReadonlyMap<string, object> {
  if (names.length === 0) return args;
  const fit = args.get('NodeResourcesFit') as { readonly ignoredResources: readonly string[] };
  return args.set('NodeResourcesFit', { ...fit, ignoredResources: [...fit.ignoredResources, ...names] });
}
