export type Labels = Readonly<Record<string, string | number>>;

/** Text in the OpenMetrics 1.0 format, family by family. */
export class Exposition {
  #text = '';

  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string, unit = ''): void {
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${unit === '' ? '' : `# UNIT ${name} ${unit}\n`}`;
  }

  /** @param at Calendar time in seconds; absent where the file is about one instant. */
  sample(name: string, labels: Labels, value: number, at?: number): void {
    const inner = Object.entries(labels)
      .map(([key, text]) => `${key}="${String(text).replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`)
      .join(',');
    this.#text += `${name}${inner === '' ? '' : `{${inner}}`} ${value}${at === undefined ? '' : ` ${at}`}\n`;
  }

  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    this.family(name, 'gauge', help);
    this.sample(name, labels, value);
  }

  /** Of cases that happened, with the upper bounds of its buckets; a histogram has no place for those that were waited for in vain. */
  histogram(name: string, help: string, bounds: readonly number[], seconds: readonly number[]): void {
    this.family(name, 'histogram', help, 'seconds');
    const within = countsWithin(bounds, seconds);
    for (const [i, bound] of bounds.entries()) {
      // As other programs write them, so that series of one bucket are one series.
      this.sample(`${name}_bucket`, { le: Number.isInteger(bound) ? `${bound}.0` : bound }, within[i] as number);
    }
    this.sample(`${name}_bucket`, { le: '+Inf' }, seconds.length);
    this.sample(
      `${name}_sum`,
      {},
      seconds.reduce((sum, value) => sum + value, 0),
    );
    this.sample(`${name}_count`, {}, seconds.length);
  }

  /** One series of a histogram whose family has been begun: counts by bucket, those beyond the last bound at the end. */
  buckets(name: string, labels: Labels, bounds: readonly number[], counts: readonly number[], sum: number): void {
    let within = 0;
    for (const [i, count] of counts.entries()) {
      within += count;
      const bound = bounds[i];
      const le = bound === undefined ? '+Inf' : Number.isInteger(bound) ? `${bound}.0` : bound;
      this.sample(`${name}_bucket`, { ...labels, le }, within);
    }
    this.sample(`${name}_sum`, labels, sum);
    this.sample(`${name}_count`, labels, within);
  }

  end(): string {
    return `${this.#text}# EOF\n`;
  }
}

/** How many values are at most each of the bounds, which ascend. */
function countsWithin(bounds: readonly number[], values: readonly number[]): readonly number[] {
  const counts = bounds.map(() => 0);
  for (const value of values) {
    const first = bounds.findIndex((bound) => value <= bound);
    if (first >= 0) counts[first] = (counts[first] as number) + 1;
  }
  let sum = 0;
  return counts.map((count) => (sum += count));
}
