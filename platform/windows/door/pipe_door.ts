import { once } from "node:events";
import type { Server } from "node:net";
import { ProctorError, usageError } from "../../../core/error.ts";
import { nodeFs, nodePath } from "../../../io/builtins.ts";
import { createFile, removeQuietly } from "../../../io/private_file.ts";
import { whyDeaf } from "../../../io/net/unix_socket.ts";
import type { SocketWords } from "../../../io/net/unix_socket.ts";
import { closePipe } from "./access_list.ts";
import { newPipe, pipeIn } from "./pipe_name.ts";
import { isOwnPipe } from "./pipe_owner.ts";

const MODE = 0o600;

/**
 * Have a server listen at a pipe, whose name is written to a path. The file of a server that is gone is replaced.
 * @throws ProctorError when the path is unfit, or another process listens there
 */
export async function listenAtPipe(
  server: Server,
  path: string,
  { option, other = "another process", howToEnd = "end it" }: SocketWords,
  makeDirectory: boolean,
): Promise<void> {
  const { lstatSync, mkdirSync } = nodeFs();
  try {
    if (makeDirectory) mkdirSync(nodePath().dirname(path), { recursive: true });
    if (lstatSync(path, { throwIfNoEntry: false })) {
      const before = pipeIn(path);
      if (before === null) {
        throw usageError(`${option}: "${path}" is there and names no pipe; give another path`);
      }
      if (isAlive(before)) {
        throw usageError(`${option}: ${other} listens at "${path}"; ${howToEnd} or give another path`);
      }
      removeQuietly(path);
    }
    const pipe = newPipe();
    const listening = once(server, "listening");
    server.listen(pipe);
    await listening;
    closePipe(pipe);
    createFile(path, `${pipe}\n`, MODE);
  } catch (error) {
    if (error instanceof ProctorError) throw error;
    throw new ProctorError("system", `${option}: cannot listen at "${path}": ${whyDeaf(error)}`);
  }
}

/** Whether its server is there; a stranger who has taken the name is none. */
function isAlive(pipe: string): boolean {
  try {
    return isOwnPipe(pipe);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
