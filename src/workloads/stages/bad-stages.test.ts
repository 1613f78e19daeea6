import { expect, it } from 'vitest';
import { InputError } from '../input-error.ts';
import { parseScenario } from '../scenario.ts';
import { loadStages } from './load-stages.ts';

const HEAD = `apiVersion: orrery.dev/v1alpha1
kind: Scenario
metadata: { name: test }
duration: 1h
cluster: { nodeGroups: [{ name: n, count: 1, capacity: { cpu: 1, memory: 1Gi } }] }
stages:
  inline: |
`;

/** The scenario's message for a stage whose document has this spec; the spec begins in line 12. */
function messageFor(
  spec: string,
  head = 'apiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\nmetadata: { name: s }\nspec:',
): string {
  const document = `${head}\n${spec}`.replaceAll(/^/gm, '    ');
  try {
    loadStages(parseScenario(HEAD + document, 'test.yaml'));
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'good';
}

const POD = '  resourceRef: { kind: Pod }\n';
const PENDING = '  selector: { matchExpressions: [{ key: .status.phase, operator: In, values: [Pending] }] }\n';

it.each([
  [`${POD}${PENDING}  next: { statusTemplate: "phase: Running" }`, 'good'],
  [
    '  resourceRef: { kind: PersistentVolumeClaim }',
    'test.yaml:12:28: spec.resourceRef.kind: not one of the known values found:   the text "PersistentVolumeClaim" allowed: Pod, Node',
  ],
  [`${POD}  selectors: {}`, 'test.yaml:13:7: spec.selectors: unknown field found:   selectors'],
  [
    `${POD}  selector: { matchExpressions: [{ key: .status.phase, operator: Is, values: [Pending] }] }`,
    'test.yaml:13:70: spec.selector.matchExpressions[0].operator: not one of the known values found:   the text "Is" allowed: In, NotIn, Exists, DoesNotExist',
  ],
  [
    `${POD}  selector: { matchExpressions: [{ key: .status.phase, operator: In }] }`,
    'test.yaml:13:38: spec.selector.matchExpressions[0].values: In needs values',
  ],
  [
    `${POD}  selector:\n    matchExpressions:\n      - { key: '.status.phase | nothing', operator: Exists }`,
    'test.yaml:15:20: spec.selector.matchExpressions[0].key: no function "nothing"',
  ],
  [
    `${POD}  delay: { durationMilliseconds: -5 }`,
    'test.yaml:13:38: spec.delay.durationMilliseconds: out of range found:   the number -5 allowed: at least 0',
  ],
  [`${POD}  weight: -1`, 'test.yaml:13:15: spec.weight: out of range'],
  [
    `${POD}${PENDING}  next:\n    statusTemplate: |\n      phase: {{ .spec.phase | lowerCase }}`,
    'test.yaml:15:25: spec.next.statusTemplate: cannot read {{.spec.phase | lowerCase}}: there is no function lowerCase',
  ],
  [
    `${POD}${PENDING}  delay: { durationFrom: { expressionFrom: ".a[" } }`,
    'spec.delay.durationFrom: the filter ends too early',
  ],
  [
    `${POD}${PENDING}  next:\n    statusTemplate: 'startTime: {{ Now | Quote }}'`,
    'test.yaml:12:7: spec: stages go round without a delay: s → s Give one of them a delay, or a selector that it ends.',
  ],
  [
    `${POD}${PENDING}  delay: { durationMilliseconds: 1 }\n  next:\n    statusTemplate: 'startTime: {{ Now | Quote }}'`,
    'good',
  ],
  // It changes nothing, so nothing follows.
  [`${POD}${PENDING}  next:\n    statusTemplate: 'phase: Pending'`, 'good'],
])('a stage with the spec\n%s', (spec, message) => {
  // Messages are broken at the terminal's width.
  expect(messageFor(spec).replaceAll(/\n +/g, ' ')).toContain(message);
});

it('two stages that lead to one another without a delay are refused', () => {
  const to = (name: string, from: string, phase: string): string => `apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: ${name} }
spec:
  resourceRef: { kind: Pod }
  selector:
    matchExpressions:
      - { key: '.status.conditions.[] | select(.type == "Ready") | .status', operator: In, values: ["${from}"] }
      - { key: '.status.conditions.[] | select(.type == "Initialized") | .status', operator: In, values: ["True"] }
  next: { statusTemplate: 'conditions: [{ type: Ready, status: "${phase}" }]' }
`;
  expect(messageFor(`---\n${to('down', 'True', 'False')}---\n${to('up', 'False', 'True')}`, '')).toContain(
    'stages go round without a delay: down → up → down',
  );
});

it.each([
  ['kind: KwokConfiguration\napiVersion: config.kwok.x-k8s.io/v1alpha1', 'not a Stage\n  found:   KwokConfiguration'],
  ['', 'there are no stages'],
])('documents that are no stages: %s', (text, message) => expect(messageFor(text, '')).toContain(message));

it('no stages at all are refused', () => {
  const text = HEAD.replace('  inline: |\n', '  nodes: {}\n');
  expect(() => parseScenario(text, 'test.yaml')).toThrow('stages: which stages is missing');
});
