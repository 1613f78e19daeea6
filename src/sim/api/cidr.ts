/** A range of addresses: `10.244.0.0/16`, `fd00:10:244::/56`. */
export interface Cidr {
  readonly isIPv6: boolean;
  /** Its first address, as a number. */
  readonly base: bigint;
  /** Leading bits that its addresses share. */
  readonly length: number;
}

/** Reads a range; undefined where the text is none, or its address has bits beyond its length. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', bits = ''] = text.split('/');
  const isIPv6 = address.includes(':');
  const base = isIPv6 ? ipv6Of(address) : ipv4Of(address);
  const length = Number(bits);
  if (base === undefined || !/^\d+$/.test(bits) || length > widthOf(isIPv6)) return undefined;
  const cidr = { isIPv6, base, length };
  return base % sizeOf(cidr) === 0n ? cidr : undefined;
}

function widthOf(isIPv6: boolean): number {
  return isIPv6 ? 128 : 32;
}

/** How many addresses are in a range. */
export function sizeOf({ isIPv6, length }: Cidr): bigint {
  return 1n << BigInt(widthOf(isIPv6) - length);
}

/** A range as text. */
export function cidrText(cidr: Cidr): string {
  return `${addressText(cidr, 0n)}/${cidr.length}`;
}

/** One of a range's addresses as text. */
export function addressText({ isIPv6, base }: Cidr, offset: bigint): string {
  const address = base + offset;
  if (!isIPv6) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((address >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  return shortened(groups);
}

/** The longest run of zero groups, of two at least and the first of those, becomes `::`. Source: RFC 5952. */
function shortened(groups: readonly string[]): string {
  let [start, length] = [0, 1];
  for (let from = 0; from < groups.length; from++) {
    let end = from;
    while (groups[end] === '0') end++;
    if (end - from > length) [start, length] = [from, end - from];
  }
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

function ipv4Of(text: string): bigint | undefined {
  const bytes = text.split('.');
  if (bytes.length !== 4 || !bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256)) return undefined;
  return bytes.reduce((address, byte) => (address << 8n) + BigInt(byte), 0n);
}

function ipv6Of(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => half.split(':').filter((group) => group !== ''));
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((address, group) => (address << 16n) + BigInt(`0x${group}`), 0n);
}
