import { systemCall } from "./machine_code.ts";
import { EAGAIN, errnoName } from "./errno.ts";
import { descriptorKind } from "./file_mode.ts";
import { ForeignMemory } from "./memory.ts";
import { pollNow, POLLOUT } from "./poll.ts";

/** What a pipe that poll(2) finds writable takes without waiting: one page (pipe(7)). */
const PIPE_PIECE = 4_096;
const SOCKET_PIECE = 65_536;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

const buffer = new ForeignMemory(SOCKET_PIECE);
const kinds = new Map<number, ReturnType<typeof descriptorKind>>();

/**
 * Write to a pipe or socket what it takes without waiting; how many bytes, 0 when it would have to wait, null for
 * anything else.
 *
 * A descriptor could be made non-blocking, but that would hold for everybody who has it. A thread per write, as the
 * runtimes do it, costs ten times the write.
 * @throws an error with the `code` of the failed write
 */
export function writeAtOnce(descriptor: number, bytes: Uint8Array): number | null {
  let kind = kinds.get(descriptor);
  if (!kind) kinds.set(descriptor, kind = descriptorKind(descriptor));
  if (kind !== "pipe" && kind !== "socket") return null;
  const write = kind === "pipe" ? writePiece : sendPiece;
  let written = 0;
  while (written < bytes.length) {
    const length = write(descriptor, bytes.subarray(written));
    if (length === 0) break;
    written += length;
  }
  return written;
}

function writePiece(descriptor: number, bytes: Uint8Array): number {
  if (pollNow(descriptor, POLLOUT) === 0) return 0;
  // Anything but POLLOUT means that the reader is gone: the write says so.
  const piece = bytes.subarray(0, PIPE_PIECE);
  buffer.bytes.set(piece);
  return checked(systemCall("write", descriptor, buffer.address, piece.length));
}

function sendPiece(descriptor: number, bytes: Uint8Array): number {
  const piece = bytes.subarray(0, SOCKET_PIECE);
  buffer.bytes.set(piece);
  return checked(
    systemCall("sendto", descriptor, buffer.address, piece.length, MSG_DONTWAIT | MSG_NOSIGNAL, 0),
  );
}

function checked(result: number): number {
  if (result >= 0) return result;
  if (result === -EAGAIN) return 0;
  throw Object.assign(new Error("write"), { code: errnoName(-result) });
}
