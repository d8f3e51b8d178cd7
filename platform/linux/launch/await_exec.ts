import { readText } from "../proc/kernel_file.ts";
import { pollFor } from "../sys/poll.ts";

/*
 * Whoever stands still until a child has called execve, as with vfork(2), is woken up too early: exec_mmap (fs/exec.c)
 * lets go of the memory that both share before it gives the child its own. Until then /proc tells of the child what is
 * true of us: our memory, our words. On one processor, where who is woken up goes first, that is seen half of the
 * time. The child's mark of having executed nothing yet goes after that in every kernel; the end of a pipe that is
 * close-on-exec does not do, as it comes before since 2026, in kernels that had it after as well.
 */

/** PF_FORKNOEXEC (include/linux/sched.h). */
const FORKED_ONLY = 0x40;
/** Fields 3 and 9 of proc_pid_stat(5), counted from the one behind the name. */
const STATE = 0;
const FLAGS = 6;
const ENDED = ["Z", "X"];

/** It takes some microseconds; who does not come to it has been suspended in between. */
const PATIENCE_MS = 1_000;
/** Lets the child go on, on one processor too. */
const PAUSE_MS = 0.05;
const NO_DESCRIPTOR = -1;

/** Wait until a child of ours that has called execve is another program in all that can be read of it, or has ended. */
export function awaitExec(pid: number): void {
  if (!isUnborn(pid)) return;
  const endMs = performance.now() + PATIENCE_MS;
  do pollFor(NO_DESCRIPTOR, 0, PAUSE_MS); while (isUnborn(pid) && performance.now() < endMs);
}

function isUnborn(pid: number): boolean {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return false;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ", FLAGS + 1);
  return (Number(fields[FLAGS]) & FORKED_ONLY) !== 0 && !ENDED.includes(fields[STATE]);
}
