import { closeFile } from "../proc/kernel_file.ts";
import { EINTR } from "../sys/errno.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { systemCall } from "../sys/machine_code.ts";
import type { LaunchStep } from "./launch_steps.ts";

/*
 * Where a file of the child has to be opened in time (born_io.ts), or counters be set up that it is to hand down, the
 * child first sends its PID through a socket, and waits for the socket's end. What goes through a socket is none of the bytes that the kernel counts as written or
 * read.
 */

// socket(7), recv(2), from include/linux/socket.h
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_WAITALL = 0x100;
const MSG_NOSIGNAL = 0x4000;

/** Bytes of the child's PID where it lies in memory. */
export const PID_SIZE = 8;

/** A child that is born waits at it until it may go on. */
export class BirthGate {
  #ends: number[];

  /** @param childsEnd has to survive the small parent's execve */
  private constructor(readonly childsEnd: number, readonly ownEnd: number) {
    this.#ends = [childsEnd, ownEnd];
  }

  /** null where there are no sockets: then the child does not wait. */
  static open(): BirthGate | null {
    const ends = new ForeignMemory(8);
    const made = systemCall("socketpair", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.address) === 0;
    const gate = made ? new BirthGate(ends.view.getInt32(0, true), ends.view.getInt32(4, true)) : null;
    ends.free();
    return gate;
  }

  /**
   * The child tells its PID, and waits until our end is closed.
   * @param pid where it lies
   */
  waitSteps(pid: number): LaunchStep[] {
    return [
      { call: "sendto", args: [this.childsEnd, pid, PID_SIZE, MSG_NOSIGNAL], stage: null },
      { call: "recvfrom", args: [this.childsEnd, pid, 1], stage: null },
    ];
  }

  /**
   * Let the child go on, and before that have done to it what has to be done while it waits; at once when there is
   * none, since the small parent could not make one.
   */
  letPass(prepare: (pid: number) => void): void {
    // Ours of it has to go first: else the socket would not end with the child.
    closeFile(this.#ends.shift()!);
    const pid = new ForeignMemory(PID_SIZE);
    let length: number;
    do {
      length = systemCall("recvfrom", this.ownEnd, pid.address, PID_SIZE, MSG_WAITALL);
    } while (length === -EINTR);
    if (length === PID_SIZE) prepare(pid.view.getInt32(0, true));
    pid.free();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#ends.splice(0).forEach(closeFile);
  }
}
