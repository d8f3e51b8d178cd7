import type { ProcessIdentity } from "../types.ts";
import { closeFile } from "./kernel_file.ts";
import { systemCall } from "./launch_code.ts";
import { LinuxProcessReader } from "./process_reader.ts";
import { signalNumber } from "./signal.ts";

const NOTHING = { counters: false, io: false, switches: false, fileDescriptors: false };

/**
 * Send a signal to exactly this process; false when it is gone or may not be signalled.
 *
 * The PID is pinned by a pidfd first (pidfd_open(2)) and its start time compared then, so that a process that
 * got the PID of an ended one is never hit. Without pidfd (before Linux 5.3) kill(2) follows the comparison.
 */
export function sendSignal(process: ProcessIdentity, signal: string): boolean {
  const number = signalNumber(signal);
  if (number === 0) return false;
  const pidfd = systemCall("pidfd_open", process.pid, 0);
  try {
    const reader = LinuxProcessReader.open(process.pid, NOTHING);
    reader?.close();
    if (reader?.birth !== process.birth) return false;
    const result = pidfd >= 0
      ? systemCall("pidfd_send_signal", pidfd, number, 0, 0)
      : systemCall("kill", process.pid, number);
    return result === 0;
  } finally {
    if (pidfd >= 0) closeFile(pidfd);
  }
}
