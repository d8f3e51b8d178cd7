import type { Readable } from "node:stream";
import type { Outbox } from "./outbox.ts";

/** So much may wait for a reader before we stop listening to it: enough for one that asks first and reads later. */
const MOST_PENDING = 64 * 1_048_576;

/** Stop reading a stream while too much waits for its other end; answers are never dropped. */
export function paused(stream: Pick<Readable, "pause" | "resume">, outbox: Outbox): void {
  if (outbox.pendingLength <= MOST_PENDING) return;
  stream.pause();
  void outbox.flushed().then(() => stream.resume());
}
