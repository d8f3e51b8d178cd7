import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";
import { EXPORT_FILES, EXPORT_OPTIONS, switchOf } from "../../exporters/export_options.ts";
import { dependencyCircles } from "../dependencies.ts";
import { toDefinition } from "../definition.ts";
import type { Definition } from "../definition.ts";
import type { LimitSupport } from "../limit_support.ts";
import { canonicalFile, canonicalProcess } from "./aliases.ts";
import { check, placeOf } from "./check.ts";
import { withCaFiles } from "./check_files.ts";
import { ConfigError, whyUnread } from "./fault.ts";
import type { Fault } from "./fault.ts";
import { isMapping, locate, locateData, member, plainData } from "./located.ts";
import type { Located } from "./located.ts";
import { checkProcess, looselyRead } from "./process_faults.ts";
import type { ProcessConfig } from "./process_schema.ts";
import { configSchema } from "./schema.ts";
import type { ManagerConfig, SupervisorConfig } from "./schema.ts";
import { withoutSecrets } from "./secrets.ts";
import { substitute } from "./substitute.ts";
import type { Variables } from "./substitute.ts";

/** A configuration in force. */
export interface LoadedConfig {
  readonly manager: SupervisorConfig["process_manager"];
  readonly logCollection: SupervisorConfig["log_collection"] | null;
  /** Settings of the exporters as they were written, their files seen from the file's directory. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** In the order of the files. */
  readonly definitions: readonly Definition[];
  /** The file that was named, and those it includes. */
  readonly files: readonly string[];
}

/** Everything in a file but its processes, which are checked one by one. */
const frameSchema = configSchema.extend({ managed_processes: z.array(z.unknown()).default([]) });
/** Files that include files that include files … */
const DEEPEST_INCLUDE = 8;

/** What a configuration is checked against besides itself. */
export interface LoadOptions {
  /** Default: the environment. */
  readonly variables?: Variables;
  /** What the kernel enforces here; undefined: limits are not checked against the machine. */
  readonly support?: LimitSupport;
  /** Processes that come from elsewhere. */
  readonly others?: readonly Definition[];
}

/** One entry of `managed_processes`, and where it stands. */
interface Entry {
  readonly id: string | null;
  readonly dependencies: readonly string[];
  /** null: it is faulty. */
  readonly config: ProcessConfig | null;
  readonly located: Located;
  readonly key: string;
  readonly directory: string;
}

/** A configuration that says nothing. */
export function emptyConfig(): LoadedConfig {
  const { process_manager, log_collection } = configSchema.parse({});
  return {
    manager: process_manager,
    logCollection: log_collection ?? null,
    exports: {},
    definitions: [],
    files: [],
  };
}

/**
 * Read and check a configuration with all that it includes.
 * @throws ConfigError with all its faults
 */
export function loadConfig(path: string, options: LoadOptions = {}): LoadedConfig {
  return new Loader(options).load(path);
}

/**
 * Check one entry of `managed_processes` that did not come from a file.
 * @param directory relative paths are seen from here
 * @param others what is there besides
 * @throws ConfigError
 */
export function loadEntry(
  data: unknown,
  directory: string,
  others: readonly Definition[],
  { variables = process.env, support }: LoadOptions = {},
): Definition {
  const faults: Fault[] = [];
  const at = { file: "definition", line: 0, column: 0 };
  const located = canonicalProcess(substitute(locateData(data, at), variables, faults), faults);
  const config = checkProcess(located, "", support, faults);
  const { id, dependencies } = looselyRead(located);
  const entry: Entry = { id, dependencies, config, located, key: "", directory };
  const definition = config && complete(entry, faults);
  const rest = others.filter((other) => other.id !== id);
  checkDependencies([entry], rest, definition ? [definition] : [], faults);
  if (!definition || faults.length > 0) throw new ConfigError(faults);
  return definition;
}

class Loader {
  readonly faults: Fault[] = [];
  readonly files: string[] = [];
  readonly entries: Entry[] = [];
  exports: Record<string, unknown> = {};

  readonly variables: Variables;

  constructor(readonly options: LoadOptions) {
    this.variables = options.variables ?? process.env;
  }

  load(path: string): LoadedConfig {
    const main = this.#read(path, path, []);
    const definitions = this.#definitions();
    if (this.faults.length > 0) throw new ConfigError(this.faults.sort(byPlace));
    return {
      manager: withWholePaths(main!.process_manager, dirname(path)),
      logCollection: main!.log_collection ?? null,
      exports: this.exports,
      definitions,
      files: this.files,
    };
  }

  /** @param named how the file is called in messages; @param via the files that led here */
  #read(named: string, path: string, via: readonly string[]): z.output<typeof frameSchema> | null {
    const text = this.#text(named, path);
    if (text === null) return null;
    this.files.push(resolve(path));
    const raw = locate(text, named, this.faults);
    const start = { file: named, line: 1, column: 1 };
    if (raw === null) {
      if (this.faults.length === 0) {
        this.faults.push({ at: start, key: "", message: "the file is empty; it needs managed_processes" });
      }
      return null;
    }
    if (!isMapping(raw)) {
      this.faults.push({
        at: raw.at,
        key: "",
        message: "it is no mapping; it begins with managed_processes:",
      });
      return null;
    }
    const located = canonicalFile(substitute(raw, this.variables, this.faults), this.faults);
    const frame = check(frameSchema, located, "", this.faults);
    if (via.length > 0) this.#demandProcessesOnly(located);
    else this.exports = exportsOf(member(located, "process_manager"), dirname(path), this.faults);
    const list = member(located, "managed_processes");
    (Array.isArray(list?.value) ? list.value : []).forEach((entry, index) => {
      const key = `managed_processes.${index}`;
      const config = checkProcess(entry, key, this.options.support, this.faults);
      const directory = resolve(dirname(path));
      this.entries.push({ ...looselyRead(entry), config, located: entry, key, directory });
    });
    for (const [index, pattern] of (frame?.include ?? []).entries()) {
      this.#include(pattern, placeOf(located, ["include", String(index)]), path, [...via, resolve(path)]);
    }
    return frame;
  }

  #text(named: string, path: string): string | null {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      const at = { file: named, line: 0, column: 0 };
      this.faults.push({ at, key: "", message: whyUnread(error) });
      return null;
    }
  }

  #include(pattern: string, at: Located["at"], from: string, via: readonly string[]): void {
    const key = "include";
    const directory = dirname(from);
    const hasWildcard = /[*?[]/.test(pattern);
    // Files in the order of their names, so that it does not depend on the directory.
    const found = hasWildcard ? globSync(pattern, { cwd: directory }).map(String).sort() : [pattern];
    for (const name of found) {
      const path = resolve(directory, name);
      if (via.includes(path)) {
        this.faults.push({ at, key, message: `"${name}" includes itself in the end; leave it out` });
      } else if (via.length >= DEEPEST_INCLUDE) {
        this.faults.push({ at, key, message: `files are included more than ${DEEPEST_INCLUDE} deep` });
      } else if (this.files.includes(path)) {
        this.faults.push({ at, key, message: `"${name}" is included already` });
      } else this.#read(join(directory, name), path, via);
    }
  }

  #demandProcessesOnly(located: Located): void {
    for (const key of ["process_manager", "log_collection"]) {
      const entry = isMapping(located) ? located.value.get(key) : undefined;
      if (entry) {
        this.faults.push({ at: entry.at, key, message: "it belongs into the file that is not included" });
      }
    }
  }

  #definitions(): Definition[] {
    const seen = new Map<string, Entry>();
    const { others = [] } = this.options;
    for (const entry of this.entries) {
      if (entry.id === null) continue;
      const before = seen.get(entry.id);
      const place = before && placeOf(before.located, ["id"]);
      const taken = place
        ? `${place.file}:${place.line}`
        : others.some(({ id }) => id === entry.id)
        ? "it was added at run time; remove that first"
        : null;
      if (taken !== null) {
        this.faults.push({
          at: placeOf(entry.located, ["id"]),
          key: `${entry.key}.id`,
          message: `"${entry.id}" is taken (${taken}); choose another`,
        });
      } else seen.set(entry.id, entry);
    }
    const definitions = this.entries.flatMap((entry) => complete(entry, this.faults) ?? []);
    checkDependencies(this.entries, others, definitions, this.faults);
    return definitions;
  }
}

/** Read what an entry refers to, and make a definition of it. */
function complete({ config, located, key, directory }: Entry, faults: Fault[]): Definition | null {
  if (!config) return null;
  const before = faults.length;
  const fileEnvironment: Record<string, string> = {};
  const fault = (path: string[], message: string) => {
    faults.push({ at: placeOf(located, path), key: [key, ...path].filter(Boolean).join("."), message });
  };
  const management = withCaFiles(config.management, directory, fault);
  const { control, discovery } = management;
  control?.env_file.forEach((name, index) => {
    try {
      Object.assign(fileEnvironment, parseEnv(readFileSync(resolve(directory, name), "utf8")));
    } catch (error) {
      fault(["management", "control", "env_file", String(index)], `"${name}": ${whyUnread(error)}`);
    }
  });
  if (faults.length > before) return null;
  const absolute = (path: string | undefined) => path === undefined ? undefined : resolve(directory, path);
  const resolved = {
    ...config,
    management: {
      ...management,
      control: control && { ...control, working_directory: absolute(control.working_directory) },
      discovery: discovery && { ...discovery, pid_file: absolute(discovery.pid_file) },
    },
  };
  return toDefinition(resolved, {
    directory,
    fileEnvironment,
    shown: withoutSecrets(config, plainData(located, true)),
  });
}

/**
 * What depends on what is not there, on what it cannot wait for, or on itself.
 * @param others what is there besides the entries
 * @param definitions of those entries that are well-formed
 */
function checkDependencies(
  entries: readonly Entry[],
  others: readonly Definition[],
  definitions: readonly Definition[],
  faults: Fault[],
): void {
  const complete = new Map([...others, ...definitions].map((definition) => [definition.id, definition]));
  const ids = new Set([...others.map(({ id }) => id), ...entries.flatMap(({ id }) => id ?? [])]);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const fault = ({ located, key }: Entry, dependency: string, message: string) => {
    const path = ["depends_on", dependency];
    faults.push({ at: placeOf(located, path), key: [key, "depends_on"].filter(Boolean).join("."), message });
  };
  for (const entry of entries) {
    for (const id of entry.dependencies) {
      const other = complete.get(id);
      const condition = entry.config?.depends_on[id]?.condition;
      if (!ids.has(id)) {
        const known = [...ids].filter((one) => one !== entry.id);
        const right = known.length > 0 ? `there are ${known.slice(0, 20).join(", ")}` : "there is no other";
        fault(entry, id, `there is no process "${id}"; ${right}`);
      } else if (other && condition === "healthy" && !other.healthCheck && !other.readinessCheck) {
        fault(
          entry,
          id,
          `"${id}" has no health_check, so nobody knows when it is healthy; write condition: started`,
        );
      } else if (other?.type === "unmanaged" && condition === "exited_successfully") {
        fault(entry, id, `"${id}" is unmanaged: nobody is told how it ends; write condition: started`);
      }
    }
  }
  const all = [
    ...others,
    ...entries.map(({ id, dependencies }) => ({
      id: id ?? "",
      dependsOn: new Map(dependencies.map((one) => [one, null])),
    })),
  ];
  for (const circle of dependencyCircles(all)) {
    const entry = circle.map((id) => byId.get(id)).find((one) => one !== undefined);
    const at = circle.indexOf(entry?.id ?? "");
    if (!entry) continue;
    const shown = [...circle.slice(at), ...circle.slice(0, at), entry.id].join(" → ");
    fault(entry, circle[(at + 1) % circle.length], `${shown} is a circle: none of them could be the first`);
  }
}

/** Those keys that are of the exporters. */
function exportsOf(
  manager: Located | undefined,
  directory: string,
  faults: Fault[],
): Record<string, unknown> {
  if (!manager || !isMapping(manager)) return {};
  for (const [name, { at }] of manager.value) {
    const needed = switchOf(name);
    if (needed === undefined || manager.value.has(needed) || !Object.hasOwn(EXPORT_OPTIONS, name)) continue;
    faults.push({ at, key: `process_manager.${name}`, message: `nothing uses it; add ${needed}` });
  }
  const data = Object.entries(plainData(manager) as Record<string, unknown>);
  const exports = Object.fromEntries(data.filter(([key]) => Object.hasOwn(EXPORT_OPTIONS, key)));
  for (const key of EXPORT_FILES) {
    if (typeof exports[key] === "string") exports[key] = resolve(directory, exports[key]);
  }
  return exports;
}

/** Its paths are seen from the file. */
function withWholePaths(manager: ManagerConfig, directory: string): ManagerConfig {
  const { base_directory: base, token_file: token } = manager;
  return {
    ...manager,
    base_directory: base === undefined ? undefined : resolve(directory, base),
    token_file: token === undefined ? undefined : resolve(directory, token),
  };
}

function byPlace(a: Fault, b: Fault): number {
  return a.at.file === b.at.file ? a.at.line - b.at.line || a.at.column - b.at.column : 0;
}
