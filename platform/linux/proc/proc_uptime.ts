import type { UptimeReading } from "../../contract/host.ts";
import { cursor, nextDecimal } from "./bytes.ts";

/**
 * Parse `699.35 879.61` of /proc/uptime (proc_uptime(5)), which is `bytes[0, length)`: seconds since boot, and the idle
 * time of all CPUs together; null when the first is not there.
 */
export function parseUptime(bytes: Uint8Array, length: number): UptimeReading | null {
  const uptimeSeconds = nextDecimal(bytes, 0, length);
  const idle = nextDecimal(bytes, cursor.at, length);
  return uptimeSeconds >= 0 ? { uptimeSeconds, idleSeconds: Number.isNaN(idle) ? null : idle } : null;
}
