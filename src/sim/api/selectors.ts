import type { LabelSelector, LabelSelectorRequirement, StringMap } from './meta.ts';

const NO_LABELS: StringMap = {};

/** True where every pair stands in `labels`. An empty selector matches everything. */
export function matchesPairs(pairs: StringMap, labels: StringMap | undefined): boolean {
  const found = labels ?? NO_LABELS;
  for (const key in pairs) {
    if (found[key] !== pairs[key]) return false;
  }
  return true;
}

/** One requirement on one set of labels; NotIn holds where the key is absent. Source: apimachinery `labels.Requirement`. */
export function matchesRequirement(requirement: LabelSelectorRequirement, labels: StringMap | undefined): boolean {
  const value = (labels ?? NO_LABELS)[requirement.key];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && (requirement.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(requirement.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** An absent selector selects nothing; an empty one everything. Source: apimachinery `LabelSelectorAsSelector`. */
export function matchesSelector(selector: LabelSelector | undefined, labels: StringMap | undefined): boolean {
  if (selector === undefined) return false;
  if (selector.matchLabels !== undefined && !matchesPairs(selector.matchLabels, labels)) return false;
  for (const requirement of selector.matchExpressions ?? []) {
    if (!matchesRequirement(requirement, labels)) return false;
  }
  return true;
}
