/**
 * Optimal-string-alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each, a
 * change of case alone costs nothing, so that the usual slips of a keyboard are near.
 */
export function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (older[j - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    older = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** How much of one name is a whole part of the other counts as near, too: `cpuRequest` for `cpu`. */
function isPart(a: string, b: string): boolean {
  const short = a.length < b.length ? a : b;
  const long = a.length < b.length ? b : a;
  return short.length >= 3 && long.toLowerCase().includes(short.toLowerCase());
}

/**
 * The known name that was probably meant: the one at the smallest edit distance, if that is at most a third of the name
 * (and one for short names); else one that contains it or is contained in it. The first candidate wins a tie.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  let part: string | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
    if (part === undefined && isPart(name, candidate)) part = candidate;
  }
  const tolerated = Math.max(name.length > 2 ? 2 : 1, Math.floor(name.length / 3));
  if (best !== undefined && bestDistance <= tolerated && bestDistance < best.length) return best;
  return part;
}

/** What to say of a name that is not among the known ones. */
export function unknownName(what: string, name: string, known: readonly string[]): NameProblem {
  const meant = nearest(name, known);
  const problem = {
    message: `no such ${what}`,
    found: name,
    allowed: known.length === 0 ? 'none' : known.length > 20 ? `${known.slice(0, 20).join(', ')} …` : known.join(', '),
  };
  return meant === undefined ? problem : { ...problem, nearest: meant };
}

/** The parts of an InputProblem that a wrong name fills. */
export interface NameProblem {
  readonly message: string;
  readonly found: string;
  readonly allowed: string;
  readonly nearest?: string;
}
