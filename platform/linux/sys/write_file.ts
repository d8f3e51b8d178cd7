import { systemCall } from "./machine_code.ts";
import { closeFile, pathAddress } from "../proc/kernel_file.ts";
import { openFlags } from "./open_flags.ts";

const WRITING = openFlags("O_WRONLY", "O_CLOEXEC");

/** Write a few bytes to an existing kernel file (an absolute path) in one call; 0, or the error number. */
export function writeFile(name: string, value: string): number {
  const descriptor = systemCall("openat", 0, pathAddress(name), WRITING);
  if (descriptor < 0) return -descriptor;
  // The path buffer is free again: it serves as the buffer of what is written.
  const written = systemCall("write", descriptor, pathAddress(value), value.length);
  closeFile(descriptor);
  return written < 0 ? -written : 0;
}
