import { ProctorError } from "../../../core/error.ts";
import { hidesInheritedDescriptors } from "../../../ffi/mod.ts";
import { nodeFs } from "../../../io/builtins.ts";
import type { Streams } from "../../contract/streams.ts";
import { parseFileKind, STAT_SIZE } from "../layout/file_status.ts";
import type { FileKind } from "../layout/file_status.ts";
import { DESCRIPTOR_TYPE } from "../layout/proc_info.ts";
import { describeErrno, EAGAIN, EINTR, systemError } from "./errno.ts";
import { descriptors } from "./libproc.ts";
import type { LibSystem } from "./libsystem.ts";

// bsd/sys/fcntl.h, filio.h, poll.h and socket.h of XNU
const O_RDWR = 2;
const O_CLOEXEC = 0x100_0000;
const FIOCLEX = 0x2000_6601;
const POLLIN = 1;
const POLLOUT = 4;
const POLLFD_SIZE = 8;
const MSG_DONTWAIT = 0x80;
/** What a pipe that is writable takes without waiting (PIPE_BUF). */
const PIPE_PIECE = 512;
const SOCKET_PIECE = 65_536;
const FIRST_BEYOND_STDIO = 3;

/** Descriptors by numbers, whoever has opened them. */
export class Descriptors {
  #inherited: number[] | undefined;
  readonly #kinds = new Map<number, FileKind>();

  constructor(readonly system: LibSystem) {}

  readonly close = (descriptor: number): void => {
    this.#kinds.delete(descriptor);
    this.system.c.close(descriptor);
  };

  /**
   * Both ends close-on-exec, though not from their first moment: children of ours get what they are to get only.
   * @throws ProctorError of kind `system`
   */
  readonly makePipe: Streams["makePipe"] = () => {
    const ends = this.system.scratch("pipe", 8);
    if (this.system.c.pipe(ends.address) !== 0) {
      throw new ProctorError("system", `cannot make a pipe: ${describeErrno(this.system.errno())}`);
    }
    const pair: [number, number] = [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
    this.keepFromChildren(pair);
    return pair;
  };

  /** @throws ProctorError of kind `system` */
  readonly openNull = (): number => {
    const descriptor = this.system.c.open(this.system.string("/dev/null"), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) throw new ProctorError("system", "cannot open /dev/null");
    return descriptor;
  };

  readonly keepFromChildren = (numbers: readonly number[]): void => {
    for (const number of numbers) this.system.c.ioctl(number, FIOCLEX);
  };

  readonly kindOf = (descriptor: number): FileKind | null => {
    const stat = this.system.scratch("stat", STAT_SIZE);
    const { c } = this.system;
    const call = process.arch === "x64" ? c["fstat$INODE64"] ?? c.fstat : c.fstat;
    return call?.(descriptor, stat.address) === 0 ? parseFileKind(stat.view) : null;
  };

  readonly changeOwner = (descriptor: number, uid: number, gid: number): boolean => {
    const kind = this.kindOf(descriptor);
    return (kind === "file" || kind === "pipe") && this.system.c.fchown(descriptor, uid, gid) === 0;
  };

  /**
   * Those above 2 that we were started with: files, pipes and sockets. Queues are the runtime's own. Where the runtime
   * leaves them to children, these get them no less by being named: a launch closes all that are not.
   */
  readonly inherited = (): number[] => {
    if (!hidesInheritedDescriptors()) return [];
    return this.#inherited ??= (descriptors(this.system, process.pid) ?? [])
      .filter(({ number, type }) => number >= FIRST_BEYOND_STDIO && INHERITABLE.includes(type))
      .map(({ number }) => number);
  };

  readonly writeAtOnce = (descriptor: number, bytes: Uint8Array): number | null => {
    let kind = this.#kinds.get(descriptor);
    if (!kind) this.#kinds.set(descriptor, kind = this.kindOf(descriptor) ?? "other");
    if (kind !== "pipe" && kind !== "socket") return null;
    let written = 0;
    while (written < bytes.length) {
      const length = this.#writePiece(descriptor, kind, bytes.subarray(written));
      if (length === 0) break;
      written += length;
    }
    return written;
  };

  /** What is in a pipe, without waiting for more. */
  readonly readRest = (descriptor: number): Uint8Array => {
    const block = this.system.scratch("rest", SOCKET_PIECE);
    const pieces: Uint8Array[] = [];
    while (this.#isReady(descriptor, POLLIN)) {
      const length = this.system.c.read(descriptor, block.address, SOCKET_PIECE);
      if (length <= 0) break;
      pieces.push(block.bytes.slice(0, length));
    }
    return Buffer.concat(pieces);
  };

  #writePiece(descriptor: number, kind: FileKind, bytes: Uint8Array): number {
    const { c } = this.system;
    const piece = bytes.subarray(0, kind === "pipe" ? PIPE_PIECE : SOCKET_PIECE);
    if (kind === "pipe" && !this.#isReady(descriptor, POLLOUT)) return 0;
    const block = this.system.scratch("piece", SOCKET_PIECE);
    block.bytes.set(piece);
    const result = kind === "pipe"
      ? c.write(descriptor, block.address, piece.length)
      : c.send(descriptor, block.address, piece.length, MSG_DONTWAIT);
    if (result >= 0) return result;
    const errno = this.system.errno();
    if (errno === EAGAIN || errno === EINTR) return 0;
    throw systemError("write", errno);
  }

  #isReady(descriptor: number, events: number): boolean {
    const poll = this.system.scratch("pollfd", POLLFD_SIZE);
    poll.view.setInt32(0, descriptor, true);
    poll.view.setInt16(4, events, true);
    poll.view.setInt16(6, 0, true);
    return this.system.c.poll(poll.address, 1, 0) === 1;
  }
}

const INHERITABLE: readonly number[] = [DESCRIPTOR_TYPE.file, DESCRIPTOR_TYPE.socket, DESCRIPTOR_TYPE.pipe];

/** Whether we have a controlling terminal that is still there: /dev/tty can be opened (tty(4)). */
export function hasTerminal(): boolean {
  const { closeSync, constants, openSync } = nodeFs();
  try {
    closeSync(openSync("/dev/tty", constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}
