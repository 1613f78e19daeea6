import { describe, expect, it } from 'vitest';
import { JqError } from './jq-syntax.ts';
import { jq, JqFailure } from './jq.ts';

const POD = {
  metadata: { name: 'web-0', labels: { 'app.example/x': 'y' }, ownerReferences: [{ kind: 'Job' }, { kind: 'Other' }] },
  status: {
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Initialized', status: 'False' },
    ],
  },
};

/** Expectations follow jq's manual. */
describe('jq', () => {
  it.each([
    ['.', [POD]],
    ['.status.phase', ['Running']],
    ['.status.nothing.at.all', [null]],
    ['.metadata.labels["app.example/x"]', ['y']],
    ['.metadata.labels."app.example/x"', ['y']],
    ['.status.conditions.[] | select( .type == "Ready" ) | .status', ['True']],
    ['.status.conditions[] | select(.type == "Ready" or .status == "False") | .type', ['Ready', 'Initialized']],
    ['.metadata.ownerReferences.[].kind', ['Job', 'Other']],
    ['.status.conditions[0].type, .status.conditions[-1].type', ['Ready', 'Initialized']],
    ['.status.conditions | length', [2]],
    ['.metadata.annotations["x"] // "none"', ['none']],
    ['[.status.conditions[].status] | join("-")', ['True-False']],
    ['.status.conditions | map(.status == "True") | any', [true]],
    ['.status | has("phase") and (has("podIP") | not)', [true]],
    ['.metadata.name | startswith("web") , test("^db")', [true, false]],
    ['.status.phase.x?', []],
    ['.status.conditions | length > 1', [true]],
    ['.metadata.name | split("-") | .[1] | tonumber + 1', [1]],
  ])('%s', (text, values) => expect(jq(text)(POD)).toEqual(values));

  it.each(['.status.containerStatuses.[].state', '.status.phase.x', '.metadata.name | tonumber'])(
    '%s fails',
    (text) => {
      expect(() => jq(text)(POD)).toThrow(JqFailure);
    },
  );

  it.each([
    ['.a |', 'the filter ends too early', 4],
    ['.a | nothing(.b)', 'no function "nothing"', 5],
    ['.a[0', 'the filter ends too early', 4],
    ['.a )', '")" does not belong here', 3],
    ['.a | select', 'select takes 1 arguments', 5],
    ['.a $b', 'not a filter of jq', 2],
  ])('%s is refused', (text, message, offset) => {
    expect(() => jq(text)).toThrow(JqError);
    expect(() => jq(text)).toThrow(message);
    expect(() => jq(text)).toThrow(expect.objectContaining({ offset }) as Error);
  });
});
