export type Labels = Readonly<Record<string, string | number>>;

/** Text in the OpenMetrics 1.0 format, family by family. */
export class Exposition {
  #text = '';

  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string, unit = ''): void {
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${unit === '' ? '' : `# UNIT ${name} ${unit}\n`}`;
  }

  sample(name: string, labels: Labels, value: number): void {
    const inner = Object.entries(labels)
      .map(([key, text]) => `${key}="${String(text).replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`)
      .join(',');
    this.#text += `${name}${inner === '' ? '' : `{${inner}}`} ${value}\n`;
  }

  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    this.family(name, 'gauge', help);
    this.sample(name, labels, value);
  }

  /** Of cases that happened, with the upper bounds of its buckets; a histogram has no place for those that were waited for in vain. */
  histogram(name: string, help: string, bounds: readonly number[], seconds: readonly number[]): void {
    this.family(name, 'histogram', help, 'seconds');
    for (const bound of bounds) {
      const below = seconds.filter((value) => value <= bound).length;
      // As other programs write them, so that series of one bucket are one series.
      this.sample(`${name}_bucket`, { le: Number.isInteger(bound) ? `${bound}.0` : bound }, below);
    }
    this.sample(`${name}_bucket`, { le: '+Inf' }, seconds.length);
    this.sample(
      `${name}_sum`,
      {},
      seconds.reduce((sum, value) => sum + value, 0),
    );
    this.sample(`${name}_count`, {}, seconds.length);
  }

  end(): string {
    return `${this.#text}# EOF\n`;
  }
}
