import { z } from 'zod';
import { int32, isLabelValue, qualifiedName, refuse } from './names.ts';

/** Node selectors as the scheduler parses them. Source: component-helpers/scheduling/corev1/nodeaffinity. */

const LABEL_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;

const requirement = z
  .strictObject({
    key: qualifiedName,
    operator: z.enum(LABEL_OPERATORS),
    values: z.array(z.string()).optional(),
  })
  .superRefine(({ operator, values = [] }, context) => {
    const at = ['values'];
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
      refuse(context, `operator ${operator} needs values`, 'a list with at least one entry', at);
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
      refuse(context, `operator ${operator} takes no values`, 'no values', at);
    if ((operator === 'Gt' || operator === 'Lt') && (values.length !== 1 || !/^[-+]?\d+$/.test(values[0] ?? '')))
      refuse(context, `operator ${operator} compares with one number`, 'a list of one whole number in quotes', at);
    for (const [index, value] of values.entries()) {
      if (!isLabelValue(value)) {
        const allowed = 'at most 63 letters, digits, "-", "_" and "."';
        refuse(context, 'not a valid label value', allowed, [...at, index]);
      }
    }
  });

const field = z
  .strictObject({
    key: z.enum(['metadata.name']),
    operator: z.enum(['In', 'NotIn']),
    values: z.array(z.string()).optional(),
  })
  .superRefine(({ values = [] }, context) => {
    if (values.length !== 1) refuse(context, 'a field is compared with one value', 'a list of one name', ['values']);
  });

const term = z.strictObject({
  matchExpressions: z.array(requirement).optional(),
  matchFields: z.array(field).optional(),
});

/** `addedAffinity`: a v1.NodeAffinity. */
export const nodeAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.strictObject({ nodeSelectorTerms: z.array(term) }).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z
    .array(z.strictObject({ weight: int32, preference: term }))
    .optional(),
});
