/**
 * What the sockets of a tree have received and sent so far; NaN where nobody counts it. Payload is what programs read
 * and write; wire bytes have the headers of IP, TCP and UDP in addition, those of the link not.
 */
export interface Traffic {
  /** Payload through all interfaces but the loopback. */
  rxBytes: number;
  txBytes: number;
  rxWireBytes: number;
  txWireBytes: number;
  rxPackets: number;
  txPackets: number;
  /** Payload through the loopback. */
  loopbackRxBytes: number;
  loopbackTxBytes: number;
}

/**
 * Who counts the traffic of a tree: programs of eBPF at its cgroup see each packet; the kernel's accounts of TCP
 * sockets (sock_diag(7)) are a lower bound.
 */
export type TrafficSource = "cgroup_bpf" | "sock_diag";

/** The traffic of a tree, as far as it is counted. */
export interface TreeTraffic {
  /** As of the last look at the tree. */
  readonly counted: Traffic;
  /** null where nobody counts. */
  readonly source: TrafficSource | null;
  /** Why nobody counts, or nobody better; null where that was not asked for. */
  readonly obstacle: string | null;
}

/** A process whose traffic is counted. */
export interface CountedProcess {
  readonly pid: number;
  /** With the PID, its identity; see `ProcessIdentity`. */
  readonly birth: number;
}

/** Counts what the sockets of each process receive and send, the loopback's included: a lower bound. */
export interface ProcessTraffic {
  /**
   * Learn what has come about.
   * @param processes all there are
   * @param nowMs on a monotonic clock
   */
  look(processes: Iterable<CountedProcess>, nowMs: number): void;
  /** Payload received a second, between the last two looks; NaN where that is not ours to see. */
  rxBytesPerSecond(pid: number): number;
  /** The same, sent. */
  txBytesPerSecond(pid: number): number;
  /** Count no more. */
  close(): void;
}

/** Traffic that nobody has counted. */
export function unknownTraffic(): Traffic {
  return {
    rxBytes: NaN,
    txBytes: NaN,
    rxWireBytes: NaN,
    txWireBytes: NaN,
    rxPackets: NaN,
    txPackets: NaN,
    loopbackRxBytes: NaN,
    loopbackTxBytes: NaN,
  };
}

/** The traffic of a tree that was not asked for. */
export function uncountedTraffic(): TreeTraffic {
  return { counted: unknownTraffic(), source: null, obstacle: null };
}
