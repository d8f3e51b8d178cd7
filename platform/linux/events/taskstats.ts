import type { ThreadAccounts } from "../../contract/process_events.ts";
import { describeErrno, EINVAL, EPERM } from "../sys/errno.ts";
import { readText } from "../proc/kernel_file.ts";
import { NetlinkSocket } from "./netlink_socket.ts";
import {
  familyRequest,
  parseAnswer,
  parseFamily,
  parseThreadAccounts,
  registration,
} from "./taskstats_message.ts";

const NETLINK_GENERIC = 16;
/** The last thread of a process has two structs in its datagram. */
const DATAGRAM_SIZE = 2_048;
const POSSIBLE_CPUS = "/sys/devices/system/cpu/possible";
/** The first that tells which process a thread was of. */
const FIRST_KERNEL = "5.19";

/**
 * What every thread of the machine came to, told at its end. Registered and silent it would be in another network
 * namespace: it is to be opened only where the connector has answered, which lives in the first one alone.
 */
export class Taskstats {
  /** Why nothing can be told by it: the kernel's records are too old. */
  #readable = false;
  #unreadableCount = 0;

  private constructor(readonly socket: NetlinkSocket) {}

  /** Open it, or say why it cannot be had. */
  static open(bufferBytes: number): Taskstats | string {
    const socket = NetlinkSocket.open(NETLINK_GENERIC, 0, DATAGRAM_SIZE, bufferBytes);
    if (typeof socket === "number") return `taskstats cannot be opened: ${describeErrno(-socket)}`;
    const refusal = register(socket);
    if (refusal === null) return new Taskstats(socket);
    socket.close();
    return refusal;
  }

  /** Whether records come that say nothing here, and none that does. */
  get isUnreadable(): boolean {
    return !this.#readable && this.#unreadableCount > 0;
  }

  /** Hand over the accounts of threads that have ended. */
  drain(take: (accounts: ThreadAccounts) => void): void {
    this.socket.drain((view, at, length) => {
      const accounts = parseThreadAccounts(view, at, length);
      if (accounts === null) {
        this.#unreadableCount++;
        return;
      }
      this.#readable = true;
      take(accounts);
    });
  }

  /** Stop: the kernel takes a listener that is gone off its list at the next end of a thread. */
  close(): void {
    this.socket.close();
  }
}

function register(socket: NetlinkSocket): string | null {
  if (socket.send(familyRequest()) < 0) return "taskstats cannot be asked for";
  let family: number | null = null;
  socket.drain((view, at, length) => family ??= parseFamily(view, at, length));
  if (family === null) return `the kernel has no taskstats (CONFIG_TASKSTATS)`;
  const cpus = readText(POSSIBLE_CPUS)?.trim();
  if (cpus === undefined) return `${POSSIBLE_CPUS} cannot be read`;
  socket.send(registration(family, cpus));
  let answer: number | null = null;
  socket.drain((view, at, length) => answer ??= parseAnswer(view, at, length));
  switch (answer as number | null) {
    case 0:
      return null;
    case null:
      return "the kernel does not answer who asks for taskstats";
    case EPERM:
      return "taskstats need CAP_NET_ADMIN";
    case EINVAL:
      return "taskstats are available in the machine's own PID namespace only";
    default:
      return `taskstats are refused: ${describeErrno(answer!)}`;
  }
}

/** What to do about kernels whose records do not name the process. */
export const NEWER_KERNEL = `accounts of processes need Linux ${FIRST_KERNEL}`;
