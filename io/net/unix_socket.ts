import { once } from "node:events";
import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { connect } from "node:net";
import type { Server } from "node:net";
import { dirname } from "node:path";
import { ProctorError, usageError } from "../../core/error.ts";
import { reasonOf } from "../errno_words.ts";
import { removeQuietly } from "../private_file.ts";

/** The longest path of a socket: sun_path has 108 bytes (unix(7)), the last a NUL. */
const LONGEST_PATH_BYTES = 107;
/** Only our own user may connect. */
const MODE = 0o600;

/** Why a socket cannot be made at a path. */
export type Obstacle = "no socket" | "in use";

/** Has what is made in the file system be for our own user alone, as the platform does it. */
export type MakePrivately = (make: () => void) => void;

/** How errors speak of a socket. */
export interface SocketWords {
  /** The option that gave the path; it begins the message. */
  readonly option: string;
  /** What listens where the path is in use. Default: another process. */
  readonly other?: string;
  /** How to end that. */
  readonly howToEnd?: string;
}

/** @throws ProctorError of kind `usage` for a path that no socket can have */
export function checkSocketPath(path: string, option: string): void {
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return;
  throw usageError(
    `${option}: "${path}" is longer than the ${LONGEST_PATH_BYTES} bytes a socket's path may have; give a shorter one`,
  );
}

/**
 * Have a server listen at a path, for our own user alone. A socket that nobody listens to any more is replaced.
 * @param makeDirectory whether missing directories on the way are made
 * @throws ProctorError when the path is unfit, or another process listens there
 */
export async function listenAtPath(
  server: Server,
  path: string,
  makePrivately: MakePrivately,
  { option, other = "another process", howToEnd = "end it" }: SocketWords,
  makeDirectory = false,
): Promise<void> {
  checkSocketPath(path, option);
  try {
    if (makeDirectory) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const obstacle = await clearSocketPath(path);
    if (obstacle === "no socket") {
      throw usageError(`${option}: "${path}" is there and is not a socket; give another path`);
    }
    if (obstacle) {
      throw usageError(`${option}: ${other} listens at "${path}"; ${howToEnd} or give another path`);
    }
    await listenPrivately(server, path, makePrivately);
  } catch (error) {
    if (error instanceof ProctorError) throw error;
    throw new ProctorError("system", `${option}: cannot listen at "${path}": ${whyDeaf(error)}`);
  }
}

/** Remove a socket that nobody listens to; anything else is another's and stays, and is returned. */
export async function clearSocketPath(path: string): Promise<Obstacle | undefined> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (!found.isSocket()) return "no socket";
  if (await isAlive(path)) return "in use";
  removeQuietly(path);
  return undefined;
}

/**
 * Have a server listen at a path, for our own user alone.
 * @throws the error of the system, with its `code`
 */
export async function listenPrivately(
  server: Server,
  path: string,
  makePrivately: MakePrivately,
): Promise<void> {
  const listening = once(server, "listening");
  makePrivately(() => server.listen(path));
  await listening;
  chmodSync(path, MODE);
}

/**
 * Have a server listen at a port.
 * @throws the error of the system, with its `code`
 */
export async function listenAtPort(server: Server, port: number, host: string): Promise<void> {
  const listening = once(server, "listening");
  server.listen(port, host);
  await listening;
}

/** Why a server cannot listen, in words; `special` ones by code come first. */
export function whyDeaf(error: unknown, special?: Readonly<Record<string, string>>): string {
  return reasonOf(error, { ENOENT: "there is no such directory", EPERM: "permission denied", ...special });
}

async function isAlive(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    // Only this says that nobody listens; a refusal for want of rights does not.
    return (error as NodeJS.ErrnoException).code !== "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}
