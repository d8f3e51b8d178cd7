import type { PressureReading, ResourcePressure, Stall } from "../../contract/host.ts";
import { readText } from "./kernel_file.ts";

/**
 * The pressure of the machine, or of a cgroup; null where none is kept (PSI built out, off at boot, or off for the
 * cgroup by `cgroup.pressure`: reading gives EOPNOTSUPP then).
 * @param fileOf where that of a resource stands
 */
export function readPressure(fileOf: (resource: string) => string): PressureReading | null {
  const [cpu, memory, io] = ["cpu", "memory", "io"].map((resource) =>
    parsePressure(readText(fileOf(resource)) ?? "")
  );
  return cpu || memory || io ? { cpu, memory, io } : null;
}

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
