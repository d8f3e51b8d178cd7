import { isTerminal } from "../../io/terminal/output.ts";
import type { OwnOutput } from "../../supervisor/logs/own_stream.ts";

/**
 * A standard stream of ours, as processes may write to it: what would be painted over a screen that is shown there is
 * left out.
 */
export function behindScreen(output: OwnOutput, isShown: () => boolean): OwnOutput {
  if (!isTerminal(output)) return output;
  return {
    isTTY: true,
    write: (bytes, done) => isShown() ? done() : output.write(bytes, done),
    on: (event, listener) => output.on?.(event, listener),
  };
}
