import { once } from "node:events";
import { connect } from "node:net";
import type { Server } from "node:net";
import { ProctorError, usageError } from "../../../core/error.ts";
import { nodeFs, nodePath } from "../../../io/builtins.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { createFile, removeQuietly } from "../../../io/private_file.ts";
import { whyDeaf } from "../../../io/net/unix_socket.ts";
import type { SocketWords } from "../../../io/net/unix_socket.ts";
import { randomHex } from "../../../io/random_hex.ts";
import { readOwnFile } from "../../posix/own_file.ts";
import { closeToOthers } from "./access_list.ts";

/*
 * Where other systems have a socket in a directory, Windows has a named pipe, and no directory for it: its name is
 * random, so that nobody can take it before us, and stands in a file where the socket would be. Whoever can write that
 * file can say where we connect to; it lies where our own account alone can.
 */

const PREFIX = "\\\\.\\pipe\\proctor-";
const NAME = /^\\\\\.\\pipe\\proctor-[0-9a-f]{32}$/;
const RANDOM_BYTES = 16;
const MOST_BYTES = 1_024;
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
      if (await isAlive(before)) {
        throw usageError(`${option}: ${other} listens at "${path}"; ${howToEnd} or give another path`);
      }
      removeQuietly(path);
    }
    const pipe = `${PREFIX}${randomHex(RANDOM_BYTES)}`;
    const listening = once(server, "listening");
    server.listen(pipe);
    await listening;
    closeToOthers(pipe);
    createFile(path, `${pipe}\n`, MODE);
  } catch (error) {
    if (error instanceof ProctorError) throw error;
    throw new ProctorError("system", `${option}: cannot listen at "${path}": ${whyDeaf(error)}`);
  }
}

/**
 * The pipe whose name stands at a path; the path itself where there is none, which nobody listens at.
 * @throws ProctorError of kind `system` for a file that cannot be read
 */
export function pipeAt(path: string): string {
  try {
    return pipeIn(path) ?? path;
  } catch (error) {
    throw new ProctorError("system", `"${path}" cannot be read: ${reasonOf(error)}`);
  }
}

function pipeIn(path: string): string | null {
  const text = readOwnFile(path, MOST_BYTES)?.trim() ?? "";
  return NAME.test(text) ? text : null;
}

async function isAlive(pipe: string): Promise<boolean> {
  const socket = connect(pipe);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  } finally {
    socket.destroy();
  }
}
