import { unknownTraffic } from "../../contract/traffic.ts";
import type { TrafficSource, TreeTraffic } from "../../contract/traffic.ts";
import { CgroupTraffic } from "../bpf/cgroup_traffic.ts";
import { foreignProc } from "../proc/own_proc.ts";
import { SocketTraffic } from "./socket_traffic.ts";

/** A cgroup that holds a tree. */
export interface TrafficCgroup {
  /** Its directory in the hierarchy of version 2. */
  readonly directory: string;
  /** An open descriptor of that. */
  readonly descriptor: number;
}

/** Counts a tree's traffic as well as can be had: by packets at its cgroup, else by the accounts of its sockets. */
export class LinuxTreeTraffic implements TreeTraffic {
  readonly counted = unknownTraffic();
  readonly source: TrafficSource | null;
  readonly obstacle: string | null;
  readonly #packets: CgroupTraffic | null = null;
  readonly #sockets: SocketTraffic | null = null;

  /**
   * Begin to count.
   * @param cgroup the tree's, or why it has none
   * @param isRunning whether the tree was there before
   */
  constructor(readonly cgroup: TrafficCgroup | string, isRunning: boolean) {
    const packets = typeof cgroup === "string"
      ? { reason: `packets are counted by cgroup, and the tree has none: ${cgroup}` }
      : CgroupTraffic.open(cgroup.descriptor);
    if (!("reason" in packets)) {
      this.#packets = packets;
      this.source = "cgroup_bpf";
      this.obstacle = null;
      packets.read(this.counted);
      return;
    }
    const sockets = this.#openSockets(isRunning);
    if (typeof sockets === "string") {
      this.source = null;
      this.obstacle = `${packets.reason}; ${sockets}`;
      return;
    }
    this.#sockets = sockets;
    this.source = "sock_diag";
    this.obstacle = packets.reason;
  }

  /** Without a cgroup, sockets are found by their owners' descriptors. */
  #openSockets(isRunning: boolean): SocketTraffic | string {
    const foreign = typeof this.cgroup === "string" ? foreignProc() : null;
    return foreign ?? SocketTraffic.open(this.counted, isRunning);
  }

  /** Renew it, as far as that costs next to nothing; whether there was any since the last time. */
  refresh(): boolean {
    if (!this.#packets) return false;
    const before = this.#sum();
    this.#packets.read(this.counted);
    return this.#sum() !== before;
  }

  /** Renew it where that needs the members. */
  look(pids: Iterable<number>, isThorough: boolean): void {
    this.#sockets?.look(pids, typeof this.cgroup === "string" ? null : this.cgroup.directory, isThorough);
  }

  /** Count no more. */
  close(): void {
    this.#packets?.close();
    this.#sockets?.close();
  }

  #sum(): number {
    const { rxWireBytes, txWireBytes, loopbackRxBytes, loopbackTxBytes } = this.counted;
    return rxWireBytes + txWireBytes + loopbackRxBytes + loopbackTxBytes;
  }
}
