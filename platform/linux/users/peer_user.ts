import { systemCall } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** struct ucred (unix(7)): pid, uid and gid, four bytes each. */
const UCRED_SIZE = 12;
const UID = 4;

const memory = new ForeignMemory(16);
/** Behind the struct: its size, which getsockopt reads and writes. */
const LENGTH = UCRED_SIZE;

/**
 * The user who has connected to a Unix socket, as the kernel noted at that moment (SO_PEERCRED, unix(7)); null when the
 * descriptor is no such connection.
 */
export function peerUser(descriptor: number): number | null {
  memory.view.setUint32(LENGTH, UCRED_SIZE, true);
  const failed = systemCall(
    "getsockopt",
    descriptor,
    SOL_SOCKET,
    SO_PEERCRED,
    memory.address,
    memory.address + LENGTH,
  );
  if (failed < 0 || memory.view.getUint32(LENGTH, true) !== UCRED_SIZE) return null;
  const uid = memory.view.getUint32(UID, true);
  return uid === NOBODY_AT_ALL ? null : uid;
}

/** Of a socket that is not a connection: (uid_t) -1. */
const NOBODY_AT_ALL = 0xffff_ffff;
