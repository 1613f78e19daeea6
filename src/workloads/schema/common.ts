import { z } from 'zod';
import { isQuantity } from '../../sim/api/quantity.ts';
import { DURATION_FORMS, LONGEST_RUN, parseDuration, printDuration } from '../../sim/durations.ts';

/**
 * The small types the scenario format is made of. What a message calls "allowed" stands in `params.allowed` of a custom
 * issue, or is a union's own error text; scenario-problems.ts reads both.
 */

/** Raises a custom issue with what would have been allowed. */
export function refuse(
  context: z.RefinementCtx,
  message: string,
  allowed?: string,
  path: (string | number)[] = [],
): void {
  context.addIssue({ code: 'custom', message, path, ...(allowed === undefined ? {} : { params: { allowed } }) });
}

/** Text or number as YAML gives it; refused with `expectation` where it is neither. */
function textOrNumber(expectation: string): z.ZodUnion<[z.ZodString, z.ZodNumber]> {
  return z.union([z.string(), z.number()], { error: () => expectation });
}

/** A number of things that are all made: so many that a slip of the keyboard is told, not run into. */
export function howMany(least: number): z.ZodInt {
  return z.int().min(least).max(MOST);
}

/** Ten times Kubernetes' largest published clusters (100,000 nodes), and more pods than any of them has. */
const MOST = 1_000_000;

/** A duration, read into seconds. */
export const duration = textOrNumber(DURATION_FORMS).transform((value, context) => {
  const seconds = parseDuration(value);
  if (seconds !== undefined) return seconds;
  refuse(context, 'not a duration', DURATION_FORMS);
  return z.NEVER;
});

/** A duration above zero, read into seconds. */
export const positiveDuration = duration.refine((seconds) => seconds > 0, {
  error: 'must be longer than zero',
  params: { allowed: DURATION_FORMS },
});

/** How long a run takes, read into seconds. */
export const runDuration = positiveDuration.refine((seconds) => seconds <= LONGEST_RUN, {
  error: 'longer than the clock goes',
  params: { allowed: `at most ${printDuration(LONGEST_RUN)}` },
});

const QUANTITY_FORMS = 'a quantity such as 500m, 2, 1.5Gi or 1e3';

/** A Kubernetes quantity; unquoted numbers are accepted as kubectl accepts them. Kept as text. */
export const quantity = textOrNumber(QUANTITY_FORMS).transform((value, context) => {
  const text = String(value);
  if (isQuantity(text) && !text.startsWith('-')) return text;
  refuse(context, text.startsWith('-') ? 'must not be negative' : 'not a quantity', QUANTITY_FORMS);
  return z.NEVER;
});

/** Refuses a list in which two have one name. */
export function namedApart(
  what: string,
): (list: readonly { readonly name: string }[], context: z.RefinementCtx) => void {
  return (list, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of list.entries()) {
      if (seen.has(name)) refuse(context, `two ${what} are called "${name}"`, 'names that differ', [index, 'name']);
      seen.add(name);
    }
  };
}

/** Resource names to quantities. */
export const resourceList = z.record(z.string(), quantity);

/** Labels and annotations: unquoted numbers and booleans become text, which kubectl would refuse, a person means. */
export const stringMap = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], { error: () => 'text' }).transform((value) => String(value)),
);

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A name as Kubernetes takes them (RFC 1123 subdomain). */
export const objectName = z.string().max(253).regex(SUBDOMAIN, {
  error: 'not a valid name: lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit',
});

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** A namespace's name (RFC 1123 label): no dots, at most 63 characters. */
export const namespaceName = z.string().max(63).regex(LABEL, {
  error:
    'not a valid name of a namespace: lower-case letters, digits and "-", beginning and ending with a letter or digit',
});

/** A label selector as in Kubernetes. */
export const labelSelector = z
  .strictObject({
    matchLabels: stringMap.optional().describe('Labels that must all be there with these values.'),
    matchExpressions: z
      .array(
        z.strictObject({
          key: z.string().describe('The label.'),
          operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How values compare.'),
          values: z.array(z.string()).optional().describe('For In and NotIn.'),
        }),
      )
      .optional()
      .describe('Conditions that must all hold.'),
  })
  .describe('A label selector, as in Kubernetes.');

/** A share between 0 and 1. */
export const ratio = z.number().min(0).max(1);

/** Keys of a mapping that is to have exactly one of them (a tagged choice, written as `{lognormal: {…}}`). */
export function exactlyOne(value: object, context: z.RefinementCtx, choices: readonly string[], what: string): void {
  const present = choices.filter((key) => (value as Record<string, unknown>)[key] !== undefined);
  if (present.length === 1) return;
  const message =
    present.length === 0 ? `${what} is missing` : `${what} is given ${present.length} times: ${present.join(', ')}`;
  refuse(context, message, `exactly one of ${choices.join(', ')}`);
}
