import type { Environment } from '@marcbachmann/cel-js';
import { isQuantity, quantityNanos } from '../api/quantity.ts';

const NANOS_PER_UNIT = 1_000_000_000n;

/** `kubernetes.Quantity`: an exact number. */
export class CelQuantity {
  /** In thousand-millionths: no quantity is finer. */
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }

  /** Throws a QuantityError for text that is no quantity. */
  static parse(text: string | number): CelQuantity {
    return new CelQuantity(quantityNanos(String(text)));
  }
}

/** Source: k8s.io/apiserver/pkg/cel/library/quantity.go. */
export function registerQuantities(environment: Environment): void {
  const quantity = 'kubernetes.Quantity';
  const compare = (a: CelQuantity, b: CelQuantity): bigint => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n);
  const units = (n: bigint): CelQuantity => new CelQuantity(n * NANOS_PER_UNIT);
  environment
    .registerType(quantity, { ctor: CelQuantity, fields: {} })
    .registerOperator(`${quantity} == ${quantity}`, (a: CelQuantity, b: CelQuantity) => a.nanos === b.nanos)
    .registerFunction(`quantity(string): ${quantity}`, (text: string) => CelQuantity.parse(text))
    .registerFunction('isQuantity(string): bool', (text: string) => isQuantity(text))
    .registerFunction(`${quantity}.sign(): int`, ({ nanos }: CelQuantity) => (nanos < 0n ? -1n : nanos > 0n ? 1n : 0n))
    .registerFunction(`${quantity}.isInteger(): bool`, ({ nanos }: CelQuantity) => nanos % NANOS_PER_UNIT === 0n)
    .registerFunction(`${quantity}.asInteger(): int`, ({ nanos }: CelQuantity) => {
      if (nanos % NANOS_PER_UNIT !== 0n) throw new Error('cannot convert value to integer');
      return nanos / NANOS_PER_UNIT;
    })
    .registerFunction(`${quantity}.asApproximateFloat(): double`, ({ nanos }: CelQuantity) => Number(nanos) / 1e9)
    .registerFunction(
      `${quantity}.isGreaterThan(${quantity}): bool`,
      (a: CelQuantity, b: CelQuantity) => a.nanos > b.nanos,
    )
    .registerFunction(
      `${quantity}.isLessThan(${quantity}): bool`,
      (a: CelQuantity, b: CelQuantity) => a.nanos < b.nanos,
    )
    .registerFunction(`${quantity}.compareTo(${quantity}): int`, compare)
    .registerFunction(`${quantity}.add(${quantity}): ${quantity}`, (a: CelQuantity, b: CelQuantity) => sum(a, b.nanos))
    .registerFunction(`${quantity}.add(int): ${quantity}`, (a: CelQuantity, b: bigint) => sum(a, units(b).nanos))
    .registerFunction(`${quantity}.sub(${quantity}): ${quantity}`, (a: CelQuantity, b: CelQuantity) => sum(a, -b.nanos))
    .registerFunction(`${quantity}.sub(int): ${quantity}`, (a: CelQuantity, b: bigint) => sum(a, -units(b).nanos));
}

function sum(a: CelQuantity, nanos: bigint): CelQuantity {
  return new CelQuantity(a.nanos + nanos);
}
