/** Writes scenario.schema.json, with which editors complete and check scenarios, from the schema in the source. */
import { writeFileSync } from 'node:fs';
import { scenarioJsonSchemaText } from '../../src/workloads/scenario-schema.ts';

writeFileSync(new URL('../../scenario.schema.json', import.meta.url), scenarioJsonSchemaText());
