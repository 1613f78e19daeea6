import { describe, expect, it } from 'vitest';
import { celEnvironment, CelError, celValue, compileCel } from './cel.ts';

const environment = celEnvironment().registerVariable('object', 'dyn').registerVariable('name', 'string');

const object = celValue({
  spec: { replicas: 3, weight: 0.5, containers: [{ name: 'a', image: 'x:1' }, { name: 'b' }] },
  metadata: { labels: { 'example.com/tier': 'gold' } },
});

function value(source: string): unknown {
  return compileCel(environment, source).evaluate({ object, name: 'web' });
}

function failure(run: () => unknown): CelError {
  try {
    run();
  } catch (error) {
    if (error instanceof CelError) return error;
    throw error;
  }
  throw new Error('did not fail');
}

describe('expressions over JSON', () => {
  it.each([
    ['object.spec.replicas <= 3 && object.spec.replicas + 1 == 4', true],
    ['object.spec.weight < 1', true],
    ['object.spec.containers.all(c, has(c.name))', true],
    ['object.spec.containers.filter(c, has(c.image)).map(c, c.name)', ['a']],
    ['object.metadata.labels["example.com/tier"] in ["gold", "silver"]', true],
    ['"other" in object.metadata.labels', false],
    ['object.?metadata.?annotations.orValue({}).size() == 0', true],
    ['cel.bind(n, object.spec.containers.size(), n > 1 && n < 3)', true],
    ['name.startsWith("w") ? "yes" : "no"', 'yes'],
    ['true || object.no.such', true],
    ['object.no.such || true', true],
  ])('%s', (source, wanted) => {
    expect(value(source)).toEqual(wanted);
  });

  it('takes has() of a field of any expression', () => {
    expect(value('has(object.spec.containers[0].image)')).toBe(true);
    expect(value('has(object.spec.containers[1].image)')).toBe(false);
    expect(value('object.spec.containers.exists(c, has(object["spec"].replicas) && has(c.image))')).toBe(true);
    expect(failure(() => value('has(object["status"].phase)')).message).toBe('no such key: status');
  });
});

describe("Kubernetes' libraries", () => {
  it.each([
    ['quantity("1.5Gi").isGreaterThan(quantity("1500Mi"))', true],
    ['quantity("1500Mi").compareTo(quantity("1.5Gi"))', -1n],
    ['quantity("1000m") == quantity("1")', true],
    ['quantity("0.1").add(quantity("200m")).compareTo(quantity("300m"))', 0n],
    ['quantity("50k").sub(20000).asInteger()', 30_000n],
    ['quantity("-1").sign()', -1n],
    ['quantity("500m").isInteger() || isQuantity("12GB")', false],
    ['quantity("250m").asApproximateFloat()', 0.25],
    ['semver("1.2.3").isLessThan(semver("1.10.0"))', true],
    // The order of semver.org §11.
    [
      '["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1"].all(v, semver(v).isLessThan(semver("1.0.0")))',
      true,
    ],
    ['semver("1.0.0-beta.2").isLessThan(semver("1.0.0-beta.11"))', true],
    ['semver("1.0.0-alpha.1").compareTo(semver("1.0.0-alpha.beta"))', -1n],
    ['semver("1.0.0+a") == semver("1.0.0+b")', true],
    ['semver("v01.2", true).minor()', 2n],
    ['isSemver("v1.0.0") || isSemver("1.0") || isSemver("01.0.0")', false],
    ['[1, 2, 2].isSorted() && ![2, 1].isSorted()', true],
    ['[1, 2, 3].sum()', 6n],
    ['["b", "a"].min() + ["b", "a"].max()', 'ab'],
    ['[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1', true],
    ['"abc 123 45".findAll("[0-9]+")', ['123', '45']],
    ['"abc 123 45".find("[0-9]+")', '123'],
    ['"abc".find("[0-9]+")', ''],
    ['"abcb".replace("b", "$&") + "abcb".replace("b", "-", 1) + "abc".charAt(1)', 'a$&c$&a-cbb'],
    ['sets.contains([1, 2], [2u]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], ["1"])', true],
  ])('%s', (source, wanted) => {
    expect(value(source)).toEqual(wanted);
  });

  it('says what is no quantity and no version', () => {
    expect(failure(() => value('quantity("12GB")')).message).toContain('"12GB" is not a quantity');
    expect(failure(() => value('semver("1.0")')).message).toContain('"1.0" is no semantic version');
    expect(failure(() => value('quantity("1m").asInteger()')).message).toContain('cannot convert value to integer');
    expect(failure(() => value('[].max()')).message).toContain('max called on empty list');
  });
});

describe('what is wrong with an expression', () => {
  it('says where it does not parse', () => {
    expect(failure(() => compileCel(environment, 'name == '))).toMatchObject({
      message: 'Unexpected token: EOF',
      offset: 8,
    });
  });

  it('knows types before anything is evaluated', () => {
    expect(failure(() => compileCel(environment, 'name + 1')).message).toBe('no such overload: string + int');
    expect(failure(() => compileCel(environment, 'nmae == "a"')).message).toBe('Unknown variable: nmae');
    expect(failure(() => compileCel(environment, 'name', 'bool')).message).toBe('must evaluate to bool, not string');
    expect(compileCel(environment, 'object.spec.paused', 'bool').type).toBe('dyn');
  });

  it('names the key that is not there, as cel-go does', () => {
    expect(failure(() => value('object.spec.nope == 1')).message).toBe('no such key: nope');
  });
});

it('converts whole numbers to ints, others to doubles, and remembers what an object became', () => {
  const json = { n: 3, x: 0.5, list: [1, { deep: null }], absent: undefined };
  const converted = celValue(json);
  expect(converted).toEqual({ n: 3n, x: 0.5, list: [1n, { deep: null }] });
  expect(celValue(json)).toBe(converted);
});
