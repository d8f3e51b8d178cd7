import { openFile } from "../proc/kernel_file.ts";
import { KeptFile } from "../proc/kept_file.ts";

/*
 * /proc/PID/io of an ended process can be opened by root alone, though it can be read by whoever has it open. A short
 * command of an ordinary user has often ended before we come to open it; so that its I/O is known every time and not by
 * chance, the file is opened between its birth and its execve.
 */

const files = new Map<number, KeptFile>();

/** Whether the file has to be opened in time: root can do so at any. */
export const mustOpenInTime = process.geteuid?.() !== 0;

/** A child is born, and waits. */
export function openBornIo(pid: number): void {
  const path = `/proc/${pid}/io`;
  const descriptor = openFile(path);
  if (descriptor >= 0) files.set(pid, KeptFile.around(path, descriptor));
}

/** The file of a child that was started, open where it could be; asked once. */
export function takeBornIo(pid: number): KeptFile {
  const file = files.get(pid) ?? new KeptFile(`/proc/${pid}/io`);
  files.delete(pid);
  return file;
}

/** The child has not become the command. */
export function dropBornIo(pid: number): void {
  takeBornIo(pid).close();
}
