import type { Server } from "node:net";
import type { SocketWords } from "../io/net/unix_socket.ts";
import { makePrivately } from "./posix/umask.ts";
import { pipeAt } from "./windows/door/pipe_name.ts";

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
