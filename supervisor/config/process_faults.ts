import type { LimitSupport } from "../limits/limit_support.ts";
import { check, placeOf } from "../../config/check.ts";
import { parseDuration } from "../../core/duration.ts";
import { nearest } from "../../core/nearest.ts";
import type { Fault } from "../../config/fault.ts";
import { isMapping, member, plainData, textOf } from "../../config/located.ts";
import type { Located } from "../../config/located.ts";
import { signalNames } from "../../platform/mod.ts";
import { PROBE_TYPES } from "./health_schema.ts";
import { processSchema } from "./process_schema.ts";
import type { ProcessConfig } from "./process_schema.ts";

/** What is sent is looked for every few milliseconds. */
const SHORTEST_WATCHDOG_MS = 100;

// deno-lint-ignore no-explicit-any
type Raw = any;

/**
 * Check one entry of `managed_processes`: its form, and what its keys mean together.
 * @param prefix the key of the entry
 * @param support what the kernel enforces here; undefined: not known
 */
export function checkProcess(
  located: Located,
  prefix: string,
  support: LimitSupport | undefined,
  faults: Fault[],
): ProcessConfig | null {
  const before = faults.length;
  const config = check(processSchema, located, prefix, faults);
  // Of what has the wrong form already, too: all faults in one run.
  const seen = new Set(faults.slice(before).map(({ key }) => key));
  for (const { path, message } of combinationFaults(plainData(located), support)) {
    const key = [prefix, ...path].filter((word) => word !== "").join(".");
    if (!seen.has(key)) faults.push({ at: placeOf(located, path), key, message });
  }
  return faults.length > before ? null : config;
}

interface PlainFault {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is wrong with an entry whose form may be wrong as well. */
function combinationFaults(entry: Raw, support: LimitSupport | undefined): PlainFault[] {
  const faults: PlainFault[] = [];
  const add = (path: string, message: string) => faults.push({ path: path.split("."), message });
  const management = entry?.management ?? {};
  const { control, health_check, readiness_check, discovery }: Raw = management;
  appFaults(entry, add);
  if (isObject(entry?.management)) {
    if (entry.type === "unmanaged") {
      if (!discovery) add("management.discovery", "is missing: how is an unmanaged process found?");
      if (entry.instances !== undefined) {
        add("instances", "is for processes that are started; this one is unmanaged");
      }
      if (entry.restart_with !== undefined) {
        add("restart_with", "is for processes that are started; this one is unmanaged");
      }
      if (control) add("management.control", "is for processes that are started; this one is unmanaged");
      if (readiness_check) {
        add("management.readiness_check", "is for processes that are started; this is unmanaged");
      }
    } else {
      if (discovery) add("management.discovery", "is for unmanaged processes; this one is started");
      if (!control) add("management.control", "is missing: what is to be started?");
      else if (isObject(control) && control.executable === undefined) {
        add("management.control.executable", "is missing: the program to start");
      }
    }
  }
  for (const [key, one] of Object.entries({ health_check, readiness_check })) {
    partFaults(one, PROBE_TYPES, `management.${key}`, "a check", add);
    identityFault(one?.exec, `management.${key}.exec`, add);
  }
  if (health_check?.type === "log") {
    add(
      "management.health_check.type",
      '"log" is for a readiness_check: a line says nothing about what comes later',
    );
  }
  if (health_check?.type === "notify") {
    add(
      "management.health_check.type",
      '"notify" is for a readiness_check; control.watchdog asks a process for signs of life',
    );
  }
  if (readiness_check?.type === "log" && control?.log_collection?.enabled === false) {
    add("management.readiness_check.type", '"log" needs the lines that are collected; enable log_collection');
  }
  if (!isObject(control)) return faults;
  partFaults(
    control.stop_request,
    ["http", "exec", "grpc"],
    "management.control.stop_request",
    "a request",
    add,
  );
  limitFaults(control.limits, support, add);
  if (control.type === "forking" && control.pid_file === undefined) {
    add("management.control.pid_file", 'is missing: type "forking" needs the file that names the service');
  } else if (control.type !== "forking" && control.pid_file !== undefined) {
    add("management.control.pid_file", 'is for type "forking"; write type: forking, or leave it out');
  }
  if (control.schedule !== undefined && ["always", "unless_stopped"].includes(control.restart_policy)) {
    add(
      "management.control.restart_policy",
      `"${control.restart_policy}" starts it again at once, against its schedule; write on_failure or never`,
    );
  }
  if (control.schedule !== undefined && control.watch !== undefined) {
    add("management.control.watch", "is for what runs all the time; this one is started by its schedule");
  }
  if (control.timezone !== undefined && control.schedule === undefined) {
    add("management.control.timezone", "is for a schedule, and there is none");
  }
  if (durationOf(control.watchdog) < SHORTEST_WATCHDOG_MS) {
    add(
      "management.control.watchdog",
      `is shorter than ${SHORTEST_WATCHDOG_MS} ms; write a longer one, such as 10s`,
    );
  }
  identityFault(control, "management.control", add);
  identityFault(control.stop_request?.exec, "management.control.stop_request.exec", add);
  const signal: unknown = control.stop_signal;
  if (typeof signal === "string" && !signalNames().includes(signal)) {
    const meant = nearest(signal, signalNames().map((name) => name.toLowerCase()));
    const right = meant ? `did you mean "${meant.toUpperCase()}"?` : 'write one such as "SIGTERM"';
    add("management.control.stop_signal", `"${signal}" is not a signal; ${right}`);
  }
  return faults;
}

/** What is not a duration is told by its form. */
function durationOf(value: unknown): number {
  try {
    return typeof value === "string" ? parseDuration(value, "watchdog") : Infinity;
  } catch {
    return Infinity;
  }
}

/** A program can be asked for its metrics, or told where to send them to if we start it. */
function appFaults(entry: Raw, add: (path: string, message: string) => void): void {
  const isStarted = entry?.type !== "unmanaged";
  const ways = isStarted ? ["scrape", "app_statsd", "app_otlp"] : ["scrape"];
  if (entry?.app_metrics !== undefined && !ways.some((way) => entry[way])) {
    add(
      "app_metrics",
      `nothing uses it; add ${isStarted ? "app_statsd: true, app_otlp: true or scrape" : "scrape"}`,
    );
  }
  for (const key of ["app_statsd", "app_otlp"]) {
    if (!isStarted && entry[key]) {
      add(key, "is for processes that are started; this one is unmanaged: scrape asks it");
    }
  }
}

function identityFault(one: Raw, path: string, add: (path: string, message: string) => void): void {
  if (one?.group === undefined || one.user !== undefined) return;
  add(`${path}.user`, "is missing: a group needs a user");
}

/** Something with a `type` has the part of that name, and no other. */
function partFaults(
  one: Raw,
  types: readonly string[],
  path: string,
  what: string,
  add: (path: string, message: string) => void,
): void {
  if (!isObject(one) || !types.includes(one.type)) return;
  if (!["process", "notify"].includes(one.type) && one[one.type] === undefined) {
    add(`${path}.${one.type}`, `is missing: ${what} of type "${one.type}" needs it`);
  }
  for (const other of types) {
    if (other === one.type || one[other] === undefined) continue;
    add(`${path}.${other}`, `is for ${what} of type "${other}", and this one is of type "${one.type}"`);
  }
}

function limitFaults(
  limits: Raw,
  support: LimitSupport | undefined,
  add: (path: string, message: string) => void,
): void {
  for (const kind of ["memory", "cpu", "file_descriptors", "processes"] as const) {
    if (limits?.[kind]?.policy !== "throttle") continue;
    const path = `management.control.limits.${kind}.policy`;
    const obstacle = support?.get(kind);
    if (kind === "memory" || kind === "file_descriptors") {
      add(path, '"throttle" is for cpu and processes; write restart, alert or another one');
    } else if (obstacle !== undefined) add(path, `"throttle" cannot be done here: ${obstacle}`);
  }
}

function isObject(value: unknown): value is Record<string, Raw> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What an entry says about its id and its dependencies, whatever else is wrong with it. */
export function looselyRead(located: Located): { id: string | null; dependencies: string[] } {
  const id = member(located, "id");
  const dependsOn = member(located, "depends_on");
  const dependencies = isMapping(dependsOn) ? [...dependsOn.value].map(([key]) => key) : [];
  return { id: id ? textOf(id) : null, dependencies };
}
