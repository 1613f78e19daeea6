import type { Environment } from '@marcbachmann/cel-js';

/** The form of semver.org 2.0.0. */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*))?(?:\+[\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*)?$/;

/** `kubernetes.Semver`: a semantic version; what stands behind `+` has no part in comparisons. */
export class CelSemver {
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];

  constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  /** Undefined for text that is no version. */
  static parse(text: string): CelSemver | undefined {
    const match = SEMVER.exec(text);
    if (match === null) return undefined;
    const [, major = '', minor = '', patch = '', prerelease] = match;
    return new CelSemver([major, minor, patch].map(BigInt), prerelease?.split('.') ?? []);
  }

  compareTo(other: CelSemver): number {
    for (const [place, number] of this.numbers.entries()) {
      const theirs = other.numbers[place] as bigint;
      if (number !== theirs) return number < theirs ? -1 : 1;
    }
    return comparePrereleases(this.prerelease, other.prerelease);
  }
}

/** Source: k8s.io/apiserver/pkg/cel/library/semverlib.go. */
export function registerSemver(environment: Environment): void {
  const semver = 'kubernetes.Semver';
  const parsed = (text: string, normalize: boolean): CelSemver => {
    const version = CelSemver.parse(normalize ? normalized(text) : text);
    if (version === undefined) throw new Error(`"${text}" is no semantic version`);
    return version;
  };
  environment
    .registerType(semver, { ctor: CelSemver, fields: {} })
    .registerOperator(`${semver} == ${semver}`, (a: CelSemver, b: CelSemver) => a.compareTo(b) === 0)
    .registerFunction(`semver(string): ${semver}`, (text: string) => parsed(text, false))
    .registerFunction(`semver(string, bool): ${semver}`, parsed)
    .registerFunction('isSemver(string): bool', (text: string) => CelSemver.parse(text) !== undefined)
    .registerFunction(
      'isSemver(string, bool): bool',
      (text: string, normalize: boolean) => CelSemver.parse(normalize ? normalized(text) : text) !== undefined,
    )
    .registerFunction(`${semver}.isGreaterThan(${semver}): bool`, (a: CelSemver, b: CelSemver) => a.compareTo(b) > 0)
    .registerFunction(`${semver}.isLessThan(${semver}): bool`, (a: CelSemver, b: CelSemver) => a.compareTo(b) < 0)
    .registerFunction(`${semver}.compareTo(${semver}): int`, (a: CelSemver, b: CelSemver) => BigInt(a.compareTo(b)))
    .registerFunction(`${semver}.major(): int`, ({ numbers }: CelSemver) => numbers[0])
    .registerFunction(`${semver}.minor(): int`, ({ numbers }: CelSemver) => numbers[1])
    .registerFunction(`${semver}.patch(): int`, ({ numbers }: CelSemver) => numbers[2]);
}

/** Without a leading `v` and leading zeroes, and with as many zeroes as are wanting: `v01.2` is 1.2.0. */
function normalized(text: string): string {
  const [, numbers = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text) ?? [];
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return `${parts.join('.')}${rest}`;
}

/** A version without a pre-release comes behind those with one; numbers come before words. */
function comparePrereleases(ours: readonly string[], theirs: readonly string[]): number {
  if (ours.length === 0 || theirs.length === 0) return Math.sign(theirs.length - ours.length);
  for (const [place, mine] of ours.entries()) {
    const other = theirs[place];
    if (other === undefined) return 1;
    if (mine === other) continue;
    const [mineIsNumber, otherIsNumber] = [/^\d+$/.test(mine), /^\d+$/.test(other)];
    if (mineIsNumber && otherIsNumber) return BigInt(mine) < BigInt(other) ? -1 : 1;
    if (mineIsNumber !== otherIsNumber) return mineIsNumber ? -1 : 1;
    return mine < other ? -1 : 1;
  }
  return ours.length < theirs.length ? -1 : 0;
}
