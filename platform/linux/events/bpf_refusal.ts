import type { NoProcessEvents } from "../../contract/process_events.ts";
import { isRoot } from "../../posix/own_user.ts";
import { describeErrno, EPERM } from "../sys/errno.ts";

const AS_ROOT = "run proctor as root, or give it CAP_BPF and CAP_PERFMON";

/** Why there are no programs in the kernel, and what to do about it. */
export function noPrograms(what: string, errno: number, isSuperuser = isRoot()): NoProcessEvents {
  if (errno !== EPERM) {
    return { reason: `the kernel refuses ${what} (bpf: ${describeErrno(errno)})`, advice: AS_ROOT };
  }
  if (!isSuperuser) return { reason: "programs in the kernel need CAP_BPF and CAP_PERFMON", advice: AS_ROOT };
  // Until then RLIMIT_MEMLOCK holds for maps and programs, and beyond it the kernel says EPERM, too.
  return {
    reason: "programs in the kernel need CAP_BPF and CAP_PERFMON, and before Linux 5.11 locked memory",
    advice: "before Linux 5.11 run `ulimit -l unlimited` first, and in a container add both capabilities",
  };
}
