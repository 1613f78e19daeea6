import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the package: the nearest above this file with a package.json. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) return process.cwd();
    folder = parent;
  }
  return folder;
}

/** The folder of public data sets that are not part of the project: `ORRERY_DATA`, else `../shared` beside it. */
export function dataFolder(): string {
  const given = process.env['ORRERY_DATA'];
  return given === undefined || given === '' ? resolve(packageFolder(), '..', 'shared') : resolve(given);
}

const PLACEHOLDER = '${ORRERY_DATA}';

/** Where each data set can be had, by the start of its path in the data folder. */
const ORIGINS: readonly (readonly [string, string])[] = [
  [
    'traces/openb/',
    'Get openb_*.csv from github.com/alibaba/clusterdata, cluster-trace-gpu-v2023/csv, into $ORRERY_DATA/traces/openb/.',
  ],
  [
    'manifests/openb-',
    'Get the openb cluster as YAML from github.com/GCDA-UDL/k8s-sims (data/big/vanilla) into $ORRERY_DATA/manifests/.',
  ],
];

/** A path named in an input, made absolute. */
export interface ResolvedPath {
  readonly path: string;
  /** The path as the user wrote it. */
  readonly shownAs: string;
  /** One line on where to get the file, for the data sets that are known. */
  readonly hint: string | undefined;
}

/** Resolves a path of a scenario: `${ORRERY_DATA}/…`, absolute, or relative to the scenario's folder. */
export function resolveDataPath(given: string, folder: string): ResolvedPath {
  if (!given.startsWith(PLACEHOLDER)) {
    return { path: isAbsolute(given) ? given : resolve(folder, given), shownAs: given, hint: undefined };
  }
  const rest = given.slice(PLACEHOLDER.length).replace(/^[\\/]+/, '');
  const origin = ORIGINS.find(([start]) => rest.startsWith(start))?.[1];
  const hint = `${origin ?? 'The data is not part of the project.'} ORRERY_DATA is ${dataFolder()}.`;
  return { path: join(dataFolder(), rest), shownAs: given, hint };
}
