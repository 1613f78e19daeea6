/**
 * A failure model of one's own: most machines never fail, and a few lemons fail again and again.
 *
 * The usual models draw every machine's failures from one distribution. Operators know better: of a hundred machines,
 * ninety-five run for years, and five come back from repair and hang again the same afternoon. What helps against that is
 * not to reboot but to replace, which is why the failure response matters (see failure.yaml beside this file).
 *
 * @type {import('kube-orrery').FailureModelModule<{share: number, meanHours: number, minutes: number}>}
 */
export const policy = {
  family: 'failure',
  name: 'lemons',

  // The schema of what a scenario may write under `with`. `z` is zod; nothing has to be imported or installed.
  params: (z) =>
    z.strictObject({
      share: z.number().min(0).max(1).default(0.05).describe('Share of the machines that are lemons.'),
      meanHours: z.number().positive().default(2).describe('Mean time from one failure of a lemon to the next.'),
      minutes: z.number().positive().default(10).describe('How long it hangs if nobody does anything about it.'),
    }),

  // Called once, before the run. All chance comes from `random`: a draw is a function of the seed, of whose draw it is
  // (`identity`) and of which of its draws (`ordinal`), so the same machines are lemons whatever runs on them.
  // Math.random would give other failures in every run.
  create({ share, meanHours, minutes }, { random }) {
    // Ordinals from here on are kept apart from those of the failures, which count from 0.
    const IS_A_LEMON = 1_000_000;

    return {
      /**
       * The machine's failure number `ordinal`, counted from 0: how long after the last one, what happens, and for how
       * long. `undefined`: it fails no more.
       */
      next(machine, ordinal) {
        if (!random.chance(machine.identity, IS_A_LEMON, share)) return undefined;
        return {
          afterSeconds: random.exponential(machine.identity, ordinal, meanHours * 3600),
          kind: 'node-freeze',
          forSeconds: minutes * 60,
        };
      },
    };
  },
};
