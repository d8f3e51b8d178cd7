import type { Server } from "node:net";
import type { SocketWords } from "../io/net/unix_socket.ts";
import { makePrivately } from "./posix/umask.ts";
import { isPipe, pipeAt } from "./windows/door/pipe_name.ts";

/**
 * Have a server listen at a path, for our own user alone: at a Unix socket, or at a named pipe whose name is written
 * there.
 * @param makeDirectory whether missing directories on the way are made
 * @throws ProctorError when the path is unfit, or another process listens there
 */
export async function listenLocally(
  server: Server,
  path: string,
  words: SocketWords,
  makeDirectory = false,
): Promise<void> {
  // Whoever runs a command needs neither.
  if (process.platform !== "win32") {
    const { listenAtPath } = await import("../io/net/unix_socket.ts");
    return await listenAtPath(server, path, makePrivately, words, makeDirectory);
  }
  const { listenAtPipe } = await import("./windows/door/pipe_door.ts");
  await listenAtPipe(server, path, words, makeDirectory);
}

/**
 * What to connect to, to reach who listens at a path.
 * @throws ProctorError of kind `system` where that cannot be read
 */
export function localAddress(path: string): string {
  return process.platform === "win32" ? pipeAt(path) : path;
}

/** The code of the error of {@link refuseStrangersDoor}, where somebody else listens. */
export const STRANGERS_DOOR = "STRANGER";

/** A server has several instances of its pipe ready, and makes new ones as soon as it comes to that. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 10;

/**
 * Make sure that what {@link localAddress} has told is listened at by our own account, or by one that may do all:
 * before anything is said there. A Unix socket needs no look: it lies where nobody else can put one.
 * @throws an error with a `code`: {@link STRANGERS_DOOR}, or that of a connection that cannot be had
 */
export async function refuseStrangersDoor(address: string): Promise<void> {
  if (process.platform !== "win32" || !isPipe(address)) return;
  const { isOwnPipe } = await import("./windows/door/pipe_owner.ts");
  for (const end = performance.now() + PATIENCE_MS;;) {
    try {
      if (isOwnPipe(address)) return;
      throw Object.assign(new Error("another account listens there"), { code: STRANGERS_DOOR });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
      if (performance.now() > end) throw Object.assign(new Error("late"), { code: "ETIMEDOUT" });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
