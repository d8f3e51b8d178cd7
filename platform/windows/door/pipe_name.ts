import { ProctorError } from "../../../core/error.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { randomHex } from "../../../io/random_hex.ts";
import { readOwnFile } from "../../posix/own_file.ts";

/*
 * Where other systems have a socket in a directory, Windows has a named pipe, and no directory for it: its name is
 * random, so that nobody can take it before us, and stands in a file where the socket would be. Whoever can write that
 * file can say where we connect to; it lies where our own account alone can.
 */

const PREFIX = "\\\\.\\pipe\\proctor-";
const NAME = /^\\\\\.\\pipe\\proctor-[0-9a-f]{32}$/;
const RANDOM_BYTES = 16;
const MOST_BYTES = 1_024;

/** A name that no pipe has. */
export const newPipe = (): string => `${PREFIX}${randomHex(RANDOM_BYTES)}`;

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

/** Whether this is a name of ours. */
export const isPipe = (name: string): boolean => NAME.test(name);

/** The same; null where there is none. */
export function pipeIn(path: string): string | null {
  const text = readOwnFile(path, MOST_BYTES)?.trim() ?? "";
  if (!isPipe(text)) return null;
  places.set(text, path);
  return text;
}

const places = new Map<string, string>();

/** The file in which the name of a pipe was found. */
export const placeOf = (pipe: string): string | undefined => places.get(pipe);
