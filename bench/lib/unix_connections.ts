import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 30_000;
/** SS_CONNECTED, in hexadecimal as /proc/net/unix has it (include/uapi/linux/net.h). */
const CONNECTED = "03";

/** How many connections a listener on a path has, by the text of /proc/net/unix (proc_net(5)). */
export function connectionsOf(text: string, path: string): number {
  return text.split("\n").filter((line) => {
    const [, , , , , state, , ...where] = line.trim().split(/\s+/);
    return state === CONNECTED && where.join(" ") === path;
  }).length;
}

/**
 * Wait until nobody is connected to a listener any more: a server with connections does other work than an idle one.
 * @throws when somebody stays connected
 */
export async function untilNobodyIsConnected(path: string): Promise<void> {
  for (const beganMs = performance.now(); performance.now() - beganMs < PATIENCE_MS; await sleep(50)) {
    if (connectionsOf(readFileSync("/proc/net/unix", "latin1"), path) === 0) return;
  }
  throw new Error(`${path}: somebody is connected still`);
}
