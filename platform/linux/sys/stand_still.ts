import { isLoopPollable } from "../../../ffi/mod.ts";
import type { PassedTicks, StandStill, StillTicks } from "../../contract/stand_still.ts";
import type { ProcessIdentity } from "../../contract/lookup.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { isSameProcess } from "../processes/send_signal.ts";
import { listDirectory } from "./directory.ts";
import { EAGAIN, EINTR } from "./errno.ts";
import { IdleLoop } from "./idle_loop.ts";
import { systemCall } from "./machine_code.ts";
import { ForeignMemory } from "./memory.ts";
import { POLLIN } from "./poll.ts";
import { readLink } from "./read_link.ts";

/**
 * Three of struct pollfd (fd 4, events 2, revents 2), for the loop, the process and the bell; behind them a struct
 * timespec. poll(2) passes over descriptors below 0.
 */
const POLLFD = 8;
const EVENTS = 4;
const REVENTS = 6;
const LOOP = 0;
const PROCESS = 1;
const BELL = 2;
const COUNT = 3;
const TIMESPEC = COUNT * POLLFD;
const NOTHING = -1;
const NS_PER_SECOND = 1e9;
const LARGEST_PIECE = 65_536;

/**
 * Standing still in ppoll(2) on the epoll descriptor of the runtime's event loop, which epoll(7) makes readable as long
 * as something in it is ready: a signal's handler to be called, a file written by another thread, a stream. null where
 * the runtime has none that tells so, or it cannot be told from others.
 */
export function standStill(): StandStill | null {
  const loop = isLoopPollable() ? loopDescriptor() : undefined;
  return loop === undefined ? null : new PollingStandStill(loop);
}

/** The only epoll there is: one that was inherited, or is a library's, would say nothing of the loop. */
function loopDescriptor(): number | undefined {
  const found = listDirectory("/proc/self/fd").filter(({ name }) =>
    readLink(`/proc/self/fd/${name}`) === "anon_inode:[eventpoll]"
  );
  return found.length === 1 ? Number(found[0].name) : undefined;
}

/**
 * After a stop the kernel would go on waiting for as long as was left (signal(7)), though what was due is overdue; a
 * signal that is handled ends that.
 */
const goOn = () => {};

class PollingStandStill implements StandStill {
  readonly #memory = new ForeignMemory(TIMESPEC + 16);
  #idle: IdleLoop | null | undefined;
  #piece: ForeignMemory | undefined;
  #pidfd = NOTHING;
  hasRung = false;

  constructor(loop: number) {
    this.#ask(LOOP, loop);
    this.#ask(PROCESS, NOTHING);
    process.on("SIGCONT", goOn);
  }

  get isWatching(): boolean {
    return this.#pidfd >= 0;
  }

  stand(ms: number, bell = NOTHING): boolean {
    const { address } = this.#memory;
    this.#ask(BELL, bell);
    // Both halves have to be whole numbers; rounded up, so that what is due then is due.
    const ns = Math.ceil(Math.max(0, ms) * 1e6);
    this.#memory.setU64(TIMESPEC, Math.floor(ns / NS_PER_SECOND));
    this.#memory.setU64(TIMESPEC + 8, ns % NS_PER_SECOND);
    const found = systemCall("ppoll", address, COUNT, address + TIMESPEC);
    // Interrupted by a signal, it has left the answers as they were.
    this.hasRung = found > 0 && this.#answer(BELL);
    return found > 0 ? this.#isDisturbed() : found < 0;
  }

  read(bell: number): Uint8Array | null {
    const piece = this.#piece ??= new ForeignMemory(LARGEST_PIECE);
    const length = systemCall("read", bell, piece.address, LARGEST_PIECE);
    if (length === -EAGAIN || length === -EINTR) return null;
    return piece.bytes.slice(0, Math.max(0, length));
  }

  standThrough(ticks: StillTicks): PassedTicks | null {
    const loop = this.#idle ??= IdleLoop.open();
    if (!loop) return null;
    this.#ask(BELL, NOTHING);
    this.hasRung = false;
    const passed = loop.run(this.#memory.address, COUNT, ticks);
    // A process that has ended is watched no more; a signal leaves no answer.
    if (passed.isDisturbed) this.#isDisturbed();
    return passed;
  }

  #isDisturbed(): boolean {
    const hasEnded = this.#answer(PROCESS);
    if (hasEnded) this.unwatch();
    return hasEnded || this.#answer(LOOP);
  }

  watch(process: ProcessIdentity): boolean {
    this.unwatch();
    const pidfd = systemCall("pidfd_open", process.pid, 0);
    if (pidfd < 0) return false;
    // Pinned now: it is still who is meant, or was somebody else's before.
    if (!isSameProcess(process)) {
      closeFile(pidfd);
      return false;
    }
    this.#pidfd = pidfd;
    this.#ask(PROCESS, pidfd);
    return true;
  }

  unwatch(): void {
    if (this.isWatching) closeFile(this.#pidfd);
    this.#pidfd = NOTHING;
    this.#ask(PROCESS, NOTHING);
  }

  close(): void {
    process.off("SIGCONT", goOn);
    this.unwatch();
    this.#idle?.close();
    this.#piece?.free();
    this.#memory.free();
  }

  #ask(index: number, descriptor: number): void {
    const { view } = this.#memory;
    view.setInt32(index * POLLFD, descriptor, true);
    view.setInt16(index * POLLFD + EVENTS, POLLIN, true);
    view.setInt16(index * POLLFD + REVENTS, 0, true);
  }

  #answer(index: number): boolean {
    return this.#memory.view.getInt16(index * POLLFD + REVENTS, true) !== 0;
  }
}
