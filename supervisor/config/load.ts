import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";
import { dependencyCircles } from "../dependencies.ts";
import { toDefinition } from "../definition.ts";
import type { Definition } from "../definition.ts";
import { canonicalFile, canonicalProcess } from "./aliases.ts";
import { check, placeOf } from "./check.ts";
import { ConfigError } from "./fault.ts";
import type { Fault } from "./fault.ts";
import { isMapping, locate, locateData, member, plainData } from "./located.ts";
import type { Located } from "./located.ts";
import { processSchema } from "./process_schema.ts";
import type { ProcessConfig } from "./process_schema.ts";
import { configSchema } from "./schema.ts";
import type { SupervisorConfig } from "./schema.ts";
import { withoutSecrets } from "./secrets.ts";
import { substitute } from "./substitute.ts";
import type { Variables } from "./substitute.ts";

/** A configuration in force. */
export interface LoadedConfig {
  readonly manager: SupervisorConfig["process_manager"];
  readonly logCollection: SupervisorConfig["log_collection"] | null;
  /** In the order of the files. */
  readonly definitions: readonly Definition[];
  /** The file that was named, and those it includes. */
  readonly files: readonly string[];
}

/** Everything in a file but its processes, which are checked one by one. */
const frameSchema = configSchema.extend({ managed_processes: z.array(z.unknown()).default([]) });
/** Files that include files that include files … */
const DEEPEST_INCLUDE = 8;

/** One entry of `managed_processes` that was found well-formed, and where. */
interface Entry {
  readonly config: ProcessConfig;
  readonly located: Located;
  readonly key: string;
  readonly directory: string;
}

/**
 * Read and check a configuration with all that it includes.
 * @throws ConfigError with all its faults
 */
export function loadConfig(path: string, variables: Variables = process.env): LoadedConfig {
  const loader = new Loader(variables);
  return loader.load(path);
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
  variables: Variables = process.env,
): Definition {
  const faults: Fault[] = [];
  const at = { file: "definition", line: 0, column: 0 };
  const located = canonicalProcess(substitute(locateData(data, at), variables, faults), faults);
  const config = check(processSchema, located, "", faults);
  const definition = config && complete({ config, located, key: "", directory }, faults);
  if (definition) {
    checkDependencies([...others, definition], () => ({ at, key: "depends_on" }), faults);
  }
  if (!definition || faults.length > 0) throw new ConfigError(faults);
  return definition;
}

class Loader {
  readonly faults: Fault[] = [];
  readonly files: string[] = [];
  readonly entries: Entry[] = [];

  constructor(readonly variables: Variables) {}

  load(path: string): LoadedConfig {
    const main = this.#read(path, path, []);
    const definitions = this.#definitions();
    if (this.faults.length > 0) throw new ConfigError(this.faults.sort(byPlace));
    return {
      manager: main!.process_manager,
      logCollection: main!.log_collection ?? null,
      definitions,
      files: this.files,
    };
  }

  /** @param named how the file is called in messages; @param via the files that led here */
  #read(named: string, path: string, via: readonly string[]): z.output<typeof frameSchema> | null {
    const text = this.#text(named, path, via.length > 0);
    if (text === null) return null;
    this.files.push(resolve(path));
    const raw = locate(text, named, this.faults);
    const start = { file: named, line: 1, column: 1 };
    if (raw === null) {
      if (this.faults.length === 0) this.faults.push({ at: start, key: "", message: "the file is empty; it needs managed_processes" });
      return null;
    }
    if (!isMapping(raw)) {
      this.faults.push({ at: raw.at, key: "", message: "it is no mapping; it begins with managed_processes:" });
      return null;
    }
    const located = canonicalFile(substitute(raw, this.variables, this.faults), this.faults);
    const frame = check(frameSchema, located, "", this.faults);
    if (via.length > 0) this.#demandProcessesOnly(located);
    const list = member(located, "managed_processes");
    (Array.isArray(list?.value) ? list.value : []).forEach((entry, index) => {
      const key = `managed_processes.${index}`;
      const config = check(processSchema, entry, key, this.faults);
      if (config) this.entries.push({ config, located: entry, key, directory: resolve(dirname(path)) });
    });
    for (const [index, pattern] of (frame?.include ?? []).entries()) {
      this.#include(pattern, placeOf(located, ["include", String(index)]), path, [...via, resolve(path)]);
    }
    return frame;
  }

  #text(named: string, path: string, isIncluded: boolean): string | null {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a directory" : `it cannot be read (${code})`;
      const at = { file: named, line: 0, column: 0 };
      this.faults.push({ at, key: "", message: isIncluded ? why : `${why}; name a configuration file` });
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
      if (entry) this.faults.push({ at: entry.at, key, message: "it belongs into the file that is not included" });
    }
  }

  #definitions(): Definition[] {
    const seen = new Map<string, Entry>();
    const definitions: Definition[] = [];
    for (const entry of this.entries) {
      const before = seen.get(entry.config.id);
      if (before) {
        const { file, line } = placeOf(before.located, ["id"]);
        this.faults.push({
          at: placeOf(entry.located, ["id"]),
          key: `${entry.key}.id`,
          message: `"${entry.config.id}" is taken (${file}:${line}); choose another`,
        });
        continue;
      }
      seen.set(entry.config.id, entry);
      const definition = complete(entry, this.faults);
      if (definition) definitions.push(definition);
    }
    const where = (id: string, dependency: string) => {
      const entry = seen.get(id)!;
      return { at: placeOf(entry.located, ["depends_on", dependency]), key: `${entry.key}.depends_on` };
    };
    // With entries missing, half of it would be wrong.
    if (this.faults.length === 0) checkDependencies(definitions, where, this.faults);
    return definitions;
  }
}

/** Read what an entry refers to, and make a definition of it. */
function complete({ config, located, key, directory }: Entry, faults: Fault[]): Definition | null {
  const before = faults.length;
  const fileEnvironment: Record<string, string> = {};
  const { control, discovery } = config.management;
  control?.env_file.forEach((name, index) => {
    try {
      Object.assign(fileEnvironment, parseEnv(readFileSync(resolve(directory, name), "utf8")));
    } catch (error) {
      const path = ["management", "control", "env_file", String(index)];
      const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : "it cannot be read";
      faults.push({
        at: placeOf(located, path),
        key: [key, ...path].filter(Boolean).join("."),
        message: `"${name}": ${why}`,
      });
    }
  });
  if (faults.length > before) return null;
  const absolute = (path: string | undefined) => path === undefined ? undefined : resolve(directory, path);
  const resolved = {
    ...config,
    management: {
      ...config.management,
      control: control && { ...control, working_directory: absolute(control.working_directory) },
      discovery: discovery && { ...discovery, pid_file: absolute(discovery.pid_file) },
    },
  };
  return toDefinition(resolved, { directory, fileEnvironment, shown: withoutSecrets(config, plainData(located, true)) });
}

function checkDependencies(
  definitions: readonly Definition[],
  where: (id: string, dependency: string) => { at: Located["at"]; key: string },
  faults: Fault[],
): void {
  const byId = new Map(definitions.map((definition) => [definition.id, definition]));
  for (const { id, dependsOn } of definitions) {
    for (const [dependency, condition] of dependsOn) {
      const other = byId.get(dependency);
      if (!other) {
        const known = [...byId.keys()].filter((one) => one !== id);
        const right = known.length > 0 ? `there are ${known.slice(0, 20).join(", ")}` : "there is no other";
        faults.push({ ...where(id, dependency), message: `there is no process "${dependency}"; ${right}` });
      } else if (condition === "healthy" && !other.healthCheck && !other.readinessCheck) {
        faults.push({
          ...where(id, dependency),
          message: `"${dependency}" has no health_check, so nobody knows when it is healthy; write condition: started`,
        });
      } else if (condition === "exited_successfully" && other.type === "unmanaged") {
        faults.push({
          ...where(id, dependency),
          message: `"${dependency}" is unmanaged: nobody is told how it ends; write condition: started`,
        });
      }
    }
  }
  for (const circle of dependencyCircles(definitions)) {
    faults.push({
      ...where(circle[0], circle[1] ?? circle[0]),
      message: `${[...circle, circle[0]].join(" → ")} is a circle: none of them could be the first`,
    });
  }
}

function byPlace(a: Fault, b: Fault): number {
  return a.at.file === b.at.file ? a.at.line - b.at.line || a.at.column - b.at.column : 0;
}
