import { readText } from "../proc/kernel_file.ts";
import { listDirectory } from "../sys/directory.ts";

/** PF_EXITING (include/linux/sched.h): the thread is on its way out. */
const EXITING = 0x4;
/** SIGKILL in a set of signals, as proc_pid_status(5) has it. */
const KILLED = 0x100;
/** Field 9 of proc_pid_stat(5), counted from the one behind the name. */
const FLAGS = 6;

/**
 * Whether a process is on its way out: killed, or exiting, or gone already. To give back what it holds may take a
 * while, and only then its end can be waited for. One whose main thread alone has ended is not.
 */
export function isEnding(pid: number): boolean {
  // Sent to a process, SIGKILL stays among what waits for all its threads, where none takes it from.
  if (isKilled(`/proc/${pid}`, "ShdPnd")) return true;
  return listDirectory(`/proc/${pid}/task`).every(({ name }) => isThreadEnding(`/proc/${pid}/task/${name}`));
}

function isThreadEnding(directory: string): boolean {
  const stat = readText(`${directory}/stat`);
  if (stat === undefined) return true;
  const flags = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[FLAGS]);
  return (flags & EXITING) !== 0 || isKilled(directory, "SigPnd");
}

/** @param set of the signals that wait: for this thread, or for the process */
function isKilled(directory: string, set: "SigPnd" | "ShdPnd"): boolean {
  const status = readText(`${directory}/status`) ?? "";
  const pending = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1];
  return pending !== undefined && (parseInt(pending.slice(-8), 16) & KILLED) !== 0;
}
