import { isMapping, member } from "./located.ts";
import type { Located, LocatedMap } from "./located.ts";
import type { Fault } from "./fault.ts";

/*
 * Other ways to write the same: the fuller form of seed 002 and what grew around it. Everything is brought into the one
 * canonical form here, at the edge; places stay.
 */

/** Bring a whole file into canonical form. */
export function canonicalFile(root: Located, faults: Fault[]): Located {
  const map = copy(root);
  if (!map) return root;
  rename(map, "workers", "managed_processes", faults);
  rename(map, "master", "process_manager", faults);
  listOf(map, "include");
  change(
    map,
    "managed_processes",
    (list) =>
      Array.isArray(list.value)
        ? { ...list, value: list.value.map((entry) => canonicalProcess(entry, faults)) }
        : list,
  );
  return { ...root, value: map };
}

/** Bring one entry of `managed_processes` into canonical form. */
export function canonicalProcess(entry: Located, faults: Fault[]): Located {
  const map = copy(entry);
  if (!map) return entry;
  change(
    map,
    "type",
    (type) => oneOf(type, { managed: "standard_managed", integrated: "integrated_managed" }),
  );
  rename(map, "unit", "management", faults);
  rename(map, "monitoringProfile", "monitoring_profile", faults);
  change(map, "depends_on", canonicalDependencies);
  const type = member({ ...entry, value: map }, "type")?.value;
  let discardsControl = false;
  change(map, "management", (management) => {
    const inner = copy(management);
    if (!inner) return management;
    // The fuller form puts everything below the name of the type once more.
    for (const name of ["standard_managed", "integrated_managed", "unmanaged", "managed", "integrated"]) {
      const nested = inner.get(name);
      if (!nested || !isMapping(nested.value)) continue;
      inner.delete(name);
      for (const [key, value] of nested.value.value) put(inner, key, value, faults);
    }
    const metadata = inner.get("metadata");
    if (metadata) {
      inner.delete("metadata");
      put(map, "metadata", metadata, faults);
    }
    rename(inner, "health_check_run_options", "health_check", faults);
    // Whoever leaves the type out of a check of an integrated service means its gRPC health.
    change(inner, "health_check", (check) => canonicalCheck(check, faults));
    change(inner, "readiness_check", (check) => canonicalCheck(check, faults));
    change(inner, "control", (control) => canonicalControl(control, faults));
    change(inner, "discovery", (discovery) => {
      const fields = copy(discovery);
      if (!fields) return discovery;
      rename(fields, "pid_file_path", "pid_file", faults);
      rename(fields, "name", "process_name", faults);
      change(fields, "method", (method) => oneOf(method, { "pid-file": "pid_file", name: "process_name" }));
      return { ...discovery, value: fields };
    });
    // The full form lets an unmanaged process have a grace, which nobody can use.
    const control = inner.get("control");
    if (type === "unmanaged" && control && isMapping(control.value)) {
      discardsControl = [...control.value.value.keys()].every((key) => key === "graceful_timeout");
      if (discardsControl) inner.delete("control");
    }
    return { ...management, value: inner };
  });
  return { ...entry, value: map };
}

function canonicalControl(control: Located, faults: Fault[]): Located {
  const map = copy(control);
  if (!map) return control;
  hoist(map, "execution", faults);
  rename(map, "executable_path", "executable", faults);
  rename(map, "args", "arguments", faults);
  rename(map, "wait_delay", "start_timeout", faults);
  rename(map, "startup_timeout", "start_timeout", faults);
  listOf(map, "env_file");
  change(map, "environment", canonicalEnvironment);
  const processFile = map.get("process_file");
  // Where PID files lie is one decision for all of them.
  if (processFile && isMapping(processFile.value)) {
    faults.push({
      at: processFile.at,
      key: "process_file",
      message: "there is one place for all PID files: write process_manager.base_directory",
    });
    map.delete("process_file");
  }
  canonicalRestart(map, faults);
  change(map, "limits", (limits) => canonicalLimits(limits, faults));
  change(map, "log_collection", (logs) => {
    const inner = copy(logs);
    if (!inner) return logs;
    return { ...logs, value: inner };
  });
  return { ...control, value: map };
}

const HYPHENATED = { "on-failure": "on_failure", "unless-stopped": "unless_stopped", no: "never" };

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
      const at = policy.at;
      const nested: LocatedMap = new Map([["default", { at, value: { at, value: rule } }]]);
      put(map, "context_aware_restart", { at, value: { at, value: nested } }, faults);
    }
  }
  change(map, "restart_policy", (value) => oneOf(value, HYPHENATED));
  change(map, "context_aware_restart", (restart) => {
    const inner = copy(restart);
    if (!inner) return restart;
    // Written without `default`, the parameters are the default.
    const loose = ["max_retries", "retry_delay", "backoff_rate", "max_delay", "jitter"].filter((key) =>
      inner.has(key)
    );
    if (loose.length === 0) return restart;
    const base = copy(inner.get("default")?.value ?? { at: restart.at, value: new Map() }) ?? new Map();
    for (const key of loose) {
      put(base, key, inner.get(key)!, faults);
      inner.delete(key);
    }
    inner.set("default", { at: restart.at, value: { at: restart.at, value: base } });
    return { ...restart, value: inner };
  });
}

function canonicalLimits(limits: Located, faults: Fault[]): Located {
  const map = copy(limits);
  if (!map) return limits;
  change(map, "memory", (memory) => {
    const inner = copy(memory);
    if (!inner) return memory;
    const inUnit = (key: string, unit: string) =>
      change(
        inner,
        key,
        (value) => typeof value.value === "number" ? { ...value, value: `${value.value}${unit}` } : value,
      );
    inUnit("max_rss", "B");
    inUnit("limit_mb", "M");
    rename(inner, "max_rss", "max", faults);
    rename(inner, "limit_mb", "max", faults);
    return { ...memory, value: inner };
  });
  // The fuller form has one `process` for what is counted; each is a limit of its own here.
  const counted = map.get("process");
  if (counted && isMapping(counted.value)) {
    map.delete("process");
    const rest = new Map(counted.value.value);
    const maxima = [["max_file_descriptors", "file_descriptors"], ["max_processes", "processes"], [
      "max_child_processes",
      "processes",
    ]] as const;
    const found = maxima.flatMap(([key, name]) => {
      const value = rest.get(key);
      rest.delete(key);
      return value ? [{ name, value }] : [];
    });
    if (found.length === 0) map.set("process", counted);
    for (const { name, value } of found) {
      const { at } = counted;
      put(map, name, { at, value: { at, value: new Map([...rest, ["max", value]]) } }, faults);
    }
  }
  return { ...limits, value: map };
}

function canonicalCheck(check: Located, faults: Fault[]): Located {
  const map = copy(check);
  if (!map) return check;
  hoist(map, "run_options", faults);
  rename(map, "retries", "failure_threshold", faults);
  const endpoint = map.get("http_endpoint");
  if (endpoint) {
    map.delete("http_endpoint");
    put(
      map,
      "http",
      { at: endpoint.at, value: { at: endpoint.at, value: new Map([["url", endpoint]]) } },
      faults,
    );
  }
  if (!map.has("type")) {
    const kind = ["http", "tcp", "exec", "grpc"].find((key) => map.has(key));
    if (kind) map.set("type", { at: check.at, value: { at: check.at, value: kind } });
  }
  return { ...check, value: map };
}

function canonicalDependencies(list: Located): Located {
  if (!Array.isArray(list.value)) {
    const map = copy(list);
    if (!map) return list;
    // A bare condition, and none at all, are short for an object.
    for (const [id, entry] of map) {
      if (entry.value.value === null) map.set(id, { ...entry, value: { at: entry.at, value: new Map() } });
      else if (typeof entry.value.value === "string") {
        map.set(id, { ...entry, value: { at: entry.at, value: new Map([["condition", entry]]) } });
      }
    }
    return { ...list, value: map };
  }
  const map: LocatedMap = new Map();
  for (const item of list.value) {
    if (typeof item.value !== "string") return list;
    map.set(item.value, { at: item.at, value: { at: item.at, value: new Map() } });
  }
  return { ...list, value: map };
}

function canonicalEnvironment(environment: Located): Located {
  const text = (located: Located): Located =>
    typeof located.value === "number" || typeof located.value === "boolean"
      ? { ...located, value: String(located.value) }
      : located;
  if (!Array.isArray(environment.value)) {
    const map = copy(environment);
    if (!map) return environment;
    for (const [name, entry] of map) map.set(name, { ...entry, value: text(entry.value) });
    return { ...environment, value: map };
  }
  const map: LocatedMap = new Map();
  for (const item of environment.value) {
    const { at, value, written } = item;
    const [name, ...rest] = typeof value === "string" ? value.split("=") : [];
    if (name === undefined || rest.length === 0) return environment;
    const shown = written?.slice(written.indexOf("=") + 1);
    map.set(name, { at, value: { at, value: rest.join("="), written: shown } });
  }
  return { ...environment, value: map };
}

function copy(located: Located): LocatedMap | null {
  return isMapping(located) ? new Map(located.value) : null;
}

function change(map: LocatedMap, key: string, to: (value: Located) => Located): void {
  const entry = map.get(key);
  if (entry) map.set(key, { ...entry, value: to(entry.value) });
}

function oneOf(located: Located, words: Readonly<Record<string, string>>): Located {
  const { value } = located;
  return typeof value === "string" && Object.hasOwn(words, value)
    ? { ...located, value: words[value] }
    : located;
}

/** A single word where a list may stand. */
function listOf(map: LocatedMap, key: string): void {
  change(map, key, (value) => typeof value.value === "string" ? { at: value.at, value: [value] } : value);
}

/** Give a key the name it has in canonical form; both at once is a fault. */
function rename(map: LocatedMap, from: string, to: string, faults: Fault[]): void {
  const entry = map.get(from);
  if (!entry) return;
  map.delete(from);
  put(map, to, entry, faults, from);
}

/** Lift the keys of a nested mapping one up. */
function hoist(map: LocatedMap, key: string, faults: Fault[]): void {
  const entry = map.get(key);
  if (!entry || !isMapping(entry.value)) return;
  map.delete(key);
  for (const [name, value] of entry.value.value) put(map, name, value, faults);
}

function put(
  map: LocatedMap,
  key: string,
  entry: { readonly at: Located["at"]; readonly value: Located },
  faults: Fault[],
  written = key,
): void {
  if (!map.has(key)) return void map.set(key, entry);
  const message = written === key
    ? "it stands here twice; leave one out"
    : `it means the same as "${key}", which is there, too; leave one out`;
  faults.push({ at: entry.at, key: written, message });
}
