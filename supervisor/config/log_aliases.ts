import type { Fault } from "../../config/fault.ts";
import { isMapping } from "../../config/located.ts";
import type { Located } from "../../config/located.ts";
import { TARGET_TYPES } from "../logs/config.ts";
import { change, edited, entryAt, refuse, rename } from "./canonical_map.ts";

const NO_PART_OF_LOGS = {
  buffering: "lines are written as they come, and none is held back; leave it out",
  processing: "lines are kept as they were written; leave it out, and choose among them as they are read",
  system: "directory says where logs are; leave the rest out",
} as const;

/** `log_collection` of a process, and the default for all. */
export function canonicalProcessLogs(logs: Located, faults: Fault[]): Located {
  return edited(logs, (map) => {
    refuse(map, NO_PART_OF_LOGS, faults);
    change(map, "outputs", (outputs) =>
      edited(outputs, (to) => {
        change(to, "combined", canonicalTargets);
        change(to, "separate", (separate) =>
          edited(separate, (streams) => {
            for (const stream of ["stdout", "stderr"]) change(streams, stream, canonicalTargets);
          }));
      }));
  });
}

/** Where lines go to: a target stands for a list of it, and a word for a target: its type, or the path of a file. */
function canonicalTargets(targets: Located): Located {
  const { at, value } = targets;
  if (Array.isArray(value)) return { ...targets, value: value.map(canonicalTarget) };
  return isMapping(targets) || typeof value === "string"
    ? { at, value: [canonicalTarget(targets)] }
    : targets;
}

function canonicalTarget(target: Located): Located {
  const { at, value } = target;
  if (typeof value !== "string") return target;
  if (TARGET_TYPES.some((type) => type === value)) {
    return { at, value: new Map([["type", { at, value: target }]]) };
  }
  // A word alone may be a type that is misspelt.
  if (!/[/.]/.test(value)) return target;
  return { at, value: new Map([["type", entryAt(at, "file")], ["path", { at, value: target }]]) };
}

/** `log_collection` of the file. */
export function canonicalLogs(logs: Located, faults: Fault[]): Located {
  return edited(logs, (map) => {
    refuse(map, NO_PART_OF_LOGS, faults);
    rename(map, "default_worker", "default", faults);
    change(map, "default", (one) => canonicalProcessLogs(one, faults));
    change(
      map,
      "enhancement",
      (enhancement) =>
        edited(
          enhancement,
          (inner) =>
            change(inner, "metadata", (metadata) =>
              edited(metadata, (fields) =>
                rename(fields, "add_master_id", "add_process_manager_id", faults))),
        ),
    );
  });
}
