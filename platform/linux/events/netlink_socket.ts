import { systemCall } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { EINTR } from "../sys/errno.ts";
import { closeFile } from "../proc/kernel_file.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
/** struct sockaddr_nl (netlink(7)): family 2, padding 2, port 4, groups 4. */
const ADDRESS_SIZE = 12;
const ADDRESS_PORT = 4;
/** SK_MEMINFO_RCVBUF and SK_MEMINFO_DROPS of the nine words of SO_MEMINFO. */
const RCVBUF = 4;
const DROPS = 8 * 4;
const MEMINFO_SIZE = 9 * 4;
/** Datagrams a call. */
const BATCH = 64;
/** struct mmsghdr: a msghdr of 56 bytes (name, namelen, iov, iovlen), then how long the datagram was. */
const HEADER_SIZE = 64;
const NAME_LENGTH = 8;
const IOV = 16;
const IOV_LENGTH = 24;
const DATAGRAM_LENGTH = 56;
const IOVEC_SIZE = 16;
const ENOBUFS = 105;

/** A netlink socket (netlink(7)) that is read in batches. It ends with this process. */
export class NetlinkSocket {
  readonly #block: ForeignMemory;
  readonly #headers = new ForeignMemory(BATCH * HEADER_SIZE);
  readonly #iovecs = new ForeignMemory(BATCH * IOVEC_SIZE);
  readonly #names = new ForeignMemory(BATCH * (ADDRESS_SIZE + 4));
  readonly #word = new ForeignMemory(64);

  private constructor(readonly descriptor: number, readonly datagramSize: number) {
    this.#block = new ForeignMemory(BATCH * datagramSize);
    for (let index = 0; index < BATCH; index++) {
      const header = index * HEADER_SIZE;
      this.#headers.setU64(header, this.#names.address + index * (ADDRESS_SIZE + 4));
      this.#headers.setU64(header + IOV, this.#iovecs.address + index * IOVEC_SIZE);
      this.#headers.setU64(header + IOV_LENGTH, 1);
      this.#iovecs.setU64(index * IOVEC_SIZE, this.#block.address + index * datagramSize);
      this.#iovecs.setU64(index * IOVEC_SIZE + 8, datagramSize);
    }
  }

  /**
   * Open a socket of a protocol and bind it to groups (0: none); -errno when it cannot be had.
   * @param datagramSize the longest datagram, in bytes; what is longer is cut off
   * @param bufferBytes memory for datagrams that wait, as far as our rights go
   */
  static open(
    protocol: number,
    groups: number,
    datagramSize: number,
    bufferBytes: number,
  ): NetlinkSocket | number {
    const descriptor = systemCall(
      "socket",
      AF_NETLINK,
      SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
      protocol,
    );
    if (descriptor < 0) return descriptor;
    const socket = new NetlinkSocket(descriptor, datagramSize);
    socket.#makeRoom(bufferBytes);
    const { view, bytes, address } = socket.#word;
    bytes.fill(0);
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(ADDRESS_PORT + 4, groups, true);
    const bound = systemCall("bind", descriptor, address, ADDRESS_SIZE);
    if (bound === 0) return socket;
    socket.close();
    return bound;
  }

  /** Above net.core.rmem_max only CAP_NET_ADMIN gets; memory is used only while datagrams wait. */
  #makeRoom(bufferBytes: number): void {
    const { view, address } = this.#word;
    view.setUint32(0, bufferBytes, true);
    if (systemCall("setsockopt", this.descriptor, SOL_SOCKET, SO_RCVBUFFORCE, address, 4) === 0) return;
    systemCall("setsockopt", this.descriptor, SOL_SOCKET, SO_RCVBUF, address, 4);
  }

  /** Send one message to the kernel; 0, or -errno. */
  send(message: Uint8Array): number {
    const memory = new ForeignMemory(message.length);
    memory.bytes.set(message);
    const sent = systemCall("write", this.descriptor, memory.address, message.length);
    memory.free();
    return Math.min(0, sent);
  }

  /**
   * Hand over every datagram of the kernel's that waits, as `view[at, at + length)`, valid during the call only. What
   * another process has sent is passed over.
   */
  drain(take: (view: DataView, at: number, length: number) => void): void {
    for (;;) {
      this.#expectNames();
      const count = systemCall("recvmmsg", this.descriptor, this.#headers.address, BATCH, MSG_DONTWAIT, 0);
      // Datagrams were lost: told once, and counted elsewhere.
      if (count === -ENOBUFS || count === -EINTR) continue;
      if (count <= 0) return;
      for (let index = 0; index < count; index++) {
        const sender = this.#names.view.getUint32(index * (ADDRESS_SIZE + 4) + ADDRESS_PORT, true);
        const length = this.#headers.view.getUint32(index * HEADER_SIZE + DATAGRAM_LENGTH, true);
        if (sender === 0) take(this.#block.view, index * this.datagramSize, length);
      }
      if (count < BATCH) return;
    }
  }

  /** The kernel writes how long the name was where it was told how long it may be. */
  #expectNames(): void {
    for (let index = 0; index < BATCH; index++) {
      this.#headers.view.setUint32(index * HEADER_SIZE + NAME_LENGTH, ADDRESS_SIZE, true);
    }
  }

  /** Datagrams that were lost so far for want of room. */
  dropCount(): number {
    return this.#memoryInfo(DROPS);
  }

  /** How much may wait, in bytes of the kernel's memory; as good as twice what was asked for. */
  bufferBytes(): number {
    return this.#memoryInfo(RCVBUF);
  }

  /** Of struct sock's own accounts (SO_MEMINFO, include/uapi/linux/sock_diag.h); 0 where it cannot be told. */
  #memoryInfo(offset: number): number {
    const { view, address } = this.#word;
    view.setUint32(MEMINFO_SIZE, MEMINFO_SIZE, true);
    const failed = systemCall(
      "getsockopt",
      this.descriptor,
      SOL_SOCKET,
      SO_MEMINFO,
      address,
      address + MEMINFO_SIZE,
    );
    return failed < 0 ? 0 : view.getUint32(offset, true);
  }

  /** Close it. */
  close(): void {
    closeFile(this.descriptor);
    for (const memory of [this.#block, this.#headers, this.#iovecs, this.#names, this.#word]) memory.free();
  }
}
