import { lookupLibrary } from "../sys/lookup_libraries.ts";
import { Memory } from "../sys/memory.ts";

const AF_INET = 2;
const AF_INET6 = 23;
/** TCP_TABLE_OWNER_PID_LISTENER and UDP_TABLE_OWNER_PID. */
const TCP_LISTENERS = 3;
const UDP_SOCKETS = 1;
const ERROR_INSUFFICIENT_BUFFER = 122;
const FIRST_BYTES = 16_384;

/** Rows behind a count, by offset: MIB_TCPROW_OWNER_PID and its kin (tcpmib.h, udpmib.h). */
export const ROWS = {
  tcp4: { size: 24, port: 8, pid: 20 },
  tcp6: { size: 56, port: 20, pid: 52 },
  udp4: { size: 12, port: 4, pid: 8 },
  udp6: { size: 28, port: 20, pid: 24 },
} as const;
/** Where the first of them stands. */
export const ROWS_AT = 4;

type Table = keyof typeof ROWS;

/** A port that somebody listens at (TCP), or is bound to (UDP). */
export interface PortOwner {
  readonly port: number;
  readonly pid: number;
}

/** Who has which local port; a table that cannot be had tells nothing. */
export function portOwners(): PortOwner[] {
  const { GetExtendedTcpTable: tcp, GetExtendedUdpTable: udp } = lookupLibrary();
  return [
    ...ownersIn("tcp4", (at, size) => tcp(at, size, 0, AF_INET, TCP_LISTENERS, 0)),
    ...ownersIn("tcp6", (at, size) => tcp(at, size, 0, AF_INET6, TCP_LISTENERS, 0)),
    ...ownersIn("udp4", (at, size) => udp(at, size, 0, AF_INET, UDP_SOCKETS, 0)),
    ...ownersIn("udp6", (at, size) => udp(at, size, 0, AF_INET6, UDP_SOCKETS, 0)),
  ];
}

function ownersIn(table: Table, ask: (address: number, size: number) => number): PortOwner[] {
  const size = new Memory(8);
  size.view.setUint32(0, FIRST_BYTES, true);
  try {
    for (;;) {
      // It may have grown since it was asked how long it is.
      const room = new Memory(size.view.getUint32(0, true));
      const status = ask(room.address, size.address);
      const owners = status === 0 ? parseOwners(table, room.bytes) : [];
      const isShort = status === ERROR_INSUFFICIENT_BUFFER && size.view.getUint32(0, true) > room.size;
      room.free();
      if (!isShort) return owners;
    }
  } finally {
    size.free();
  }
}

/** The owners in a table. */
function parseOwners(table: Table, bytes: Uint8Array): PortOwner[] {
  const row = ROWS[table];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.min(view.getUint32(0, true), Math.floor((bytes.length - ROWS_AT) / row.size));
  return Array.from({ length: count }, (_, index) => {
    const at = ROWS_AT + index * row.size;
    // The port stands in the order of the network.
    return { port: view.getUint16(at + row.port), pid: view.getUint32(at + row.pid, true) };
  });
}
