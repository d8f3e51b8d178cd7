import type { NetworkStats } from "../core/schema/host_schema.ts";
import type { InterfaceReading } from "../platform/mod.ts";
import { uint64 } from "./percent.ts";

/**
 * The answer of RPCGetNetworkStats. The totals are those of all interfaces, with or without the loopback; what passes
 * through several of them (a bridge and its ports) is in each.
 */
export function networkStats(interfaces: readonly InterfaceReading[], withLoopback: boolean): NetworkStats {
  let rx = 0;
  let tx = 0;
  const network = Object.fromEntries(interfaces.map((reading) => {
    if (withLoopback || !reading.isLoopback) {
      rx += reading.rxBytes;
      tx += reading.txBytes;
    }
    return [reading.name, {
      rx_bytes: uint64(reading.rxBytes),
      tx_bytes: uint64(reading.txBytes),
      rx_packets: uint64(reading.rxPackets),
      tx_packets: uint64(reading.txPackets),
      rx_errors: uint64(reading.rxErrors),
      tx_errors: uint64(reading.txErrors),
    }];
  }));
  return { network, total_rx: uint64(rx), total_tx: uint64(tx) };
}
