/**
 * Imported before all else: most commands are over before the engine has optimised what they run, so it compiles each
 * function at its first call instead of interpreting it, and watches from then on what comes in. Nothing else differs.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--always-sparkplug');
setFlagsFromString('--no-lazy-feedback-allocation');
