import type { DatagramSender } from "../../contract/datagrams.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { describeErrno, EINTR, EMSGSIZE, ENAMETOOLONG, errnoName } from "./errno.ts";
import { systemCall } from "./machine_code.ts";
import { ForeignMemory } from "./memory.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** struct sockaddr_un (unix(7)): family 2, path 108 with its NUL. */
const NAME_SIZE = 110;
const MOST_BYTES = 65_536;
/** struct msghdr (sendmsg(2)): name 8, its length 4 and padding, iovec 8, how many 8, the rest zero: 56 bytes. */
const MESSAGE_SIZE = 56;
const IOVEC = MESSAGE_SIZE;
const IOVEC_LENGTH = MESSAGE_SIZE + 8;
const NAME = MESSAGE_SIZE + 16;

/** Sends to a Unix socket by its name each time (sendmsg(2)): who has begun to listen there meanwhile gets the next. */
export class UnixDatagramSender implements DatagramSender {
  readonly #block = new ForeignMemory(MOST_BYTES);
  readonly #message = new ForeignMemory(NAME + NAME_SIZE);
  #isClosed = false;

  private constructor(readonly descriptor: number, path: Uint8Array) {
    const { address, bytes, view } = this.#message;
    bytes.fill(0);
    this.#message.setU64(0, address + NAME);
    view.setUint32(8, NAME_SIZE, true);
    this.#message.setU64(16, address + IOVEC);
    this.#message.setU64(24, 1);
    this.#message.setU64(IOVEC, this.#block.address);
    view.setUint16(NAME, AF_UNIX, true);
    bytes.set(path, NAME + 2);
  }

  /** @returns a text where there is none */
  static open(path: string): UnixDatagramSender | string {
    const name = new TextEncoder().encode(path);
    if (name.length >= NAME_SIZE - 2) return describeErrno(ENAMETOOLONG);
    const descriptor = systemCall("socket", AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return descriptor < 0 ? describeErrno(-descriptor) : new UnixDatagramSender(descriptor, name);
  }

  send(bytes: Uint8Array): string | null {
    if (bytes.length > MOST_BYTES) return errnoName(EMSGSIZE);
    this.#block.bytes.set(bytes);
    this.#message.setU64(IOVEC_LENGTH, bytes.length);
    let sent: number;
    do {
      sent = systemCall("sendmsg", this.descriptor, this.#message.address, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent === -EINTR);
    return sent < 0 ? errnoName(-sent) : null;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeFile(this.descriptor);
    this.#block.free();
    this.#message.free();
  }
}
