import { z } from 'zod';
import { isExtendedResource } from '../../../sim/scheduler/resource-names.ts';
import { goDuration, int32, isQualifiedName, refuse } from './names.ts';
import { API_VERSION } from './plugin-arguments.ts';
import { EXTENSION_POINTS } from './in-tree-plugins.ts';
import type { ExtensionPoint } from './in-tree-plugins.ts';

/**
 * The form of a KubeSchedulerConfiguration. Which plugins there are, and what each takes, is looked at afterwards.
 * Sources: kube-scheduler/config/v1/types.go, apis/config/v1/defaults.go, apis/config/validation/validation.go.
 */

const plugin = z.strictObject({
  name: z.string().min(1),
  weight: int32
    .min(0)
    .optional()
    .describe("Of a plugin that scores; 0 or none is the default, 1, whatever the plugin's weight is by default."),
});

const pluginSet = z.strictObject({
  enabled: z.array(plugin).default([]),
  disabled: z.array(plugin).default([]),
});

const plugins = z.strictObject({
  multiPoint: pluginSet.prefault({}),
  ...(Object.fromEntries(EXTENSION_POINTS.map((point) => [point, pluginSet.prefault({})])) as Record<
    ExtensionPoint,
    z.ZodPrefault<typeof pluginSet>
  >),
});

const percentage = int32.min(0).max(100);

const profile = z.strictObject({
  schedulerName: z.string().min(1).optional(),
  percentageOfNodesToScore: percentage.optional(),
  plugins: plugins.prefault({}),
  pluginConfig: z
    .array(z.strictObject({ name: z.string().min(1), args: z.record(z.string(), z.unknown()).default({}) }))
    .default([]),
});

const managedResource = z.strictObject({
  name: z.string().refine((name) => isQualifiedName(name) && isExtendedResource(name), {
    error: 'not the name of an extended resource',
    params: { allowed: 'a domain of your own, a "/" and a name, such as example.com/gpu' },
  }),
  ignoredByScheduler: z.boolean().default(false),
});

const extender = z
  .strictObject({
    urlPrefix: z.string().min(1),
    filterVerb: z.string().default(''),
    preemptVerb: z.string().default(''),
    prioritizeVerb: z.string().default(''),
    bindVerb: z.string().default(''),
    weight: z.int().default(0),
    enableHTTPS: z.boolean().default(false),
    tlsConfig: z
      .strictObject({
        insecure: z.boolean().optional(),
        serverName: z.string().optional(),
        certFile: z.string().optional(),
        keyFile: z.string().optional(),
        caFile: z.string().optional(),
        certData: z.string().optional(),
        keyData: z.string().optional(),
        caData: z.string().optional(),
      })
      .optional(),
    // 0 means the default. Source: `DefaultExtenderTimeout`, pkg/scheduler/extender.go.
    httpTimeout: goDuration.prefault('5s').transform((seconds) => (seconds === 0 ? 5 : seconds)),
    nodeCacheCapable: z.boolean().default(false),
    managedResources: z.array(managedResource).default([]),
    ignorable: z.boolean().default(false),
  })
  .superRefine(({ tlsConfig = {} }, context) => {
    // Source: TLSConfigFor, client-go/transport/transport.go.
    const given = (name: 'ca' | 'cert' | 'key'): boolean =>
      (tlsConfig[`${name}File`] ?? '') !== '' || (tlsConfig[`${name}Data`] ?? '') !== '';
    if (tlsConfig.insecure === true && given('ca')) {
      refuse(context, 'a root certificate goes with certificates that are checked', 'insecure: false', [
        'tlsConfig',
        'insecure',
      ]);
    }
    if (given('cert') !== given('key')) {
      refuse(context, 'a certificate and its key go together', 'both, or neither', ['tlsConfig']);
    }
  })
  .superRefine(({ prioritizeVerb, weight }, context) => {
    if (prioritizeVerb !== '' && weight <= 0)
      refuse(context, 'an extender that scores needs a weight', '1 or more', ['weight']);
  });

const leaderElection = z
  .strictObject({
    leaderElect: z.boolean().default(true),
    leaseDuration: goDuration.prefault('15s'),
    renewDeadline: goDuration.prefault('10s'),
    retryPeriod: goDuration.prefault('2s'),
    resourceLock: z.literal('leases').default('leases'),
    resourceName: z.string().min(1).default('kube-scheduler'),
    resourceNamespace: z.string().min(1).default('kube-system'),
  })
  .superRefine(({ leaderElect, leaseDuration, renewDeadline, retryPeriod }, context) => {
    if (!leaderElect) return;
    if (retryPeriod <= 0) refuse(context, 'must be longer than zero', 'such as 2s', ['retryPeriod']);
    // Source: component-base/config/validation; JitterFactor of client-go's leader election.
    if (renewDeadline <= retryPeriod * 1.2)
      refuse(context, 'must be longer than 1.2 times the retryPeriod', undefined, ['renewDeadline']);
    if (leaseDuration <= renewDeadline)
      refuse(context, 'must be longer than the renewDeadline', undefined, ['leaseDuration']);
  });

/** A KubeSchedulerConfiguration of version v1. */
export const configurationSchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('KubeSchedulerConfiguration'),
    parallelism: int32.min(1).default(16),
    leaderElection: leaderElection.prefault({}),
    clientConnection: z
      .strictObject({
        kubeconfig: z.string().optional(),
        acceptContentTypes: z.string().optional(),
        contentType: z.string().optional(),
        qps: z.number().optional(),
        burst: int32.min(0).optional(),
      })
      .prefault({}),
    enableProfiling: z.boolean().default(true),
    enableContentionProfiling: z.boolean().default(true),
    percentageOfNodesToScore: percentage.optional(),
    podInitialBackoffSeconds: z.int().min(1).optional(),
    podMaxBackoffSeconds: z.int().min(1).optional(),
    profiles: z.array(profile).default([]),
    extenders: z.array(extender).default([]),
    delayCacheUntilActive: z.boolean().default(false),
  })
  .superRefine(({ podInitialBackoffSeconds = 1, podMaxBackoffSeconds = 10, extenders }, context) => {
    if (podMaxBackoffSeconds < podInitialBackoffSeconds) {
      const allowed = `at least podInitialBackoffSeconds, ${podInitialBackoffSeconds}`;
      refuse(context, 'the longest back-off is shorter than the first', allowed, ['podMaxBackoffSeconds']);
    }
    const binders = extenders.flatMap(({ bindVerb }, index) => (bindVerb === '' ? [] : [index]));
    if (binders.length > 1)
      refuse(context, 'another extender binds already', 'one extender with a bindVerb', [
        'extenders',
        binders[1] as number,
        'bindVerb',
      ]);
    const managed = new Set<string>();
    for (const [i, { managedResources }] of extenders.entries()) {
      for (const [j, { name }] of managedResources.entries()) {
        if (managed.has(name))
          refuse(context, 'an extender manages this resource already', 'each resource once', [
            'extenders',
            i,
            'managedResources',
            j,
            'name',
          ]);
        managed.add(name);
      }
    }
  });

export type ConfigurationDocument = z.output<typeof configurationSchema>;
export type ProfileDocument = ConfigurationDocument['profiles'][number];
export type PluginSetDocument = z.output<typeof pluginSet>;
export type ExtenderConfiguration = ConfigurationDocument['extenders'][number];
