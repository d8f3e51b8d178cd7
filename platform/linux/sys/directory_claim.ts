import { closeFile, openFile } from "../proc/kernel_file.ts";
import { flock, TAKEN } from "./flock.ts";

/*
 * The name of a group's directory tells who made it. Who uses it is another question: a group is adopted, or its
 * maker is in another PID namespace. Whoever has it open claims it, by a shared flock(2) on the directory, which ends
 * with the last of them.
 */

/** A look at whether it is claimed takes microseconds; who holds it longer means to keep us from it. */
const MOST_ATTEMPTS = 20;
const PAUSE_MS = 1;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/**
 * Open and claim a directory, for as long as the descriptor is open; what is returned is less than 0 where there is
 * none.
 */
export function openClaimed(directory: string): number {
  const descriptor = openFile(directory);
  if (descriptor < 0) return descriptor;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    if (flock(descriptor, "shared") !== TAKEN) break;
    Atomics.wait(PAUSE, 0, 0, PAUSE_MS);
  }
  return descriptor;
}

/** Whether somebody claims a directory. */
export function isClaimed(directory: string): boolean {
  const descriptor = openFile(directory);
  if (descriptor < 0) return false;
  const isTaken = flock(descriptor, "exclusive") === TAKEN;
  closeFile(descriptor); // and the lock with it
  return isTaken;
}
