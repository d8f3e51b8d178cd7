import type { UptimeReading } from "../host_types.ts";

/**
 * Parse `699.35 879.61` of /proc/uptime (proc_uptime(5)): seconds since boot, and the idle time of all CPUs
 * together; null when the first is not there.
 */
export function parseUptime(text: string): UptimeReading | null {
  const [uptime, idle] = text.trim().split(/\s+/).map(decimal);
  return uptime === undefined || uptime === null
    ? null
    : { uptimeSeconds: uptime, idleSeconds: idle ?? null };
}

function decimal(word: string): number | null {
  return /^\d+(\.\d+)?$/.test(word) ? Number(word) : null;
}
