import { chmodSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import process from "node:process";
import { ProctorError, usageError } from "../../core/error.ts";

/** The longest path of a socket: sun_path has 108 bytes (unix(7)), the last a NUL. */
const LONGEST_PATH_BYTES = 107;
/** Only our own user may connect. */
const MASK = 0o177;
const MODE = 0o600;

/**
 * Have a server listen at a path. A socket that nobody listens to any more is replaced.
 * @throws ProctorError when the path is unfit, or somebody listens there
 */
export async function listenAtPath(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    throw usageError(
      `socket: "${path}" is longer than the ${LONGEST_PATH_BYTES} bytes a socket's path may have; give a shorter one with --socket`,
    );
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await clear(path);
    await listen(server, path);
  } catch (error) {
    if (error instanceof ProctorError) throw error;
    throw new ProctorError("system", `socket: cannot listen at "${path}": ${reasonOf(error as Error)}`);
  }
}

/** Remove what is left of a socket. */
export function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch { /* The runtime has removed it. */ }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The socket is made with these rights; changing them later would leave a moment for others.
    const before = process.umask(MASK);
    try {
      server.listen(path, () => {
        server.off("error", reject);
        chmodSync(path, MODE);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Make way at a path: a socket nobody listens to goes, anything else is somebody's. */
async function clear(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw usageError(`socket: "${path}" is there and is no socket; give another path`);
  if (await isAlive(path)) {
    throw usageError(
      `socket: another supervisor listens at "${path}"; end it (proctor ctl shutdown) or give another path`,
    );
  }
  removeSocket(path);
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

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  const words: Record<string, string> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    ENOENT: "there is no such directory",
    ENOTDIR: "a part of the path is no directory",
    EADDRINUSE: "somebody listens there",
    EROFS: "the file system is read-only",
  };
  return words[code ?? ""] ?? message;
}
