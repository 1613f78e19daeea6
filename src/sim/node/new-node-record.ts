import { NO_EVENT } from '../kernel/kernel.ts';
import { identityOf } from '../kernel/random.ts';
import type { NodeRecord } from './kubelet-state.ts';
import { imagesOf } from './machines.ts';

/** What of a node's record is not the same for all. */
type Given = Pick<NodeRecord, 'index' | 'machine' | 'client' | 'staged' | 'pullTokens'>;

/** A machine that has never been switched on. */
export function newNodeRecord({ index, machine, client, staged, pullTokens }: Given): NodeRecord {
  const name = machine.node.metadata.name ?? '';
  return {
    index,
    name,
    identity: identityOf(name),
    machine,
    staged,
    client,
    state: 'off',
    cut: false,
    deaf: false,
    life: 0,
    images: imagesOf(machine),
    imagesChanged: false,
    pulls: [],
    pullTokens,
    pullTokensAt: 0,
    pullTimes: [],
    operations: [],
    statusQueue: [],
    statusBusy: false,
    watched: new Map(),
    imageUsed: new Map(),
    slowness: 1,
    pods: new Map(),
    notReady: undefined,
    shutdown: 'no',
    shutDown: false,
    strains: [],
    drag: 1,
    pass: NO_EVENT,
    passAt: 0,
    passPhase: undefined,
    met: [],
    observed: {},
    pressure: {},
    oom: NO_EVENT,
    imageGc: NO_EVENT,
    cpuCorner: NO_EVENT,
    used: new Map(),
    volumes: new Map(),
    reportedVolumes: [],
    volumesChanged: false,
    addressesGiven: 0,
    paused: false,
    stalled: false,
    runtimeTurn: 0,
    deferred: [],
    reports: 0,
    registered: false,
  };
}
