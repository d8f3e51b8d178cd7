import { usageError } from "../../core/error.ts";
import type { Platform } from "../../platform/mod.ts";
import type { Channel } from "../options/option_values.ts";

/**
 * Aborted when the other end of a pipe has closed: whoever held it has let go of us, or is dead, whatever way it died.
 * The parent's death signal would not do: it comes with the end of the thread that started us.
 *
 * @throws ProctorError of kind `usage` when the descriptor is not an open pipe
 */
export function ownerSignal(channel: Channel | undefined, platform: Platform): AbortSignal | undefined {
  if (channel === undefined) return undefined;
  const descriptor = typeof channel === "number" ? channel : platform.openHandle(channel.handle);
  if (!platform.isPipe(descriptor)) {
    throw usageError(
      `owner: descriptor ${descriptor} is not an open pipe; give the end of one that is read from`,
    );
  }
  const gone = new AbortController();
  // A pipe that cannot be read tells nothing of its other end: as good as none.
  void platform.drain(platform.readableOf(descriptor)).then(() => gone.abort());
  return gone.signal;
}
