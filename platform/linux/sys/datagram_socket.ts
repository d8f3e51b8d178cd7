import { nodeFs, nodeOs, nodePath } from "../../../io/builtins.ts";
import type { Datagrams, DatagramsKind, DatagramsPlace } from "../../contract/datagrams.ts";
import { closeFile, pathAddress } from "../proc/kernel_file.ts";
import { AT_FDCWD } from "./at_fdcwd.ts";
import { describeErrno, EINTR, ENAMETOOLONG } from "./errno.ts";
import { systemCall } from "./machine_code.ts";
import { ForeignMemory } from "./memory.ts";
import { openFlags } from "./open_flags.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const SCM_CREDENTIALS = 2;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
const MEMINFO_SIZE = 9 * 4;
const DROPS = 8 * 4;
/** What may wait, in bytes: above net.core.rmem_max only CAP_NET_ADMIN gets. */
const BUFFER_BYTES = 2 * 2 ** 20;
/** As long as a datagram of UDP over IPv4 can be. */
const DATAGRAM_SIZE = 65_536;
/** Datagrams a call. */
const BATCH = 4;
/** struct mmsghdr: a msghdr of 56 bytes (name, namelen, iov, iovlen, control, controllen, flags), then the length. */
const HEADER_SIZE = 64;
const IOV = 16;
const IOV_LENGTH = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const DATAGRAM_LENGTH = 56;
const IOVEC_SIZE = 16;
/**
 * struct cmsghdr (length 8, level 4, type 4) and struct ucred (pid, uid, gid), with what aligns them. No room for more:
 * descriptors that come along (SCM_RIGHTS) are closed by the kernel, and none becomes ours.
 */
const CREDENTIALS_SIZE = 32;
const CREDENTIALS_LENGTH = 28;
const MESSAGE_LEVEL = 8;
const MESSAGE_TYPE = 12;
const MESSAGE_PID = 16;
/** struct sockaddr_in (ip(7)): family 2, port 2 (network byte order), address 4, padding 8. */
const INET_SIZE = 16;
/** struct sockaddr_un (unix(7)): family 2, path 108. */
const UNIX_SIZE = 110;
/** Who sends faster than it is read is left off after so long, so that nothing else waits. */
const LONGEST_DRAIN_MS = 5;

/** A socket for datagrams (udp(7), unix(7)) that is read in batches. */
export class DatagramSocket implements Datagrams {
  readonly #block = new ForeignMemory(BATCH * DATAGRAM_SIZE);
  readonly #headers = new ForeignMemory(BATCH * HEADER_SIZE);
  readonly #iovecs = new ForeignMemory(BATCH * IOVEC_SIZE);
  readonly #word = new ForeignMemory(128);
  /** Who has sent each of the batch; null where nobody asks. */
  #credentials: ForeignMemory | null = null;
  port: number | undefined;
  path: string | undefined;
  /** Leads to the file of the socket, which has no name any more. */
  #place = -1;
  /** What goes with it. */
  #name: string | undefined;
  #isClosed = false;
  /** Of the last batch: how many it had, and which is to be taken next. */
  #count = 0;
  #next = 0;

  private constructor(readonly descriptor: number) {
    for (let index = 0; index < BATCH; index++) {
      const header = index * HEADER_SIZE;
      this.#headers.setU64(header + IOV, this.#iovecs.address + index * IOVEC_SIZE);
      this.#headers.setU64(header + IOV_LENGTH, 1);
      this.#iovecs.setU64(index * IOVEC_SIZE, this.#block.address + index * DATAGRAM_SIZE);
      this.#iovecs.setU64(index * IOVEC_SIZE + 8, DATAGRAM_SIZE);
    }
  }

  /** Open one; a text says why none can be had, as when somebody else has its place. */
  static open(
    kind: DatagramsKind,
    { port = 0, path, tellsSender = false }: DatagramsPlace = {},
  ): DatagramSocket | string {
    const family = kind === "port" ? AF_INET : AF_UNIX;
    const descriptor = systemCall("socket", family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return describeErrno(-descriptor);
    const socket = new DatagramSocket(descriptor);
    socket.#makeRoom();
    if (tellsSender) socket.#askForSenders();
    const failure = kind === "port"
      ? socket.#bindPort(port)
      : path === undefined
      ? socket.#bindPrivately()
      : socket.#bindNamed(path);
    if (failure === null) return socket;
    socket.close();
    return failure;
  }

  drain(take: (bytes: Uint8Array | null, sender: number) => void): number {
    let taken = 0;
    const until = performance.now() + LONGEST_DRAIN_MS;
    // A long one may hold thousands of lines, so that time is looked at after each; the others stay for the next call.
    do {
      if (this.#next >= this.#count && !this.#receive()) return taken;
      const sender = this.#sender();
      take(this.#take(), sender);
      taken++;
      // A batch that was not full has emptied the socket.
      if (this.#next >= this.#count && this.#count < BATCH) return taken;
    } while (performance.now() < until);
    return taken;
  }

  /** Get the next batch; false where there is none. */
  #receive(): boolean {
    let count: number;
    // What the kernel has written there says how much it was, and would be taken for the room that there is.
    for (let index = 0; this.#credentials !== null && index < BATCH; index++) {
      this.#headers.setU64(index * HEADER_SIZE + CONTROL_LENGTH, CREDENTIALS_SIZE);
    }
    do {
      count = systemCall("recvmmsg", this.descriptor, this.#headers.address, BATCH, MSG_DONTWAIT, 0);
    } while (count === -EINTR);
    this.#count = Math.max(0, count);
    this.#next = 0;
    return count > 0;
  }

  /** Who has sent the next of the batch. The kernel asks him for no more than he is, unless he is root (unix(7)). */
  #sender(): number {
    const memory = this.#credentials;
    const header = this.#next * HEADER_SIZE;
    if (memory === null) return 0;
    if (this.#headers.view.getUint32(header + CONTROL_LENGTH, true) < CREDENTIALS_LENGTH) return 0;
    const at = this.#next * CREDENTIALS_SIZE;
    const isKnown = memory.view.getUint32(at + MESSAGE_LEVEL, true) === SOL_SOCKET &&
      memory.view.getUint32(at + MESSAGE_TYPE, true) === SCM_CREDENTIALS;
    return isKnown ? memory.view.getInt32(at + MESSAGE_PID, true) : 0;
  }

  /** The next of the batch; null where it was cut. */
  #take(): Uint8Array | null {
    const index = this.#next++;
    const header = index * HEADER_SIZE;
    if ((this.#headers.view.getUint32(header + FLAGS, true) & MSG_TRUNC) !== 0) return null;
    const length = this.#headers.view.getUint32(header + DATAGRAM_LENGTH, true);
    const at = index * DATAGRAM_SIZE;
    return this.#block.bytes.subarray(at, at + length);
  }

  /** Of struct sock's own accounts (SO_MEMINFO, include/uapi/linux/sock_diag.h). */
  lostCount(): number {
    const { view, address } = this.#word;
    view.setUint32(MEMINFO_SIZE, MEMINFO_SIZE, true);
    const lengthAddress = address + MEMINFO_SIZE;
    const failed = systemCall("getsockopt", this.descriptor, SOL_SOCKET, SO_MEMINFO, address, lengthAddress);
    return failed < 0 ? 0 : view.getUint32(DROPS, true);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeFile(this.descriptor);
    if (this.#place >= 0) closeFile(this.#place);
    if (this.#name !== undefined) nodeFs().rmSync(this.#name, { force: true });
    for (const memory of [this.#block, this.#headers, this.#iovecs, this.#word]) memory.free();
    this.#credentials?.free();
  }

  #askForSenders(): void {
    this.#credentials = new ForeignMemory(BATCH * CREDENTIALS_SIZE);
    for (let index = 0; index < BATCH; index++) {
      this.#headers.setU64(
        index * HEADER_SIZE + CONTROL,
        this.#credentials.address + index * CREDENTIALS_SIZE,
      );
    }
    this.#word.view.setUint32(0, 1, true);
    systemCall("setsockopt", this.descriptor, SOL_SOCKET, SO_PASSCRED, this.#word.address, 4);
  }

  #makeRoom(): void {
    const { view, address } = this.#word;
    view.setUint32(0, BUFFER_BYTES, true);
    if (systemCall("setsockopt", this.descriptor, SOL_SOCKET, SO_RCVBUFFORCE, address, 4) === 0) return;
    systemCall("setsockopt", this.descriptor, SOL_SOCKET, SO_RCVBUF, address, 4);
  }

  /** @param port 0: any that is free */
  #bindPort(port: number): string | null {
    const { view, bytes, address } = this.#word;
    bytes.fill(0);
    view.setUint16(0, AF_INET, true);
    view.setUint16(2, port, false);
    bytes.set([127, 0, 0, 1], 4);
    const failed = systemCall("bind", this.descriptor, address, INET_SIZE);
    if (failed < 0) return describeErrno(-failed);
    view.setUint32(INET_SIZE, INET_SIZE, true);
    const unnamed = systemCall("getsockname", this.descriptor, address, address + INET_SIZE);
    if (unnamed < 0) return describeErrno(-unnamed);
    this.port = view.getUint16(2, false);
    return null;
  }

  /**
   * The kernel finds a socket by the inode that a path leads to, and what we hold open as a path stays there without a
   * name: `/proc/PID/fd/N` leads to it for whoever may read that of us (proc(5)), and no file is left of us, whatever
   * we die of.
   */
  #bindPrivately(): string | null {
    try {
      // Mode 0700.
      const directory = nodeFs().mkdtempSync(nodePath().join(nodeOs().tmpdir(), "proctor-"));
      const file = nodePath().join(directory, "s");
      try {
        return this.#bindAt(file) ?? this.#holdPlace(file);
      } finally {
        nodeFs().rmSync(file, { force: true });
        nodeFs().rmdirSync(directory);
      }
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Its directory is ours alone: nobody can have put anything else there, or reach it before it has its mode. */
  #bindNamed(file: string): string | null {
    if (file.startsWith("@")) {
      const failed = this.#bindUnix(`\0${file.slice(1)}`, true);
      if (failed === null) this.path = file;
      return failed;
    }
    try {
      const failure = this.#bindAt(file);
      if (failure === null) this.path = this.#name = file;
      return failure;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** @throws the error of node:fs */
  #bindAt(file: string): string | null {
    const failure = this.#bindUnix(file, false);
    if (failure === null) nodeFs().chmodSync(file, 0o600);
    return failure;
  }

  /** @param isExact each byte of an abstract name counts, so that its length is told; a path ends at its NUL */
  #bindUnix(text: string, isExact: boolean): string | null {
    const { view, bytes, address } = this.#word;
    const name = new TextEncoder().encode(text);
    if (name.length >= UNIX_SIZE - 2) return describeErrno(ENAMETOOLONG);
    bytes.fill(0);
    view.setUint16(0, AF_UNIX, true);
    bytes.set(name, 2);
    const failed = systemCall("bind", this.descriptor, address, isExact ? 2 + name.length : UNIX_SIZE);
    return failed < 0 ? describeErrno(-failed) : null;
  }

  #holdPlace(file: string): string | null {
    const place = systemCall("openat", AT_FDCWD, pathAddress(file), openFlags("O_PATH", "O_CLOEXEC"), 0);
    if (place < 0) return describeErrno(-place);
    this.#place = place;
    this.path = `/proc/${process.pid}/fd/${place}`;
    return null;
  }
}
