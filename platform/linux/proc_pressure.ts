import type { ResourcePressure, Stall } from "../host_types.ts";

/**
 * Parse /proc/pressure/RESOURCE (Documentation/accounting/psi.rst): `some avg10=5.77 avg60=19.11 avg300=12.47
 * total=71385567` and the same for `full`, which old kernels leave out for the CPU. Averages are percent, the total
 * is microseconds. null when neither is there.
 */
export function parsePressure(text: string): ResourcePressure | null {
  const some = stall(text, "some");
  const full = stall(text, "full");
  return some || full ? { some, full } : null;
}

function stall(text: string, kind: string): Stall | null {
  const line = new RegExp(`^${kind} avg10=([\\d.]+) avg60=([\\d.]+) avg300=([\\d.]+) total=(\\d+)`, "m");
  const match = line.exec(text);
  if (!match) return null;
  const [avg10, avg60, avg300, total] = match.slice(1).map(Number);
  return { avg10, avg60, avg300, totalSeconds: total / 1e6 };
}
