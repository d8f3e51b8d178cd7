/** TCP_LISTEN of include/net/tcp_states.h. */
const LISTENING = "0A";
/** TCP_CLOSE, which is what an unconnected UDP socket is in. */
const UNCONNECTED = "07";

/** A socket that others can reach at a local port. */
export interface Listener {
  readonly port: number;
  readonly inode: number;
}

/**
 * The sockets in `/proc/net/tcp`, `tcp6`, `udp` or `udp6` (proc_pid_net(5)) that listen, or are bound without a peer:
 *
 *     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *      0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 …
 */
export function parseListeners(text: string, protocol: "tcp" | "udp"): Listener[] {
  const wanted = protocol === "tcp" ? LISTENING : UNCONNECTED;
  const listeners: Listener[] = [];
  for (const line of text.split("\n")) {
    const fields = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) (.*)$/.exec(line);
    if (!fields || fields[2] !== wanted) continue;
    // Behind the state: queues, timer, retransmissions, user, timeout, inode.
    const inode = Number(fields[3].trim().split(/\s+/)[5]);
    if (Number.isSafeInteger(inode) && inode > 0) listeners.push({ port: parseInt(fields[1], 16), inode });
  }
  return listeners;
}
