import { isMapping, textOf } from "../../config/located.ts";
import type { Located, LocatedMap } from "../../config/located.ts";
import type { Fault } from "../../config/fault.ts";
import { canonicalCommand } from "./command_line.ts";
import { baseOf } from "./instances.ts";
import { canonicalLimits } from "./limit_aliases.ts";
import { canonicalLogs, canonicalProcessLogs } from "./log_aliases.ts";
import { nestedForm } from "./short_form.ts";
import { change, edited, entryAt, hoist, listOf, oneOf, put, rename } from "./canonical_map.ts";

/*
 * Other ways to write the same: the longer form of the file and what grew around it (docs/supervisor.md). Everything
 * is brought into the one canonical form here, at the edge; places stay.
 */

/** Bring a whole file into canonical form. */
export function canonicalFile(root: Located, faults: Fault[]): Located {
  return edited(root, (map) => {
    rename(map, "workers", "managed_processes", faults);
    rename(map, "master", "process_manager", faults);
    listOf(map, "include");
    change(map, "log_collection", (logs) => canonicalLogs(logs, faults));
    change(map, "process_manager", canonicalManager);
    change(map, "processes", (processes) =>
      edited(processes, (entries) => {
        for (const [text, entry] of entries) {
          if (text.startsWith("x-")) entries.delete(text);
          else {
            const found: Fault[] = [];
            const nested = nestedForm({ at: entry.at, text }, entry.value, found);
            entries.set(text, { at: entry.at, value: canonicalProcess(nested, found) });
            const keyOf = (key: string) =>
              ["processes", baseOf(text), key].filter((word) => word !== "").join(".");
            for (const fault of found) faults.push({ ...fault, key: keyOf(fault.key) });
          }
        }
      }));
    change(map, "managed_processes", (list) => {
      if (!Array.isArray(list.value)) return list;
      return { ...list, value: list.value.map((entry) => canonicalProcess(entry, faults)) };
    });
  });
}

function canonicalManager(manager: Located): Located {
  return edited(manager, (map) => {
    // One destination stands for a list of it.
    change(map, "notify", (one) => isMapping(one) ? { at: one.at, value: [one] } : one);
    change(map, "notify", (list) => {
      if (!Array.isArray(list.value)) return list;
      return { ...list, value: list.value.map(canonicalDestination) };
    });
  });
}

/** Where a list may stand, so may one word. */
function canonicalDestination(destination: Located): Located {
  return edited(destination, (map) => {
    for (const key of ["kinds", "states", "processes"]) listOf(map, key);
    change(map, "email", (email) => edited(email, (fields) => listOf(fields, "to")));
  });
}

const TYPES = { managed: "standard_managed", integrated: "integrated_managed" };
const METHODS = { "pid-file": "pid_file", name: "process_name" };

/** Bring one entry of `managed_processes` into canonical form. */
export function canonicalProcess(entry: Located, faults: Fault[]): Located {
  return edited(entry, (map) => {
    change(map, "type", (type) => oneOf(type, TYPES));
    rename(map, "unit", "management", faults);
    rename(map, "monitoringProfile", "monitoring_profile", faults);
    for (const name of ["depends_on", "restart_with", "groups"]) listOf(map, name);
    change(map, "depends_on", canonicalDependencies);
    dependOnBonds(map);
    change(map, "management", (management) => canonicalManagement(management, map, faults));
  });
}

/** @param process the entry that it is of */
function canonicalManagement(management: Located, process: LocatedMap, faults: Fault[]): Located {
  return edited(management, (map) => {
    // The fuller form puts everything below the name of the type once more.
    for (const name of ["standard_managed", "integrated_managed", "unmanaged", "managed", "integrated"]) {
      hoist(map, name, faults);
    }
    const metadata = map.get("metadata");
    if (metadata) {
      map.delete("metadata");
      put(process, "metadata", metadata, faults);
    }
    rename(map, "health_check_run_options", "health_check", faults);
    change(map, "health_check", (check) => canonicalCheck(check, faults));
    change(map, "readiness_check", (check) => canonicalCheck(check, faults));
    change(map, "control", (control) => canonicalControl(control, faults));
    change(map, "discovery", (discovery) =>
      edited(discovery, (fields) => {
        rename(fields, "pid_file_path", "pid_file", faults);
        rename(fields, "name", "process_name", faults);
        change(fields, "method", (method) => oneOf(method, METHODS));
      }));
    // The full form lets an unmanaged process have a grace, which has no effect.
    const control = map.get("control")?.value;
    if (process.get("type")?.value.value !== "unmanaged" || !control || !isMapping(control)) return;
    if ([...control.value.keys()].every((key) => key === "graceful_timeout")) map.delete("control");
  });
}

function canonicalControl(control: Located, faults: Fault[]): Located {
  return edited(control, (map) => {
    hoist(map, "execution", faults);
    canonicalCommand(map, faults);
    rename(map, "executable_path", "executable", faults);
    rename(map, "args", "arguments", faults);
    rename(map, "wait_delay", "start_timeout", faults);
    rename(map, "startup_timeout", "start_timeout", faults);
    rename(map, "restart", "restart_policy", faults);
    listOf(map, "env_file");
    change(map, "stop_signal", wholeSignal);
    const limits = map.get("rlimits");
    if (limits && isMapping(limits.value) && limits.value.value.has("nofile")) {
      // It has a key of its own.
      put(map, "file_descriptor_limit", limits.value.value.get("nofile")!, faults, "rlimits.nofile");
      map.set("rlimits", { ...limits, value: edited(limits.value, (names) => names.delete("nofile")) });
    }
    change(map, "watch", canonicalWatch);
    change(map, "environment", (environment) => canonicalEnvironment(environment, faults));
    const processFile = map.get("process_file");
    // Where PID files lie is one decision for all of them.
    if (processFile && isMapping(processFile.value)) {
      const message = "there is one place for all PID files: write process_manager.base_directory";
      faults.push({ at: processFile.at, key: "process_file", message });
      map.delete("process_file");
    }
    canonicalRestart(map, faults);
    change(map, "limits", (limits) => canonicalLimits(limits, faults));
    change(map, "log_collection", (logs) => canonicalProcessLogs(logs, faults));
  });
}

/** Names of signals may do without their SIG, as for kill(1). */
function wholeSignal(signal: Located): Located {
  const { value } = signal;
  return typeof value === "string" && /^(?!SIG)[A-Z]/.test(value)
    ? { ...signal, value: `SIG${value}` }
    : signal;
}

/** A path, or a list of paths, is short for an object. */
function canonicalWatch(watch: Located): Located {
  const { at } = watch;
  if (isMapping(watch)) {
    return edited(watch, (map) => {
      listOf(map, "paths");
      listOf(map, "ignore");
    });
  }
  const paths = textOf(watch) === null ? watch : { at, value: [watch] };
  return { at, value: new Map([["paths", { at, value: paths }]]) };
}

const HYPHENATED = { "on-failure": "on_failure", "unless-stopped": "unless_stopped", no: "never" };
const RETRY_KEYS = ["max_retries", "retry_delay", "backoff_rate", "max_delay", "jitter"];

function canonicalRestart(map: LocatedMap, faults: Fault[]): void {
  const policy = map.get("restart_policy");
  if (policy && isMapping(policy.value)) {
    const rule = new Map(policy.value.value);
    map.delete("restart_policy");
    rename(rule, "max_attempts", "max_retries", faults);
    rename(rule, "restart_delay", "retry_delay", faults);
    rename(rule, "backoff_multiplier", "backoff_rate", faults);
    const strategy = rule.get("strategy") ?? rule.get("policy");
    rule.delete("strategy");
    rule.delete("policy");
    if (strategy) map.set("restart_policy", strategy);
    if (rule.size > 0) {
      const { at } = policy;
      put(map, "context_aware_restart", entryAt(at, new Map([["default", entryAt(at, rule)]])), faults);
    }
  }
  change(map, "restart_policy", (value) => oneOf(value, HYPHENATED));
  change(map, "context_aware_restart", (restart) =>
    edited(restart, (inner) => {
      // Written without `default`, the parameters are the default.
      const loose = RETRY_KEYS.filter((key) => inner.has(key));
      if (loose.length === 0) return;
      const given = inner.get("default")?.value;
      const base: LocatedMap = new Map(given && isMapping(given) ? given.value : []);
      for (const key of loose) {
        put(base, key, inner.get(key)!, faults);
        inner.delete(key);
      }
      inner.set("default", entryAt(restart.at, base));
    }));
}

function canonicalCheck(check: Located, faults: Fault[]): Located {
  return edited(check, (map) => {
    hoist(map, "run_options", faults);
    rename(map, "retries", "failure_threshold", faults);
    change(map, "tcp", (tcp) => edited(tcp, (fields) => rename(fields, "address", "host", faults)));
    const endpoint = map.get("http_endpoint");
    if (endpoint) {
      map.delete("http_endpoint");
      put(map, "http", entryAt(endpoint.at, new Map([["url", endpoint]])), faults);
    }
    // A check without a type is of the type whose part it has.
    const kind = ["http", "tcp", "exec", "grpc", "file", "log"].find((key) => map.has(key));
    if (kind && !map.has("type")) map.set("type", entryAt(check.at, kind));
  });
}

function canonicalDependencies(list: Located): Located {
  if (!Array.isArray(list.value)) {
    return edited(list, (map) => {
      // A bare condition, and none at all, are short for an object.
      for (const [id, entry] of map) {
        const { value } = entry.value;
        if (value !== null && typeof value !== "string") continue;
        const fields: LocatedMap = new Map(value === null ? [] : [["condition", entry]]);
        map.set(id, { ...entry, value: { at: entry.at, value: fields } });
      }
    });
  }
  const map: LocatedMap = new Map();
  for (const item of list.value) {
    const id = textOf(item);
    if (id === null) return list;
    map.set(id, entryAt(item.at, new Map()));
  }
  return { ...list, value: map };
}

/** What a process restarts with it depends on, too: in what way it may say itself. */
function dependOnBonds(map: LocatedMap): void {
  const bonds = map.get("restart_with");
  const written = map.get("depends_on");
  if (!bonds || !Array.isArray(bonds.value.value) || (written && !isMapping(written.value))) return;
  const all: LocatedMap = new Map(written && isMapping(written.value) ? written.value.value : []);
  for (const item of bonds.value.value) {
    const id = textOf(item);
    if (id !== null && !all.has(id)) all.set(id, entryAt(item.at, new Map()));
  }
  map.set("depends_on", {
    at: written?.at ?? bonds.at,
    value: { at: written?.value.at ?? bonds.at, value: all },
  });
}

/** Variables are text, whatever else they look like. */
function canonicalEnvironment(environment: Located, faults: Fault[]): Located {
  const map: LocatedMap = new Map();
  const fault = ({ at }: Located, name: string, message: string) =>
    faults.push({ at, key: name === "" ? "environment" : `environment.${name}`, message });
  if (isMapping(environment)) {
    for (const [name, { at, value }] of environment.value) {
      if (value.value === null) {
        fault({ ...value, at }, name, 'it has no value; write "" for the empty one, or leave the name out');
      } else map.set(name, { at, value: { ...value, value: textOf(value) ?? value.value } });
    }
    return { ...environment, value: map };
  }
  if (!Array.isArray(environment.value)) return environment;
  for (const item of environment.value) {
    const { at, written } = item;
    const text = textOf(item);
    const equals = text?.indexOf("=") ?? -1;
    if (equals < 0) fault(item, "", 'there is no "=" in it; write NAME=value');
    else {
      const shown = written?.slice(written.indexOf("=") + 1);
      map.set(text!.slice(0, equals), { at, value: { at, value: text!.slice(equals + 1), written: shown } });
    }
  }
  return { ...environment, value: map };
}
