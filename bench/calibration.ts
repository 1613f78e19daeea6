/** Rounds of the loop in a millisecond on the machine that bars are for, when it does nothing else. */
const REFERENCE = 4;

/** Measurements of which the median counts, and how many milliseconds each takes. */
const SAMPLES = 5;
const DURATION = 15;

/** Milliseconds for which the loop runs before it is measured first: until then it is compiled. */
const WARM_UP = 200;

let isWarm = false;

/**
 * Processor time that this process got so far, in milliseconds: other processes on the machine do not count, but what they do
 * to the processor's caches and its clock does.
 */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** How fast the machine is now, in multiples of the one that bars are for: by a loop of the kind of work that scheduling is. */
export function machineSpeed(): number {
  if (!isWarm) roundsPerMillisecond(WARM_UP);
  isWarm = true;
  const speeds = Array.from({ length: SAMPLES }, () => roundsPerMillisecond(DURATION) / REFERENCE);
  return speeds.sort((one, other) => one - other)[SAMPLES >> 1] as number;
}

function roundsPerMillisecond(duration: number): number {
  const begun = processorTime();
  let rounds = 0;
  for (; processorTime() - begun < duration; rounds++) round();
  return rounds / (processorTime() - begun);
}

const COLUMN = Float64Array.from({ length: 5000 }, (_, i) => 1 + ((i * 7919) % 1000));
const ROWS = Int32Array.from({ length: 5000 }, (_, i) => (i * 3001) % 5000);

/** Looks through columns, and puts small objects into a map. */
function round(): number {
  let best = 0;
  for (let pass = 0; pass < 20; pass++) {
    for (let i = 0; i < ROWS.length; i++) {
      const value = COLUMN[ROWS[i] as number] as number;
      const score = Math.floor(((value - pass) * 100) / value);
      if (score > best) best = score;
    }
  }
  const records = new Map<string, { readonly row: number; readonly score: number }>();
  for (let i = 0; i < 500; i++) records.set(`pod-${i}`, { row: i, score: best });
  return best + records.size;
}
