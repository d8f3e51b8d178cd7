import { isMapping, member, textOf } from "../../config/located.ts";
import type { Located, LocatedMap } from "../../config/located.ts";
import type { Fault } from "../../config/fault.ts";
import { nearest } from "../../core/nearest.ts";
import { change, entryAt, put, rename } from "./canonical_map.ts";
import { baseOf } from "./instances.ts";
import { controlSchema, processSchema } from "./process_schema.ts";
import { meantByForeign } from "./foreign_names.ts";
import { checkOf, stopRequestOf } from "./short_check.ts";
import { SHORT_NAMES, shortKeys } from "./short_schema.ts";

/*
 * The short form of `managed_processes`: a mapping from ids to processes, whose keys of every level stand beside each
 * other. Each entry is brought into the nested form before anything else looks at it.
 */

const ENTRY_KEYS = new Set(Object.keys(processSchema.shape));
const CONTROL_KEYS = new Set(Object.keys(controlSchema.shape));
const CHECKS = ["health_check", "readiness_check"] as const;

/** One entry of `processes`, in the nested form. @param id the entry's key, and where it stands */
export function nestedForm(
  id: { at: Located["at"]; text: string },
  entry: Located,
  faults: Fault[],
): Located {
  const { at } = entry;
  const top: LocatedMap = new Map([["id", entryAt(id.at, id.text)]]);
  const management: LocatedMap = new Map();
  const control: LocatedMap = new Map();
  for (const [key, value] of keysOf(entry, faults)) {
    if (key.startsWith("x-")) continue;
    if (key === "id") {
      faults.push({ at: value.at, key, message: "its name is its id; leave it out" });
    } else if (key === "type" && ["simple", "forking"].includes(String(value.value.value))) {
      control.set(key, value);
    } else if (key === "management" && isMapping(value.value)) {
      for (const [inner, one] of value.value.value) put(management, inner, one, faults);
    } else if (ENTRY_KEYS.has(key)) top.set(key, value);
    else if (CONTROL_KEYS.has(key)) put(control, key, value, faults);
    else if (shortKeys().includes(key)) put(management, key, value, faults);
    else {
      const meant = meantByForeign(key) ?? nearest(key, shortKeys());
      const right = meant ? `did you mean "${meant}"?` : "docs/supervisor.md has all keys";
      faults.push({ at: value.at, key, message: `there is no such key; ${right}` });
    }
  }
  const given = management.get("control")?.value;
  const isStarted = top.get("type")?.value.value !== "unmanaged";
  // Where there is nothing of it, the command is what is missing.
  if ((control.size > 0 || isStarted) && (!given || isMapping(given))) {
    for (const [key, value] of given?.value ?? []) put(control, key, value, faults);
    management.set("control", { at, value: { at, value: control } });
  }
  top.set("management", { at, value: { at, value: management } });
  return { at, value: top };
}

/** The entries of a file in canonical form, of either form, and the key of each. */
export function processesIn(file: Located): { key: string; entry: Located }[] {
  const list = member(file, "managed_processes")?.value;
  const short = member(file, "processes");
  // The instances of one stand at one place.
  const places = new Set<Located["at"]>();
  return [
    ...(Array.isArray(list) ? list : []).map((entry) => {
      places.add(entry.at);
      return { key: `managed_processes.${places.size - 1}`, entry };
    }),
    ...(isMapping(short) ? [...short.value] : []).map(([id, { value }]) => ({
      key: `processes.${baseOf(id)}`,
      entry: value,
    })),
  ];
}

/** A key as it was written in the short form: without the levels that it has not. */
export function shortKey(key: string): string {
  return key.replace(
    /^(processes\..+?)\.management(?:\.control(?:\.executable$)?)?(?=\.|$)/,
    (found, entry) => found.endsWith(".executable") ? `${entry}.command` : entry,
  );
}

/** The keys of an entry under their own names; a bare command is one of them. */
function keysOf(entry: Located, faults: Fault[]): LocatedMap {
  if (entry.value === null) {
    faults.push({
      at: entry.at,
      key: "",
      message: 'it is empty; write its command, such as "./server --port 80"',
    });
    return new Map([["command", { at: entry.at, value: { at: entry.at, value: "x" } }]]);
  }
  if (!isMapping(entry)) return new Map([["command", { at: entry.at, value: entry }]]);
  const map: LocatedMap = new Map(entry.value);
  for (const [short, name] of Object.entries(SHORT_NAMES)) rename(map, short, name, faults);
  for (const name of CHECKS) change(map, name, (check) => checkOf(check, name, faults));
  const stop = map.get("stop_request");
  if (stop && /^SIG[A-Z0-9+]+$/.test(textOf(stop.value) ?? "")) {
    map.delete("stop_request");
    put(map, "stop_signal", stop, faults, "stop");
  }
  change(map, "stop_request", (request) => stopRequestOf(request, faults));
  return map;
}
