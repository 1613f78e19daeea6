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

/** The selector as people write it: `app=web,tier in (a,b),!old`. Source: apimachinery metav1.FormatLabelSelector. */
export function printSelector(selector: LabelSelector): string {
  const pairs = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const requirements = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  return [...pairs, ...requirements].join(',');
}

const TERM = /\s*(?:(!?)\s*([\w./-]+)\s*(?:(!=|==?)\s*([\w.-]*)|\b(in|notin)\s*\(([^)]*)\))?)\s*(?:,|$)/y;

/** Reads a selector as people write it (kubectl's `-l`). Throws RangeError where it is none. */
export function parseSelector(text: string): LabelSelector {
  const matchExpressions: LabelSelectorRequirement[] = [];
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length) {
    const at = TERM.lastIndex;
    const match = TERM.exec(text);
    if (match === null) throw new RangeError(`unable to parse requirement: "${text.slice(at)}"`);
    const [, not, key = '', sign, value = '', word, list = ''] = match;
    if (sign !== undefined) {
      matchExpressions.push({ key, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] });
    } else if (word !== undefined) {
      const values = list.split(',').map((one) => one.trim());
      matchExpressions.push({ key, operator: word === 'in' ? 'In' : 'NotIn', values });
    } else matchExpressions.push({ key, operator: not === '!' ? 'DoesNotExist' : 'Exists' });
  }
  return { matchExpressions };
}
