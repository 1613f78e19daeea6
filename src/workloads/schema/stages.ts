import { z } from 'zod';
import { dataPath } from './cluster.ts';
import { labelSelector, refuse } from './common.ts';

/** `stages:` what becomes of pods and nodes, described by KWOK's Stage documents instead of by kubelets. */
export const stages = z
  .strictObject({
    manifests: z
      .union([dataPath.transform((path) => [path]), z.array(dataPath).min(1)], {
        error: () => 'a path or a list of paths',
      })
      .optional()
      .describe('Files with Stage documents (kwok.x-k8s.io/v1alpha1).'),
    inline: z
      .union([z.string(), z.array(z.record(z.string(), z.unknown()))], {
        error: () => 'Stage documents as a text block or a list',
      })
      .optional()
      .describe('Stage documents, written here.'),
    nodes: labelSelector.optional().describe('Nodes without a kubelet, for which stages are played; all where absent.'),
  })
  .superRefine(({ manifests, inline }, context) => {
    if (manifests === undefined && inline === undefined)
      refuse(context, 'which stages is missing', 'manifests, or inline');
  })
  .optional()
  .describe(
    'KWOK stages, as on nodes of KWOK: where there are stages of pods, no kubelet sees to the pods of the nodes chosen; where ' +
      'there are stages of nodes, none reports their status. Leases are renewed all the same.',
  );
