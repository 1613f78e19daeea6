import { InputError, printPath } from './input-error.ts';
import type { DocumentPath } from './input-error.ts';
import { nearest } from './nearest.ts';
import { YamlSource } from './yaml.ts';

/** One `path=value`. */
export interface Setting {
  /** What it was given by, with its text, for messages: `--set a.b=30s`. */
  readonly flag: string;
  readonly path: DocumentPath;
  readonly value: unknown;
}

const STEP = /(?:^|\.)([^.[\]"=\s]+)|\[(\d+)\]|\["([^"]*)"\]/y;

function parsePath(text: string, flag: string): DocumentPath {
  const path: (string | number)[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (match === null) {
      throw new InputError({
        file: flag,
        message: 'not a path',
        found: text,
        allowed:
          'names with dots between, e.g. components.kubelet.qps, workloads[0].at or cluster.nodeGroups[0].labels["a.b/c"]',
      });
    }
    const [, name, index, quoted] = match;
    path.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
  }
  return path;
}

/** Where a path=value text splits: at the first `=` outside quotes. */
function splitAt(text: string): number {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === '=' && !quoted) return i;
  }
  return -1;
}

function parseValue(text: string, flag: string): unknown {
  let documents: readonly unknown[];
  try {
    documents = new YamlSource(flag, text).documents;
  } catch (error) {
    // A line and a column mean nothing on a command line.
    if (error instanceof InputError) throw new InputError({ file: flag, message: error.problem.message, found: text });
    throw error;
  }
  if (documents.length > 1) throw new InputError({ file: flag, message: 'the value is more than one YAML document' });
  return documents[0] ?? null;
}

/**
 * Reads `path=value`; the value is YAML, so `--set a.b='[1, 2]'` and `--set a.b=30s` mean what they say. Messages name
 * what it was given by.
 */
export function parseSetting(text: string, givenBy = '--set'): Setting {
  const flag = `${givenBy} ${text}`;
  const at = splitAt(text);
  if (at <= 0) {
    throw new InputError({
      file: flag,
      message: 'not a setting',
      allowed: 'path=value, e.g. components.kubelet.qps=20',
    });
  }
  return { flag, path: parsePath(text.slice(0, at), flag), value: parseValue(text.slice(at + 1), flag) };
}

function elementOf(list: unknown[], name: string | number, setting: Setting, walked: DocumentPath): number {
  if (typeof name === 'number' && name <= list.length) return name;
  const names = list.flatMap((entry) => {
    const own = (entry as { name?: unknown } | null)?.name;
    return typeof own === 'string' ? [own] : [];
  });
  const index = list.findIndex((entry) => (entry as { name?: unknown } | null)?.name === name);
  if (index >= 0) return index;
  const meant = typeof name === 'number' ? undefined : /^\d+$/.test(name) ? `[${name}]` : nearest(name, names);
  throw new InputError({
    file: setting.flag,
    path: printPath(walked),
    message: `the list has no entry ${typeof name === 'number' ? `[${name}]` : `called "${name}"`}`,
    found: `${list.length} ${list.length === 1 ? 'entry' : 'entries'}`,
    allowed: [`an index up to [${list.length}] (which adds one)`, ...names].join(', '),
    ...(meant === undefined ? {} : { nearest: meant }),
  });
}

/** Shorthands (a duration, a number, a list item) that stand where a mapping could, give way to one. */
function container(next: string | number): unknown {
  return typeof next === 'number' ? [] : {};
}

/** Puts one setting into a document, in place; returns the path with list entries by index. */
export function applySetting(document: Record<string, unknown>, setting: Setting): DocumentPath {
  const walked: (string | number)[] = [];
  let target: unknown = document;
  for (const [index, name] of setting.path.entries()) {
    const last = index === setting.path.length - 1;
    let step: string | number = name;
    if (Array.isArray(target)) {
      step = elementOf(target, name, setting, walked);
    } else if (typeof name === 'number') {
      throw new InputError({ file: setting.flag, path: printPath(walked), message: 'not a list', found: `[${name}]` });
    }
    walked.push(step);
    const holder = target as Record<string | number, unknown>;
    if (last) {
      Object.defineProperty(holder, step, {
        value: setting.value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
      break;
    }
    const existing = Object.hasOwn(holder, step) ? holder[step] : undefined;
    if (typeof existing !== 'object' || existing === null) {
      const made = container(setting.path[index + 1] ?? '');
      Object.defineProperty(holder, step, { value: made, writable: true, enumerable: true, configurable: true });
      target = made;
    } else {
      target = existing;
    }
  }
  return walked;
}
