import { GoTemplate } from '../../sim/go-template/go-template.ts';
import type { TemplateFunctions } from '../../sim/go-template/functions.ts';

/** What a template is filled with: `.Index`, `.Count` and the workload's parameters. */
export type TemplateValues = Readonly<Record<string, number | string | boolean>>;

const divide = (a: unknown, b: unknown): number => Math.trunc(Number(a) / Number(b));
const remainder = (a: unknown, b: unknown): number => Number(a) % Number(b);

/** Two spellings of two ages of the benchmark. Source: test/integration/scheduler_perf/create.go, `getTemplateFuncs`. */
const FUNCTIONS: TemplateFunctions = {
  div: divide,
  DivideInt: divide,
  mod: remainder,
  Mod: remainder,
  AddInt: (a, b) => Number(a) + Number(b),
};

/** A template of the benchmark: a value that is not there is an error. */
export function perfTemplate(text: string): GoTemplate {
  return new GoTemplate(text, { functions: FUNCTIONS, missing: 'error' });
}
