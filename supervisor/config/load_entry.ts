import { ConfigFiles } from "../../config/config_files.ts";
import { ConfigError } from "../../config/fault.ts";
import type { Fault } from "../../config/fault.ts";
import { locateData, member } from "../../config/located.ts";
import type { Located } from "../../config/located.ts";
import { substitute } from "../../config/substitute.ts";
import type { Definition } from "../definition.ts";
import { canonicalProcess } from "./aliases.ts";
import { checkDependencies } from "./dependency_faults.ts";
import { complete } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { idIn, variablesOf } from "./instances.ts";
import type { LoadOptions } from "./load.ts";
import { checkProcess, looselyRead } from "./process_faults.ts";
import { readWritten } from "./written_entry.ts";

/** What an entry is checked against besides itself. */
type EntryOptions = Pick<LoadOptions, "variables" | "support">;

/**
 * Check one entry of `managed_processes` that did not come from a file.
 * @param directory relative paths are seen from here
 * @param others definitions besides it
 * @throws ConfigError
 */
export function loadEntry(
  data: unknown,
  directory: string,
  others: readonly Definition[],
  { variables = process.env, support }: EntryOptions = {},
): Definition {
  const faults: Fault[] = [];
  const at = { file: "definition", line: 0, column: 0 };
  const written = locateData(data, at, faults);
  const own = variablesOf(written, idIn(written, variables), variables);
  const located = canonicalProcess(substitute(written, own, faults), faults);
  const instances = member(located, "instances");
  if (instances) {
    const message =
      "instances are for a configuration; add them one by one, with ids such as web:0 and web:1";
    faults.push({ at: instances.at, key: "instances", message });
  }
  return checked(located, directory, others, { variables, support }, faults);
}

/**
 * A definition of earlier once more, of what was written then: variables have the values of now, and files that it
 * names are read as they are now. What it depends on is not part of it.
 * @param written as `Definition.source` has it
 * @throws ConfigError
 */
export function loadWritten(
  written: string,
  directory: string,
  { variables = process.env, support }: EntryOptions = {},
): Definition {
  const faults: Fault[] = [];
  const entry = readWritten(written, { file: "the earlier definition", line: 0, column: 0 });
  const own = variablesOf(entry, idIn(entry, variables), variables);
  return checked(substitute(entry, own, faults), directory, [], { variables, support }, faults);
}

function checked(
  located: Located,
  directory: string,
  others: readonly Definition[],
  { variables = process.env, support }: EntryOptions,
  faults: Fault[],
): Definition {
  const config = checkProcess(located, "", support, faults);
  const { id, dependencies } = looselyRead(located);
  const entry: Entry = { id, dependencies, config, located, key: "", directory };
  const definition = config && complete(entry, new ConfigFiles(), variables, faults);
  const rest = others.filter((other) => other.id !== id);
  checkDependencies([entry], rest, definition ? [definition] : [], faults);
  if (!definition || faults.length > 0) throw new ConfigError(faults);
  return definition;
}
