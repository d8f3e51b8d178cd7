import type { ProcessIdentity } from "../../contract/lookup.ts";
import { systemCall } from "../sys/machine_code.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { LinuxProcessReader, UNKNOWN_BIRTH } from "./process_reader.ts";
import { signalNumber } from "./signal.ts";

const NOTHING = { counters: false, io: false, switches: false, fileDescriptors: false };

/**
 * Send a signal to exactly this process; false when it is gone or may not be signalled.
 *
 * The PID is pinned by a pidfd first (pidfd_open(2)) and its start time compared then, so that a process that
 * got the PID of an ended one is never hit. Without pidfd (before Linux 5.3, or no descriptor left) kill(2) follows the
 * comparison.
 */
export function sendSignal(process: ProcessIdentity, signal: string): boolean {
  const number = signalNumber(signal);
  if (number === 0) return false;
  const pidfd = systemCall("pidfd_open", process.pid, 0);
  try {
    if (!isSameProcess(process)) return false;
    const result = pidfd >= 0
      ? systemCall("pidfd_send_signal", pidfd, number, 0, 0)
      : systemCall("kill", process.pid, number);
    return result === 0;
  } finally {
    if (pidfd >= 0) closeFile(pidfd);
  }
}

/** Whether the process with this PID is still the one that is meant. */
export function isSameProcess({ pid, birth }: ProcessIdentity): boolean {
  // A child of ours that could not be read, or a member of our cgroup where /proc is foreign: known by its PID alone.
  if (birth === UNKNOWN_BIRTH) return true;
  const reader = LinuxProcessReader.open(pid, NOTHING);
  reader?.close();
  return reader?.birth === birth;
}
