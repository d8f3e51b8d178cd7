import type { Fault } from "../../config/fault.ts";
import type { Located } from "../../config/located.ts";
import { change, edited, refuse, rename } from "./canonical_map.ts";

const NO_PART_OF_LOGS = {
  buffering: "lines are written as they come, and none is held back; leave it out",
  processing: "lines are kept as they were written; leave it out, and choose among them as they are read",
  system: "directory says where logs are; leave the rest out",
} as const;

/** `log_collection` of a process, and the default for all. */
export function canonicalProcessLogs(logs: Located, faults: Fault[]): Located {
  return edited(logs, (map) => refuse(map, NO_PART_OF_LOGS, faults));
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
