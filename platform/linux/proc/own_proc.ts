import { ProctorError } from "../../../core/error.ts";
import { readLink } from "../sys/read_link.ts";

let own: boolean | undefined;

/**
 * Whether /proc is of our own PID namespace. Where a namespace was made without a mount of its own (`unshare --pid
 * --fork` without `--mount-proc`), the numbers in /proc are other processes' than those that system calls take:
 * nothing that stands there by number may be taken for anybody. /proc/self is a link to our number as /proc has it
 * (proc(5)).
 */
export function ownProc(): boolean {
  return own ??= isOwn(readLink("/proc/self"));
}

/** A /proc that is not there at all is nobody else's. */
function isOwn(self: string | undefined): boolean {
  return self === undefined || self === String(process.pid);
}

/** What is wrong with a foreign /proc and how to mend it; null where it is ours. */
export function foreignProc(): string | null {
  if (ownProc()) return null;
  return "/proc is another PID namespace's: processes are known by their cgroup and their end only; " +
    "mount a /proc of its own (unshare --mount-proc, or mount -t proc proc /proc)";
}

/**
 * For whoever looks processes up by number or name.
 * @throws ProctorError of kind `system` when /proc is foreign
 */
export function demandOwnProc(): void {
  const foreign = foreignProc();
  if (foreign !== null) throw new ProctorError("system", foreign);
}
