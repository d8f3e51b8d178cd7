import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { ProctorError } from "../core/error.ts";
import { reasonOf } from "../exporters/record_writer.ts";
import { printOut } from "./output.ts";

/**
 * Write a picture to a file, whole or not at all; with `-`, to standard output.
 *
 * @throws ProctorError of kind `system`
 */
export function writePicture(output: string, picture: string | Uint8Array): void {
  if (output === "-") {
    printOut(picture);
    return;
  }
  // Beside its place, and moved there; what is no plain file (a terminal, a pipe) is written to as it is.
  const place = isReplaceable(output) ? `${output}.new-${process.pid}` : output;
  try {
    writeFileSync(place, picture);
    if (place !== output) renameSync(place, output);
  } catch (error) {
    if (place !== output) rmSync(place, { force: true });
    throw new ProctorError("system", cannotWrite(output, error as NodeJS.ErrnoException));
  }
}

/** Why a picture could not be written there; undefined when it seems that it can. */
export function unwritable(output: string): string | undefined {
  try {
    const isDirectory = statSync(output, { throwIfNoEntry: false })?.isDirectory();
    if (isDirectory) return `cannot write ${output}: it is a directory`;
    accessSync(dirname(output), constants.W_OK);
    return undefined;
  } catch (error) {
    return cannotWrite(output, error as NodeJS.ErrnoException);
  }
}

function isReplaceable(output: string): boolean {
  try {
    return statSync(output, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    return false;
  }
}

function cannotWrite(output: string, error: NodeJS.ErrnoException): string {
  return `cannot write ${output}: ${error.code === "ENOENT" ? "no such directory" : reasonOf(error)}`;
}
