import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PolicyFailure } from '../policies/policy.ts';
import type { ExtenderConfiguration } from '../policies/scheduling/configuration/configuration-schema.ts';
import type { ExtenderOptions, ExtenderSet } from '../sim/scheduler/extenders.ts';
import type { Scenario } from '../workloads/scenario.ts';
import { httpTransport } from './http-transport.ts';
import type { HttpTarget } from './http-transport.ts';
import { recordingTransport, replayingTransport } from './recording.ts';

/** What a scenario says of calls to extenders. */
const PATH = ['policies', 'extenders'];

/**
 * The extenders of a configuration, called as the scenario says; undefined where they are not called at all. `failed` is
 * told where a recording lacks an answer: the run stops then, because the simulated scheduler would only try again.
 */
export function extenderSet(
  { policies, source }: Scenario,
  extenders: readonly ExtenderConfiguration[],
  failed: (failure: PolicyFailure) => void,
): ExtenderSet | undefined {
  const calls = policies.extenders;
  if (calls === undefined) return undefined;
  if (extenders.length === 0) {
    const allowed = 'a policies.schedulerConfiguration with extenders';
    throw source.error(PATH, { message: 'there are no extenders to call', allowed });
  }
  const { answers, file = '', callMilliseconds } = calls;
  const path = resolve(source.folder, file);
  const options = extenders.map(optionsOf);
  if (answers === 'replay') {
    if (!existsSync(path)) {
      const problem = { message: 'no such file', found: file, hint: 'answers: record makes it.' };
      throw source.error([...PATH, 'file'], problem);
    }
    const missing = (problem: string): never => {
      const failure = new PolicyFailure(`${file}: ${problem}`);
      failed(failure);
      throw failure;
    };
    return { options, call: replayingTransport(path, missing), callMilliseconds };
  }
  const read = (given: string): string => {
    try {
      return readFileSync(resolve(source.folder, given), 'utf8');
    } catch {
      throw source.error(PATH, { message: 'a file of a tlsConfig cannot be read', found: given });
    }
  };
  const http = httpTransport(extenders.map((extender) => targetOf(extender, read)));
  return { options, call: answers === 'record' ? recordingTransport(path, http) : http, callMilliseconds };
}

function optionsOf({
  managedResources,
  httpTimeout,
  enableHTTPS,
  urlPrefix,
  ...rest
}: ExtenderConfiguration): ExtenderOptions {
  return {
    ...rest,
    urlPrefix: urlPrefix.includes('://') ? urlPrefix : `${enableHTTPS ? 'https' : 'http'}://${urlPrefix}`,
    httpTimeoutSeconds: httpTimeout,
    managedResources: managedResources.map(({ name }) => name),
  };
}

/** Files of keys and certificates are relative to the scenario; data is base64. Source: makeTransport, extender.go. */
function targetOf({ httpTimeout, tlsConfig = {} }: ExtenderConfiguration, read: (file: string) => string): HttpTarget {
  const { insecure, serverName, certFile, keyFile, caFile, certData, keyData, caData } = tlsConfig;
  const text = (file: string | undefined, data: string | undefined): string | undefined => {
    if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString();
    return file === undefined || file === '' ? undefined : read(file);
  };
  const [ca, cert, key] = [text(caFile, caData), text(certFile, certData), text(keyFile, keyData)];
  return {
    timeoutMilliseconds: httpTimeout * 1000,
    tls: {
      // Without a CA nothing is checked.
      rejectUnauthorized: insecure !== true && ca !== undefined,
      ...(serverName === undefined || serverName === '' ? {} : { servername: serverName }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}
