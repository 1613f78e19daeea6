/**
 * Go's division of non-negative 64-bit integers, for whole numbers whose products are exact in a double: the quotient is
 * corrected where rounding lifted it to the next whole number.
 */
export function dividedBy(dividend: number, divisor: number): number {
  const quotient = Math.floor(dividend / divisor);
  return quotient * divisor > dividend ? quotient - 1 : quotient;
}
