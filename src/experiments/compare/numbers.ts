/** Four digits that count, without an exponent while that is readable: `12.34`, `0.001234`, `123,400`, `1.234M`. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`;
  if (size >= 1e4) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  if (size < 1e-4) return value.toExponential(1);
  return String(Number(value.toPrecision(4)));
}

/** The same with fewer digits where it would be longer than `width` characters. */
export function fittingNumber(value: number, width: number): string {
  const texts = [4, 3, 2, 1].map((digits) => shortNumber(Number(value.toPrecision(digits))));
  return texts.find((text) => text.length <= width) ?? (texts[0] as string);
}

/** A short number with its sign. */
export function signed(value: number): string {
  return value > 0 ? `+${shortNumber(value)}` : shortNumber(value).replace('-', '−');
}

/** A probability: `0.032`, `< 0.001`. */
export function probability(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
