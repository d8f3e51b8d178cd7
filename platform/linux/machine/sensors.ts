import { join } from "../../../core/posix_path.ts";
import type { TemperatureReading } from "../../contract/host.ts";
import { readText } from "../proc/kernel_file.ts";
import { listDirectory } from "../sys/directory.ts";

/**
 * All temperatures of /sys/class/hwmon (Documentation/hwmon/sysfs-interface.rst), and those zones of
 * /sys/class/thermal (Documentation/driver-api/thermal/sysfs-api.rst) that no chip of the same name shows as well; both
 * in thousandths of a degree. A machine without sensors, as most virtual ones, has none; null when there is no
 * /sys/class at all.
 */
export function readTemperatures(sys: string): TemperatureReading[] | null {
  if (listDirectory(join(sys, "class")).length === 0) return null;
  const chips = namesIn(join(sys, "class/hwmon")).flatMap((name) => readChip(join(sys, "class/hwmon", name)));
  const shown = new Set(chips.map(({ chip }) => chip));
  const zones = namesIn(join(sys, "class/thermal")).filter((name) => name.startsWith("thermal_zone"))
    .map((name) => readZone(join(sys, "class/thermal", name), name));
  return [...chips, ...zones.filter(({ chip }) => !shown.has(chip))];
}

function namesIn(directory: string): string[] {
  return listDirectory(directory).map(({ name }) => name).sort(byNumber);
}

/** `temp2` before `temp10`. */
function byNumber(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}

function readChip(directory: string): TemperatureReading[] {
  const chip = word(join(directory, "name")) ?? directory.slice(directory.lastIndexOf("/") + 1);
  const inputs = namesIn(directory).flatMap((name) => /^(temp\d+)_input$/.exec(name)?.[1] ?? []);
  return inputs.map((sensor) => ({
    chip,
    label: word(join(directory, `${sensor}_label`)) ?? sensor,
    // A sensor that sleeps or is not connected gives an error.
    celsius: degrees(join(directory, `${sensor}_input`)),
    highCelsius: degrees(join(directory, `${sensor}_max`)),
    criticalCelsius: degrees(join(directory, `${sensor}_crit`)),
  }));
}

function readZone(directory: string, name: string): TemperatureReading {
  return {
    chip: word(join(directory, "type")) ?? name,
    label: name,
    celsius: degrees(join(directory, "temp")),
    highCelsius: null,
    criticalCelsius: null,
  };
}

function word(path: string): string | undefined {
  return readText(path)?.trim() || undefined;
}

function degrees(path: string): number | null {
  const text = word(path);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) / 1_000 : null;
}
