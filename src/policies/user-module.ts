import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorText, placeIn } from './module-place.ts';
import type { PolicyDefinition, PolicyDoor, PolicyFamily, PolicyPath } from './policy.ts';

/** A policy of a user's own, as its module exports it. */
export interface UserPolicy<Made, Context> extends PolicyDefinition<Made, Context> {
  /** The module's URL, by which its lines are found in a stack. */
  readonly url: string;
}

const FAMILIES: readonly PolicyFamily[] = ['scoring', 'reconcile', 'failure'];
const FORM = 'export const policy = { family, name, params, create }';

/** What each field of an exported policy has to be. */
const FIELDS: Readonly<Record<string, readonly [type: string, allowed: string]>> = {
  family: ['string', FAMILIES.join(', ')],
  name: ['string', 'a text'],
  params: ['function', 'a function: (z) => z.strictObject({…})'],
  create: ['function', 'a function: (params, context) => the policy'],
};

/** Whether `use` names a file rather than a built-in policy. */
export function isModulePath(use: string): boolean {
  return use.includes('/') || use.includes('\\') || /\.[cm]?js$/.test(use);
}

/** Loads the policy that a scenario names by a path; whatever is wrong with it is an error at that place of the scenario. */
export async function loadUserPolicy<Made, Context>(
  use: string,
  family: PolicyFamily,
  path: PolicyPath,
  door: PolicyDoor,
): Promise<UserPolicy<Made, Context>> {
  const url = locate(use, path, door);
  const exported = await importModule(use, url, path, door);
  const definition = checkedExport(use, exported, path, door);
  if (definition['family'] !== family) {
    const problem = door.unknownName('family', String(definition['family']), FAMILIES);
    throw door.error(path, {
      ...problem,
      message: FAMILIES.includes(definition['family'] as PolicyFamily)
        ? `the module's policy belongs to another family`
        : `the module's policy names no known family`,
      allowed: family,
      hint: `It is exported by ${use}.`,
    });
  }
  const policy = definition as unknown as PolicyDefinition<Made, Context>;
  return {
    family,
    name: policy.name,
    url,
    params: (zod) => policy.params(zod),
    create: (params, context) => policy.create(params, context),
  };
}

function locate(use: string, path: PolicyPath, door: PolicyDoor): string {
  const file = isAbsolute(use) ? use : resolve(door.folder, use);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    const message = found === undefined ? 'no such policy module' : 'a policy module is wanted, this is no file';
    throw door.error(path, { message, found: use, hint: `It is looked for at ${file}.` });
  }
  return pathToFileURL(file).href;
}

async function importModule(use: string, url: string, path: PolicyPath, door: PolicyDoor): Promise<object> {
  try {
    return (await import(url)) as object;
  } catch (error) {
    throw door.error(path, {
      message: 'the policy module cannot be loaded',
      found: use,
      hint: `${errorText(error)}${error instanceof SyntaxError ? syntaxErrorPlace(url) : placeIn(error, url)}`,
    });
  }
}

/** Node says where a module does not parse only to those who run it: asked for the module alone, it prints the place. */
function syntaxErrorPlace(url: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', fileURLToPath(url)], { encoding: 'utf8' });
  const [first = ''] = stderr.split('\n');
  const line = /:(\d+)$/.exec(first)?.[1];
  return line === undefined ? '' : ` (${fileURLToPath(url)}:${line})`;
}

function checkedExport(use: string, exported: object, path: PolicyPath, door: PolicyDoor): Record<string, unknown> {
  const names = Object.keys(exported);
  const policy = (exported as { policy?: unknown }).policy;
  if (typeof policy !== 'object' || policy === null) {
    const { nearest } = door.unknownName('export', 'policy', names);
    throw door.error(path, {
      message: policy === undefined ? `the module exports no "policy"` : `the module's "policy" is no object`,
      found: policy === undefined ? `exports: ${names.join(', ') || 'none'}` : `a ${typeof policy}`,
      allowed: FORM,
      hint: nearest === undefined ? `Module: ${use}` : `Module: ${use}. Was "${nearest}" to be called "policy"?`,
    });
  }
  const definition = policy as Record<string, unknown>;
  for (const [field, [type, allowed]] of Object.entries(FIELDS)) {
    if (typeof definition[field] === type) continue;
    const others = Object.keys(definition).filter((name) => !(name in FIELDS));
    const { nearest } = door.unknownName('field', field, others);
    throw door.error(path, {
      message: `"${field}" of the module's policy is ${definition[field] === undefined ? 'missing' : 'of the wrong type'}`,
      found: definition[field] === undefined ? Object.keys(definition).join(', ') : `a ${typeof definition[field]}`,
      allowed,
      hint: nearest === undefined ? `Module: ${use}` : `Module: ${use}. Was "${nearest}" to be called "${field}"?`,
    });
  }
  return definition;
}
