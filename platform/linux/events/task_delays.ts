import { countsBlockWaits } from "../machine/machine_waits.ts";
import { describeErrno, EPERM } from "../sys/errno.ts";
import { NetlinkSocket } from "./netlink_socket.ts";
import {
  delaysRequest,
  familyRequest,
  parseAnswer,
  parseFamily,
  parseMemoryWaitNanoseconds,
} from "./taskstats_message.ts";

const NETLINK_GENERIC = 16;
/** An answer has one struct. */
const DATAGRAM_SIZE = 2_048;
const BUFFER_BYTES = 65_536;

/** Asks taskstats (Documentation/accounting/) for how long single threads have waited for memory. */
class TaskDelays {
  private constructor(readonly socket: NetlinkSocket, readonly family: number) {}

  /** Open it; a clause says why it cannot be had. */
  static open(): TaskDelays | string {
    const socket = NetlinkSocket.open(NETLINK_GENERIC, 0, DATAGRAM_SIZE, BUFFER_BYTES);
    if (typeof socket === "number") return `taskstats cannot be opened: ${describeErrno(-socket)}`;
    let family: number | null = null;
    socket.send(familyRequest());
    socket.drain((view, at, length) => family ??= parseFamily(view, at, length));
    const delays = family === null ? null : new TaskDelays(socket, family);
    const answer = delays?.ask(process.pid);
    if (delays && typeof answer === "number") return delays;
    socket.close();
    return typeof answer === "string" ? answer : "the kernel reports no delays here (taskstats)";
  }

  /** Nanoseconds, or why they are not told. The kernel answers before it returns from the question. */
  ask(threadId: number): number | string | null {
    if (this.socket.send(delaysRequest(this.family, threadId)) < 0) return null;
    let nanoseconds: number | null = null;
    let refused: number | null = null;
    this.socket.drain((view, at, length) => {
      refused ??= parseAnswer(view, at, length);
      nanoseconds ??= parseMemoryWaitNanoseconds(view, at, length);
    });
    if (nanoseconds !== null) return nanoseconds;
    return refused === EPERM ? "taskstats need CAP_NET_ADMIN" : null;
  }
}

/** One for all threads, opened when the first is asked for; it ends with this process. */
let delays: TaskDelays | string | undefined;

/** Why nobody tells how long threads wait for memory; null where it is told. */
export function memoryWaitObstacle(): string | null {
  if (!countsBlockWaits()) return "delay accounting is off (kernel.task_delayacct is not 1)";
  delays ??= TaskDelays.open();
  return typeof delays === "string" ? delays : null;
}

/**
 * How long one thread has waited for memory, in nanoseconds: for pages to be read back from swap, or again after they
 * were taken away (thrashing), for others to be taken away (reclaim), and for free ones to be moved together
 * (compaction).
 * NaN where it is not told, 0 of threads that are older than the setting.
 */
export function memoryWaitNanoseconds(threadId: number): number {
  if (memoryWaitObstacle() !== null) return NaN;
  const nanoseconds = (delays as TaskDelays).ask(threadId);
  return typeof nanoseconds === "number" ? nanoseconds : NaN;
}
