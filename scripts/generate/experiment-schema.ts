/** Writes experiment.schema.json, with which editors complete and check experiments, from the schema in the source. */
import { writeFileSync } from 'node:fs';
import { experimentJsonSchemaText } from '../../src/experiments/sweep/experiment-schema.ts';

writeFileSync(new URL('../../experiment.schema.json', import.meta.url), experimentJsonSchemaText());
