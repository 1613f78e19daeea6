import type { EvictionPolicy } from '../../sim/controllers/eviction-policy.ts';
import { defaultEviction } from './default-eviction.ts';

/** Taints by which the node controller gives nodes up. */
const GIVEN_UP = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Parameters of `patient`. */
export interface PatientEvictionParams {
  readonly tolerationSeconds: number;
  readonly statefulSeconds?: number | undefined;
  readonly unhealthyZoneThreshold?: number | undefined;
}

/**
 * Another patience with failed nodes than the pods' own: how long their pods stay, longer for those of StatefulSets if one
 * likes, as they cannot run twice; and from which share of failed nodes on a zone counts as disturbed. Pods that tolerate
 * a failed node for ever go on doing so. Rates are the real controller's.
 */
export function patientEviction(params: PatientEvictionParams): EvictionPolicy {
  const { tolerationSeconds, statefulSeconds = tolerationSeconds, unhealthyZoneThreshold } = params;
  return {
    name: 'patient',
    nodesPerSecond: (zone, settings) => defaultEviction.nodesPerSecond(zone, settings),
    zoneState({ nodes, notReady }, settings) {
      if (nodes > 0 && notReady === nodes) return 'FullDisruption';
      const threshold = unhealthyZoneThreshold ?? settings.unhealthyZoneThreshold;
      return notReady > 2 && notReady / nodes >= threshold ? 'PartialDisruption' : 'Normal';
    },
    toleratedSeconds({ metadata }, { key }, tolerated) {
      if (tolerated === Infinity || !GIVEN_UP.includes(key)) return tolerated;
      return metadata.ownerReferences?.some(({ kind }) => kind === 'StatefulSet') === true
        ? statefulSeconds
        : tolerationSeconds;
    },
  };
}
