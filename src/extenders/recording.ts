import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ExtenderAnswer, ExtenderCall, ExtenderTransport } from '../sim/scheduler/extenders.ts';

/** A line of a recording: which call, and what came back. */
interface Line {
  readonly url: string;
  /** SHA-256 of what was sent. */
  readonly request: string;
  /** How often the run had sent the same before. */
  readonly ordinal: number;
  readonly answer: ExtenderAnswer;
}

/** Calls by another transport and writes down what comes back, a line of JSON a call. Begins the file anew. */
export function recordingTransport(file: string, transport: ExtenderTransport): ExtenderTransport {
  let begun = false;
  return (call) => {
    if (!begun) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
      begun = true;
    }
    const answer = transport(call);
    const { url, ordinal } = call;
    appendFileSync(file, `${JSON.stringify({ url, request: digest(call.body), ordinal, answer } satisfies Line)}\n`);
    return answer;
  };
}

/**
 * Answers from a recording: a call as it was answered then. `missing` is told of a call that the recording does not have,
 * and throws; so it is another scenario's, or the extender's pods and nodes are others.
 */
export function replayingTransport(file: string, missing: (problem: string) => never): ExtenderTransport {
  const answers = new Map<string, ExtenderAnswer>();
  for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (text === '') continue;
    const line = readLine(text, index + 1, missing);
    answers.set(keyOf(line.url, line.request, line.ordinal), line.answer);
  }
  return (call) => {
    const answer = answers.get(keyOf(call.url, digest(call.body), call.ordinal));
    if (answer !== undefined) return answer;
    return missing(`no answer was recorded to this call of ${call.url}: ${about(call)}`);
  };
}

function readLine(text: string, number: number, missing: (problem: string) => never): Line {
  try {
    const line = JSON.parse(text) as Partial<Line>;
    if (typeof line.url === 'string' && typeof line.request === 'string' && typeof line.answer === 'object') {
      return { url: line.url, request: line.request, ordinal: line.ordinal ?? 0, answer: line.answer };
    }
  } catch {
    // Told below.
  }
  return missing(`line ${number} is no recorded call: ${text.slice(0, 60)}`);
}

function keyOf(url: string, request: string, ordinal: number): string {
  return `${url} ${request} ${ordinal}`;
}

function digest(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/** The pod that a call is about. */
function about({ body }: ExtenderCall): string {
  const { Pod, PodName } = JSON.parse(body) as { Pod?: { metadata?: { name?: string } }; PodName?: string };
  return `pod ${Pod?.metadata?.name ?? PodName ?? '?'}`;
}
