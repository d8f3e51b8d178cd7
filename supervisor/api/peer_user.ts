import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import process from "node:process";

/*
 * The kernel's table of TCP connections, /proc/net/tcp and tcp6 (proc_pid_net(5)): one line per socket,
 *   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid …
 * addresses as hexadecimal words in the machine's order, a colon, and the port.
 */

/** The user a client on this machine is run by; null when the kernel does not say. */
export function peerUser(
  socket: Pick<Socket, "remoteAddress" | "remotePort" | "localAddress" | "localPort">,
): number | null {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (!remoteAddress || !localAddress) return null;
  // Theirs is the line in which we are the other end.
  for (const [file, table] of [["tcp", 4], ["tcp6", 6]] as const) {
    const from = `${hexOf(remoteAddress, table)}:${portOf(remotePort)}`;
    const to = `${hexOf(localAddress, table)}:${portOf(localPort)}`;
    for (const line of readTable(file)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1] === from && fields[2] === to) return Number(fields[7]);
    }
  }
  return null;
}

/** Whether a client is run by our own user, or by root. */
export function isOwnUser(socket: Socket): boolean {
  const user = peerUser(socket);
  return user !== null && (user === 0 || user === process.getuid?.());
}

function readTable(file: string): string[] {
  try {
    return readFileSync(`/proc/net/${file}`, "latin1").split("\n").slice(1);
  } catch {
    return [];
  }
}

function portOf(port: number | undefined): string {
  return (port ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

/** An address of the loopback as the table has it; empty for any other. */
function hexOf(address: string, table: 4 | 6): string {
  if (address === "::1") return table === 6 ? "00000000000000000000000001000000" : "";
  const match = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address);
  if (!match) return "";
  const word = match.slice(1).toReversed().map((byte) => Number(byte).toString(16).padStart(2, "0")).join("");
  return `${table === 6 ? "0000000000000000FFFF0000" : ""}${word.toUpperCase()}`;
}
