import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { check, placeOf } from "../../config/check.ts";
import { ConfigFiles } from "../../config/config_files.ts";
import { ConfigError, dropRepeated, faultLine, firstFaults, MOST_FAULTS } from "../../config/fault.ts";
import type { Fault } from "../../config/fault.ts";
import { locateMapping } from "../../config/locate.ts";
import { isMapping, member } from "../../config/located.ts";
import type { Located } from "../../config/located.ts";
import type { Variables } from "../../config/substitute.ts";
import { defaultBaseDirectory } from "../../platform/mod.ts";
import { reasonOf } from "../../io/errno_words.ts";
import type { Definition } from "../definition.ts";
import type { LimitSupport } from "../limits/limit_support.ts";
import { logFaults } from "../logs/check_logs.ts";
import { canonicalFile } from "./aliases.ts";
import { checkDependencies, checkOthers, dependingOnInstances } from "./dependency_faults.ts";
import { complete, seenFrom } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { processesIn, shortKey } from "./short_form.ts";
import { exportsOf, withWholeDirectory, withWholePaths } from "./manager_settings.ts";
import { substituteFile } from "./instances.ts";
import { isPattern, matchingFiles } from "./matching_files.ts";
import { checkProcess, looselyRead } from "./process_faults.ts";
import { configSchema } from "./schema.ts";
import type { ManagerConfig, SupervisorConfig } from "./schema.ts";
import type { TryOut } from "./try_out.ts";

/** A configuration in force, as far as the library shows it. */
export interface ConfigInForce {
  /** Its section `process_manager`, checked, with its defaults. */
  readonly manager: ManagerConfig;
  /** Settings of the exporters as they were written, their files seen from the file's directory. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** Its managed processes, in the order of the files. */
  readonly definitions: readonly { readonly id: string }[];
}

/** All of a configuration in force. */
export interface LoadedConfig extends ConfigInForce {
  readonly logCollection: SupervisorConfig["log_collection"] | null;
  /** In the order of the files. */
  readonly definitions: readonly Definition[];
  /** The file that was named, and those it includes. */
  readonly files: readonly string[];
}

/** Everything in a file but its processes, which are checked one by one. */
const frameSchema = configSchema.extend({
  managed_processes: z.array(z.unknown()).default([]),
  processes: z.record(z.string(), z.unknown()).optional(),
});
/** Files that include files that include files … */
const DEEPEST_INCLUDE = 8;

/** What a configuration is checked against besides itself. */
export interface LoadOptions {
  /** Default: the environment. */
  readonly variables?: Variables;
  /** What the kernel enforces here; undefined: limits are not checked against the machine. */
  readonly support?: LimitSupport;
  /** Where the state is kept; default: what the configuration names. */
  readonly stateDirectory?: string;
  /** Processes that come from elsewhere. */
  readonly others?: readonly Definition[];
  /** `log_collection` in force, which a reload leaves as it is; default: that of the file. */
  readonly logCollection?: LoadedConfig["logCollection"];
  /** Whether a definition is carried out as it is, so that nothing of it has to be tried. */
  readonly isInForce?: (definition: Definition) => boolean;
  /** Tries what may fail when it is applied; asked when there is no other fault. */
  readonly tryOut?: TryOut;
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

class Loader {
  readonly faults: Fault[] = [];
  readonly files = new ConfigFiles();
  readonly #told = new Set<string>();
  entries: Entry[] = [];
  exports: Record<string, unknown> = {};

  readonly variables: Variables;

  constructor(readonly options: LoadOptions) {
    this.variables = options.variables ?? process.env;
  }

  load(path: string): LoadedConfig {
    const main = this.#read(path, resolve(path));
    if (this.faults.length >= MOST_FAULTS) throw this.#error();
    const definitions = this.#definitions(path);
    const logCollection = main?.log_collection
      ? withWholeDirectory(main.log_collection, dirname(path))
      : null;
    const manager = main && withWholePaths(main.process_manager, dirname(path));
    if (manager && this.faults.length === 0) {
      this.#checkLogs(manager, logCollection, definitions, path);
      this.#tryOut(definitions);
    }
    if (this.faults.length > 0) throw this.#error();
    return {
      manager: manager!,
      logCollection,
      exports: this.exports,
      definitions,
      files: this.files.paths,
    };
  }

  #error(): ConfigError {
    // What is wrong with one instance is wrong with all.
    const faults = new Map(
      this.faults.map((fault) => [faultLine(fault), { ...fault, key: shortKey(fault.key) }]),
    );
    return new ConfigError(firstFaults([...faults.values()]));
  }

  /**
   * @param named how the file is called in messages
   * @param from what includes it: the place, and the identities of the files that led there
   */
  #read(
    named: string,
    path: string,
    from: { at: Located["at"]; via: readonly string[] } = {
      at: { file: named, line: 0, column: 0 },
      via: [],
    },
  ): z.output<typeof frameSchema> | null {
    const isMain = from.via.length === 0;
    const fault = (message: string, at = from.at) => {
      this.faults.push({ at, key: isMain ? "" : "include", message });
      return null;
    };
    let identity, text;
    try {
      const file = this.files.open(path);
      if (from.via.includes(file.identity)) {
        return fault(`"${named}" includes itself in the end; leave it out`);
      }
      if (file.isKnown) return fault(`"${named}" is included already`);
      ({ identity, text } = { identity: file.identity, text: file.text() });
    } catch (error) {
      this.faults.push({ at: { file: named, line: 0, column: 0 }, key: "", message: reasonOf(error) });
      return null;
    }
    const raw = locateMapping(text, named, "managed_processes", this.faults, this.files.budget);
    if (raw === null) return null;
    const located = canonicalFile(substituteFile(raw, this.variables, this.faults), this.faults);
    const frame = check(frameSchema, located, "", this.faults);
    if (!isMain) this.#demandProcessesOnly(located);
    else this.exports = exportsOf(member(located, "process_manager"), dirname(path), this.faults);
    const directory = resolve(dirname(path));
    for (const { key, entry } of processesIn(located)) {
      if (this.faults.length >= MOST_FAULTS) break;
      const before = this.faults.length;
      const config = checkProcess(entry, key, this.options.support, this.faults);
      // What is wrong with one instance is wrong with all.
      dropRepeated(this.faults, before, this.#told);
      this.entries.push({ ...looselyRead(entry), config, located: entry, key, directory });
    }
    for (const [index, pattern] of (frame?.include ?? []).entries()) {
      const at = placeOf(located, ["include", String(index)]);
      this.#include(pattern, path, { at, via: [...from.via, identity] });
    }
    return frame;
  }

  #include(pattern: string, path: string, from: { at: Located["at"]; via: readonly string[] }): void {
    const fault = (message: string) => this.faults.push({ at: from.at, key: "include", message });
    if (from.via.length > DEEPEST_INCLUDE) {
      return void fault(`files are included more than ${DEEPEST_INCLUDE} deep`);
    }
    try {
      const directory = dirname(path);
      const found = isPattern(pattern) ? matchingFiles(pattern, directory) : [pattern];
      for (const name of found) {
        if (this.faults.length >= MOST_FAULTS) return;
        this.#read(seenFrom(from.at.file, name), resolve(directory, name), from);
      }
    } catch (error) {
      fault(`"${pattern}": ${reasonOf(error)}`);
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

  #tryOut(definitions: readonly Definition[]): void {
    for (const { id, path, message } of this.options.tryOut?.(definitions) ?? []) {
      const { located, key } = this.entries.find((one) => one.id === id)!;
      this.faults.push({ at: placeOf(located, [...path]), key: [key, ...path].join("."), message });
    }
  }

  #checkLogs(
    manager: ManagerConfig,
    config: LoadedConfig["logCollection"],
    definitions: readonly Definition[],
    path: string,
  ): void {
    const { stateDirectory, others = [], isInForce, logCollection = config } = this.options;
    const base = resolve(stateDirectory ?? manager.base_directory ?? defaultBaseDirectory());
    const managed = [
      ...others.map((one) => ({ ...one, isOpen: true })),
      ...definitions.map((one) => ({ ...one, isOpen: isInForce?.(one) ?? false })),
    ].filter(({ type }) => type !== "unmanaged");
    for (const { id, message } of logFaults(logCollection, managed, join(base, "logs"))) {
      const entry = this.entries.find((one) => one.id === id);
      const keys = ["management", "control", "log_collection"];
      this.faults.push({
        at: entry ? placeOf(entry.located, keys) : { file: path, line: 1, column: 1 },
        key: entry ? [entry.key, ...keys].join(".") : id ?? "log_collection.global_aggregation",
        message,
      });
    }
  }

  #definitions(path: string): Definition[] {
    this.entries = dependingOnInstances(this.entries);
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
    const definitions = this.entries.flatMap((entry) =>
      complete(entry, this.files, this.variables, this.faults) ?? []
    );
    checkDependencies(this.entries, others, definitions, this.faults);
    checkOthers(others, new Set([...seen.keys(), ...others.map(({ id }) => id)]), path, this.faults);
    return definitions;
  }
}
