import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../sim/api/core.ts';
import type { LabelSelector } from '../../sim/api/meta.ts';
import { describeValue } from '../input-error.ts';
import type { DocumentPath } from '../input-error.ts';
import { checkKey, checkLabels } from './check-names.ts';
import { Misfit } from './misfit.ts';

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** In and NotIn need values, Exists and DoesNotExist have none, Gt and Lt one whole number. */
function checkValues(requirement: Requirement, path: DocumentPath): void {
  const { operator, values = [] } = requirement;
  const at = [...path, 'values'];
  const found = describeValue(requirement.values);
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    throw new Misfit(at, {
      message: `operator ${operator} needs values`,
      found,
      allowed: 'a list with at least one entry',
    });
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    throw new Misfit(at, {
      message: `operator ${operator} takes no values`,
      found,
      allowed: 'no values, or In and NotIn',
    });
  }
  if ((operator === 'Gt' || operator === 'Lt') && (values.length !== 1 || !/^-?\d+$/.test(values[0] ?? ''))) {
    throw new Misfit(at, {
      message: `operator ${operator} compares with one number`,
      found,
      allowed: 'a list of one whole number in quotes',
    });
  }
}

function checkRequirements(requirements: readonly Requirement[] | undefined, path: DocumentPath): void {
  for (const [index, requirement] of (requirements ?? []).entries()) {
    checkKey(requirement.key, [...path, index, 'key']);
    checkValues(requirement, [...path, index]);
  }
}

export function checkLabelSelector(selector: LabelSelector | undefined, path: DocumentPath): void {
  if (selector === undefined) return;
  checkLabels(selector.matchLabels, [...path, 'matchLabels']);
  checkRequirements(selector.matchExpressions, [...path, 'matchExpressions']);
}

/** metadata.name is the one field nodes can be chosen by. */
function checkFields(requirements: readonly NodeSelectorRequirement[] | undefined, path: DocumentPath): void {
  for (const [index, requirement] of (requirements ?? []).entries()) {
    if (requirement.key !== 'metadata.name') {
      throw new Misfit([...path, index, 'key'], {
        message: 'not a field nodes can be chosen by',
        found: requirement.key,
        allowed: 'metadata.name',
      });
    }
    if (requirement.operator !== 'In' && requirement.operator !== 'NotIn') {
      throw new Misfit([...path, index, 'operator'], {
        message: 'not an operator for fields',
        found: requirement.operator,
        allowed: 'In, NotIn',
      });
    }
    checkValues(requirement, [...path, index]);
  }
}

export function checkNodeSelectorTerm(term: NodeSelectorTerm, path: DocumentPath): void {
  checkRequirements(term.matchExpressions, [...path, 'matchExpressions']);
  checkFields(term.matchFields, [...path, 'matchFields']);
}

export function checkNodeSelector(selector: NodeSelector | undefined, path: DocumentPath): void {
  if (selector === undefined) return;
  const at = [...path, 'nodeSelectorTerms'];
  if (selector.nodeSelectorTerms.length === 0) {
    throw new Misfit(at, { message: 'no terms: no node could match', allowed: 'at least one term' });
  }
  for (const [index, term] of selector.nodeSelectorTerms.entries()) checkNodeSelectorTerm(term, [...at, index]);
}
