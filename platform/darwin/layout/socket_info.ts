import { i32 } from "./words.ts";

/*
 * What proc_pidfdinfo tells of a socket (struct socket_fdinfo in bsd/sys/proc_info.h of XNU), the same on arm64 and
 * x86-64.
 */

/** The flavor, and the size of what it fills in. */
export const SOCKET = { number: 3, size: 792 } as const;

/** soi_kind: which member of the union at the end is filled in. */
const KIND = { internet: 1, tcp: 2 } as const;
const UDP = 17;
/** tcpsi_state. */
const LISTENS = 1;

const OFFSETS = { protocol: 180, kind: 256, localPort: 268, tcpState: 344 } as const;

/** The port at which a socket listens (TCP), or that it is bound to (UDP); undefined of any other. */
export function parseOwnPort(view: DataView): number | undefined {
  const kind = i32(view, OFFSETS.kind);
  const isOwn = kind === KIND.tcp
    ? i32(view, OFFSETS.tcpState) === LISTENS
    : kind === KIND.internet && i32(view, OFFSETS.protocol) === UDP;
  // Two bytes in the order of the network, at the beginning of an int.
  return isOwn ? view.getUint16(OFFSETS.localPort) || undefined : undefined;
}
