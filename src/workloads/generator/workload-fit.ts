/** A pod shape: how many there were, cpu (millicores), memory (MiB), GPUs, thousandths of each GPU. */
export type FittedShape = readonly [count: number, cpuMilli: number, memoryMib: number, gpus: number, gpuMilli: number];

/** Pods that share a distribution of lifetimes. */
export interface FittedClass {
  /** Share that ended with an error. */
  readonly failed: number;
  /** Quantiles of the lifetime in seconds, at the fit's shares. */
  readonly lifetimes: readonly number[];
  readonly shapes: readonly FittedShape[];
}

/**
 * A workload in figures. Shapes are drawn by frequency, lifetimes given the shape, so that both marginals and what hangs
 * together (size, GPU, lifetime) come out as in the trace; arrivals are a renewal process in a time of its own, which runs
 * faster in the busy hours of the day.
 */
export interface WorkloadFit {
  readonly perHour: number;
  /** Rate in each hour of the day against the mean. */
  readonly byHour: readonly number[];
  /** The shares at which quantiles stand. */
  readonly shares: readonly number[];
  /** Quantiles of the distance between arrivals, in units of the mean. */
  readonly gaps: readonly number[];
  readonly classes: readonly FittedClass[];
}
