/** So many standard deviations above the load a pod has room for as good as every request: it refuses one in 10^15. */
const AMPLE = 8;

/**
 * The share of requests that a pod refuses which works on `servers` at once and is offered `load` of them on average
 * (rate times mean service time), by Erlang's B formula: for Poisson arrivals and any distribution of the service time.
 * Its inverse is 1 + c/a + c(c-1)/a^2 + ..., summed as far as it counts: some ten times the square root of `servers`.
 */
export function blockedShare(load: number, servers: number): number {
  if (load <= 0 || servers > load + AMPLE * Math.sqrt(load) + AMPLE * AMPLE) return 0;
  let inverse = 1;
  let term = 1;
  for (let n = servers; n >= 1; n--) {
    term *= n / load;
    inverse += term;
    // From here on the terms fall, ever faster.
    if (n <= load && term < 1e-16 * inverse) break;
  }
  return 1 / inverse;
}
