import { expect, it } from 'vitest';
import { apiLatencies } from '../../src/experiments/published/api-latencies.ts';
import { BAND } from '../../src/experiments/published/publication.ts';

it('published API latencies are met in the 99th percentile, when the model is given one row of them', async () => {
  const rows = await apiLatencies.run();
  const ratios = new Map(rows.map(({ what, published, found }) => [what, found[2] / published[2]]));
  for (const what of ['PUT pods', 'POST pods', 'DELETE pods', 'POST bindings']) {
    expect(ratios.get(what), what).toBeGreaterThan(BAND[0]);
    expect(ratios.get(what), what).toBeLessThan(BAND[1]);
  }
});
