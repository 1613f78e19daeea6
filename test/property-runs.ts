/** How many times more cases a property test draws under `npm run verify` than under `npm test`, unless it says otherwise. */
const VERIFY_FACTOR = 20;

/**
 * The number of cases for a property test: `usual` under `npm test`, `factor` times as many under `npm run verify`.
 *
 * @example fc.assert(fc.property(…), { numRuns: propertyRuns(200) })
 */
export function propertyRuns(usual: number, factor = VERIFY_FACTOR): number {
  return process.env['VERIFY'] === '1' ? usual * factor : usual;
}

/** The time that a property test may take, in milliseconds: `usual` under `npm test`, as much more as there are cases else. */
export function propertyTimeout(usual: number): number {
  return propertyRuns(usual);
}
