import type { z } from 'zod';
import type { Zod } from './policies/policy.ts';
import type { PolicyContext } from './policies/slot.ts';
import type { ScoringPolicyModule } from './policies/user-policies.ts';
import type { PluginHandle } from './sim/scheduler/framework.ts';

/**
 * A scheduler plugin of one's own with its types: what a module exports as `policy`, to be named by its path in a scenario
 * (`policies.scoring: ./mine.mjs`). `params` is the schema of what a scenario may write under `with`, and `create` gets what
 * fits it; `score` is all that the plugin needs.
 *
 * @example
 * ```ts
 * export const policy = definePlugin({
 *   name: 'price',
 *   params: (z) => z.strictObject({ label: z.string().default('example.com/price') }),
 *   create: ({ label }) => ({
 *     scope: 'row',
 *     score: (_cycle, _pod, node) => Number(node.labels[label] ?? 1),
 *   }),
 * });
 * ```
 */
export function definePlugin<Schema extends z.ZodType>(plugin: {
  readonly name: string;
  readonly params: (z: Zod) => Schema;
  readonly create: (
    params: z.output<Schema>,
    context: PluginHandle & PolicyContext,
  ) => ReturnType<ScoringPolicyModule['create']>;
}): ScoringPolicyModule<z.output<Schema>> {
  const { name, params, create } = plugin;
  return { family: 'scoring', name, params: (zod) => params(zod) as z.ZodType<z.output<Schema>>, create };
}
