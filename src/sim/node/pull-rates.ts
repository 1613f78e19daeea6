/** A pull that fetches: the share of its node's bandwidth it could have, and its bytes a second at the whole of it. */
export interface Fetching {
  readonly share: number;
  readonly bytesPerSecond: number;
}

/**
 * At which rate each pull goes, as a part of its full rate: its share of the node's bandwidth, and no more than an equal
 * part of what the registry can send (0: without limit), of which what others cannot use is given to the rest
 * (max-min fairness).
 */
export function sharedRates(fetching: readonly Fetching[], registryBytesPerSecond: number): readonly number[] {
  if (registryBytesPerSecond === 0) return fetching.map(({ share }) => share);
  const wants = fetching.map(({ share, bytesPerSecond }) => share * bytesPerSecond);
  const ascending = [...wants].sort((a, b) => a - b);
  let left = registryBytesPerSecond;
  let level = Infinity;
  for (const [index, want] of ascending.entries()) {
    const equal = left / (ascending.length - index);
    if (want > equal) {
      level = equal;
      break;
    }
    left -= want;
  }
  return fetching.map(({ share }, index) => {
    const want = wants[index] as number;
    return want <= level ? share : (share * level) / want;
  });
}
