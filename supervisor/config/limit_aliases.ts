import type { Fault } from "../../config/fault.ts";
import { isMapping } from "../../config/located.ts";
import type { Located, LocatedMap } from "../../config/located.ts";
import { change, edited, entryAt, put, refuse, rename } from "./canonical_map.ts";

const MEMORY_UNITS = [["max_rss", "B"], ["limit_mb", "M"]] as const;
const MAXIMA = [
  ["max_open_files", "file_descriptors"],
  ["max_file_descriptors", "file_descriptors"],
  ["max_processes", "processes"],
  ["max_child_processes", "processes"],
] as const;

const NO_LIMITS = {
  priority: "it is not a limit; leave it out, or write nice beside limits",
  monitoring: "the interval of monitoring_profile sets how often it is checked",
} as const;
const NONE_OF_A_LIMIT = {
  max_virtual: "memory that is only reserved costs nothing; write rlimits: { as: … } beside limits",
  max_time: "write rlimits: { cpu: SECONDS } beside limits, a limit of each process",
  check_interval: "the interval of monitoring_profile sets how often it is checked",
} as const;

/** `limits` of a process. */
export function canonicalLimits(limits: Located, faults: Fault[]): Located {
  return edited(limits, (map) => {
    refuse(map, NO_LIMITS, faults);
    for (const name of ["memory", "cpu", "process"]) rename(map, `${name}_limits`, name, faults);
    // Bare numbers are bytes, cores, and counts; a text is a size with its unit, or a percentage.
    bareText(map, "memory", "max", (size) => size);
    bareText(map, "cpu", "max_percent", (text) => {
      const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? [];
      return percent === undefined ? null : Number(percent);
    });
    bareLimit(map, "memory", "max", (bytes) => `${bytes}B`);
    bareLimit(map, "cpu", "max_percent", (cores) => cores * 100);
    for (const [key, name] of MAXIMA) {
      rename(map, key, name, faults);
      bareLimit(map, name, "max", (count) => count);
    }
    change(map, "memory", (memory) =>
      edited(memory, (inner) => {
        for (const [key, unit] of MEMORY_UNITS) {
          const isNumber = ({ value }: Located) => typeof value === "number";
          change(inner, key, (max) => isNumber(max) ? { ...max, value: `${max.value}${unit}` } : max);
          rename(inner, key, "max", faults);
        }
      }));
    for (const name of ["memory", "cpu", "process"]) {
      change(map, name, (limit) => edited(limit, (inner) => refuse(inner, NONE_OF_A_LIMIT, faults)));
    }
    // The fuller form has one `process` for what is counted; each is a limit of its own here.
    const counted = map.get("process");
    if (!counted || !isMapping(counted.value)) return;
    const rest = new Map(counted.value.value);
    const found = MAXIMA.flatMap(([key, name]) => {
      const value = rest.get(key);
      rest.delete(key);
      return value ? [{ name, value }] : [];
    });
    if (found.length > 0) map.delete("process");
    for (const { name, value } of found) {
      put(map, name, entryAt(counted.at, new Map([...rest, ["max", value]])), faults);
    }
  });
}

/** A number that stands for a mapping with one key. */
function bareLimit(map: LocatedMap, name: string, key: string, valueOf: (number: number) => string | number) {
  change(map, name, (limit) => {
    if (typeof limit.value !== "number") return limit;
    const { at, value } = limit;
    return { at, value: new Map([[key, entryAt(at, valueOf(value))]]) };
  });
}

/** A text that stands for a mapping with one key, where there is a value of it. */
function bareText(
  map: LocatedMap,
  name: string,
  key: string,
  valueOf: (text: string) => string | number | null,
) {
  change(map, name, (limit) => {
    const { at, value } = limit;
    const made = typeof value === "string" ? valueOf(value) : null;
    return made === null ? limit : { at, value: new Map([[key, entryAt(at, made)]]) };
  });
}
