import { z } from 'zod';

/**
 * The rules for names that a configuration's validation applies. Messages are in the form that the scenario's own are
 * in: what is allowed stands in `params.allowed` of a custom issue.
 */

const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Raises a custom issue with what would have been allowed. */
export function refuse(
  context: z.RefinementCtx,
  message: string,
  allowed?: string,
  path: (string | number)[] = [],
): void {
  context.addIssue({ code: 'custom', message, path, ...(allowed === undefined ? {} : { params: { allowed } }) });
}

/** An optional domain, a slash, a name. Source: `IsQualifiedName`, apimachinery/pkg/util/validation. */
export function isQualifiedName(text: string): boolean {
  const [name = '', domain, ...more] = text.split('/').reverse();
  if (more.length > 0 || name.length > 63 || !QUALIFIED.test(name)) return false;
  return domain === undefined || (domain.length <= 253 && SUBDOMAIN.test(domain));
}

/** A label's value: empty, or like a name. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= 63 && QUALIFIED.test(text));
}

/** A label's key, or a resource's name. */
export const qualifiedName = z.string().refine(isQualifiedName, {
  error: 'not a valid name',
  params: { allowed: 'letters, digits, "-", "_" and ".", at most 63 of them, after a domain and "/" if there is one' },
});

const DURATION = /^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** A duration as Go writes it (`1m30s`), read into seconds. */
export const goDuration = z.string({ error: () => DURATION_FORMS }).transform((text, context) => {
  if (!DURATION.test(text)) {
    refuse(context, 'not a duration', DURATION_FORMS);
    return z.NEVER;
  }
  let seconds = 0;
  for (const [, amount, unit = ''] of text.matchAll(PART)) seconds += Number(amount) * (UNITS[unit] ?? 0);
  return text.startsWith('-') ? -seconds : seconds;
});

const DURATION_FORMS = 'a duration such as 15s, 1m30s or 500ms, in quotes';

/** A whole number of 32 bits. */
export const int32 = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1);
