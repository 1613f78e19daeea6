/** A plugin that failed, threw or broke its contract: names the plugin, the pod and the node. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly plugin: string;

  constructor(plugin: string, point: string, pod: string, node: string | undefined, problem: string) {
    const where = node === undefined ? '' : ` on node "${node}"`;
    super(`running ${point} plugin "${plugin}" for pod "${pod}"${where}: ${problem}`);
    this.plugin = plugin;
  }
}

/** A scheduling cycle that ends with an error of which the text is already the original's. */
export class CycleError extends Error {
  override readonly name = 'CycleError';
}

/** The text of whatever was thrown. */
export function problemText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
