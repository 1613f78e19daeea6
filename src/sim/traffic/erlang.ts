/**
 * The share of requests that a pod refuses which works on `servers` at once and is offered `load` of them on average
 * (rate times mean service time), by Erlang's B formula. It holds for Poisson arrivals and any distribution of the service
 * time. Cost: a division a server.
 */
export function blockedShare(load: number, servers: number): number {
  if (load <= 0) return 0;
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}
