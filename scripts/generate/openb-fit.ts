/**
 * Writes src/workloads/generator/openb-fit.ts: what the generator's `like: openb` draws from, fitted to the openb trace in
 * the data folder (ORRERY_DATA). Where the trace is not there, the committed fit stays as it is.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '../../src/workloads/data-files.ts';
import { atQuantile } from '../../src/workloads/generator/sampler.ts';
import { featuresOfTrace } from '../../src/workloads/generator/workload-features.ts';
import type { Features } from '../../src/workloads/generator/workload-features.ts';
import { deciles, spearman } from '../../src/workloads/generator/rank-statistics.ts';
import { readCsv } from '../../src/workloads/traces/csv-table.ts';
import { openbPods } from '../../src/workloads/traces/openb-pods.ts';

const LIST = 'traces/openb/openb_pod_list_default.csv';
const TARGET = new URL('../../src/workloads/generator/openb-fit.ts', import.meta.url);

/** Shares at which quantiles are kept. */
const SHARES = [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1];

/**
 * 26 pods stand scattered over the first 114 days, long-running services of which the record kept no more; from here on
 * it is dense.
 */
const DENSE_FROM = 9_900_000;

/** Pods a shape must have to be given lifetimes of its own. */
const OWN_LIFETIMES = 50;

function fixed(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function quantilesOf(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return SHARES.map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

function byHour(pods: readonly Features[]): number[] {
  const first = Math.floor((pods[0]?.arrival ?? 0) / 3600);
  const last = Math.floor((pods.at(-1)?.arrival ?? 0) / 3600);
  const counts = Array.from({ length: 24 }, () => 0);
  const exposure = Array.from({ length: 24 }, () => 0);
  for (let hour = first; hour <= last; hour++) exposure[hour % 24] = (exposure[hour % 24] ?? 0) + 1;
  for (const { hour } of pods) counts[hour] = (counts[hour] ?? 0) + 1;
  const rates = counts.map((count, hour) => count / (exposure[hour] ?? 1));
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / 24;
  return rates.map((rate) => rate / mean);
}

/** Distances between arrivals in the process's own time, in which the hours of the day run alike; mean 1. */
function gapQuantiles(pods: readonly Features[], rates: readonly number[]): number[] {
  const own = (time: number): number => {
    let sum = 0;
    for (let hour = 0; hour < 24; hour++) sum += rates[hour] ?? 0;
    const days = Math.floor(time / 86_400);
    let total = days * sum * 3600;
    for (let at = days * 86_400; at < time; at += 3600) {
      total += (rates[Math.floor(at / 3600) % 24] ?? 0) * Math.min(3600, time - at);
    }
    return total;
  };
  const times = pods.map((pod) => own(pod.arrival));
  const quantiles = quantilesOf(times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  const steps = 100_000;
  let mean = 0;
  for (let i = 0; i < steps; i++) mean += atQuantile(SHARES, quantiles, (i + 0.5) / steps) / steps;
  return quantiles.map((value) => value / mean);
}

function kindOf(pod: Features): string {
  if (pod.gpus === 0) return 'no GPU';
  if (pod.gpus > 1) return 'several GPUs';
  return pod.gpuMilli < 1000 ? 'a part of a GPU' : 'one GPU';
}

function classesOf(pods: readonly Features[]): string[] {
  const shapes = new Map<string, Features[]>();
  for (const pod of pods) {
    const key = `${pod.cpuMilli}, ${pod.memoryMib}, ${pod.gpus}, ${pod.gpuMilli}`;
    shapes.set(key, [...(shapes.get(key) ?? []), pod]);
  }
  const classes = new Map<string, { members: Features[]; shapes: string[] }>();
  for (const [key, members] of [...shapes].sort(([, a], [, b]) => b.length - a.length)) {
    const [first] = members;
    if (first === undefined) continue;
    const name = members.length >= OWN_LIFETIMES ? key : `rarer shapes with ${kindOf(first)}`;
    const entry = classes.get(name) ?? { members: [], shapes: [] };
    entry.members.push(...members);
    entry.shapes.push(`[${members.length}, ${key}]`);
    classes.set(name, entry);
  }
  return [...classes.values()].map(({ members, shapes: rows }) => {
    const failed = members.filter((pod) => pod.failed).length / members.length;
    const lifetimes = quantilesOf(members.map((pod) => pod.lifetime));
    return [
      '    {',
      `      failed: ${fixed(failed)},`,
      `      lifetimes: [${lifetimes.join(', ')}],`,
      `      shapes: [${rows.length === 1 ? rows[0] : `\n        ${wrapped(rows, 8)},\n      `}],`,
      '    },',
    ].join('\n');
  });
}

function wrapped(parts: readonly string[], indent: number): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && indent + last.length + part.length + 3 <= 120)
      lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines.join(`,\n${' '.repeat(indent)}`);
}

function textOf(all: readonly Features[]): string {
  const pods = all.filter((pod) => pod.arrival >= DENSE_FROM);
  const rates = byHour(pods);
  const span = (pods.at(-1)?.arrival ?? 0) - (pods[0]?.arrival ?? 0);
  const marginals = deciles(pods);
  return `import type { WorkloadFit } from './workload-fit.ts';

/**
 * Fitted to the pod list of the Alibaba openb GPU cluster trace (cluster-trace-gpu-v2023, openb_pod_list_default.csv;
 * Weng et al., "Beware of Fragmentation", USENIX ATC '23): the ${pods.length} of its ${all.length} pods that came in the densely
 * recorded part, from second ${DENSE_FROM} on. Made by scripts/generate/openb-fit.ts; do not edit.
 *
 * Kept: how often each shape (cpu, memory, GPUs) occurs; quantiles of the lifetime, and the share that failed, for each
 * shape of ${OWN_LIFETIMES} pods and more, and for the rarer ones by kind; the rate in each hour of the day; quantiles of the
 * distances between arrivals. Not kept: runs of like pods, and differences between days.
 */
// prettier-ignore
export const OPENB_FIT: WorkloadFit = {
  perHour: ${fixed(((pods.length - 1) / span) * 3600)},
  byHour: [${rates.map(fixed).join(', ')}],
  shares: [${SHARES.join(', ')}],
  gaps: [${gapQuantiles(pods, rates).map(fixed).join(', ')}],
  classes: [
${classesOf(pods).join('\n')}
  ],
};

/** Figures of the trace itself (the same pods), by which the generator is judged where the trace is not there. */
// prettier-ignore
export const OPENB_FIGURES = {
  deciles: {
${Object.entries(marginals)
  .map(([name, values]) => `    ${name}: [${values.join(', ')}],`)
  .join('\n')}
  },
  spearman: {
${Object.entries(spearman(pods))
  .map(([pair, value]) => `    '${pair}': ${value.toFixed(3)},`)
  .join('\n')}
  },
};
`;
}

const path = join(dataFolder(), LIST);
if (existsSync(path)) {
  const pods = openbPods(readCsv(path));
  writeFileSync(TARGET, textOf(featuresOfTrace(pods)));
} else {
  console.log(`${path} is not there; the committed fit stays as it is.`);
}
