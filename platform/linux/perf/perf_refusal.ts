import { readText } from "../proc/kernel_file.ts";
import {
  describeErrno,
  EACCES,
  EBADF,
  EINVAL,
  EMFILE,
  ENFILE,
  ENODEV,
  ENOENT,
  ENOSYS,
  EOPNOTSUPP,
  EPERM,
} from "../sys/errno.ts";

/** Who may count what without rights (Documentation/admin-guide/perf-security.rst). */
const PARANOID = "kernel.perf_event_paranoid";

/** What was to be counted: all of a cgroup or a CPU, a process of ours, or what that does outside of the kernel. */
export type Counted = "everybody" | "process" | "user_mode";

const LETS: Record<Counted, string> = {
  everybody: "which lets only root and CAP_PERFMON count more than processes of their own",
  process: "which lets others than root and CAP_PERFMON count user mode alone",
  user_mode: "which lets only root count anything",
};

/** Debian, Ubuntu and Android have a level more, above which CAP_PERFMON does not help. */
const BEYOND = 3;

function paranoidLevel(proc: string): string {
  return readText(`${proc}/sys/kernel/perf_event_paranoid`)?.trim() ?? "unknown";
}

/** Why a counter was refused, as a clause. */
export function whyNotCounted(errno: number, what: Counted, proc = "/proc"): string {
  switch (errno) {
    case EACCES: {
      const level = paranoidLevel(proc);
      return `${PARANOID} is ${level}, ${LETS[Number(level) >= BEYOND ? "user_mode" : what]}`;
    }
    case EPERM:
      return "a policy forbids perf_event_open (seccomp, as in containers)";
    case ENOSYS:
      return "the kernel has no perf events";
    case EINVAL:
    case EBADF:
      return "the kernel counts no cgroups (CONFIG_CGROUP_PERF)";
    case EMFILE:
    case ENFILE:
      return "too few descriptors for a counter of each event on each CPU (ulimit -n)";
    default:
      return `perf_event_open: ${describeErrno(errno)}`;
  }
}

/**
 * Why the processor's own counters are missing, as a clause.
 * @param hasSome whether it is only some of them
 */
export function whyNoHardware(errno: number, hasSome: boolean): string {
  switch (errno) {
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
      return hasSome
        ? "the processor does not count all of it"
        : "the processor shows no counters here, as in most virtual machines";
    case EMFILE:
    case ENFILE:
      return whyNotCounted(errno, "everybody");
    default:
      return `the processor's counters cannot be had: ${describeErrno(errno)}`;
  }
}

/** What would let more be counted, as a clause. */
export function howToCount(proc = "/proc"): string {
  return Number(paranoidLevel(proc)) >= BEYOND
    ? `run as root, or sysctl ${PARANOID}=1 (at ${BEYOND} and above CAP_PERFMON does not help)`
    : "run as root, or give the program the right: setcap cap_perfmon+ep (Linux 5.8); " +
      `or sysctl ${PARANOID}=0 (1 is enough for a count that is a little low)`;
}
