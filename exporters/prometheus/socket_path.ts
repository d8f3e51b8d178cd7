import { lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";

/** The longest path of a socket: sun_path has 108 bytes (unix(7)), the last a NUL. */
export const LONGEST_PATH_BYTES = 107;

/**
 * Make way for a socket: one that nobody listens to goes, anything else is somebody's.
 * @returns why there is no way, or undefined
 */
export async function clearSocketPath(path: string): Promise<string | undefined> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (!found.isSocket()) return "something is there that is no socket";
  if (await isAlive(path)) return "another process listens there";
  unlinkSync(path);
  return undefined;
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const tell = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.once("connect", () => tell(true));
    // Only this says that nobody listens; a refusal for want of rights does not.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => tell(code !== "ECONNREFUSED"));
  });
}
