import { readFileSync } from "node:fs";
import { MOST_FILE_BYTES } from "../../config/config_files.ts";
import { faultLine } from "../../config/fault.ts";
import { reasonOf } from "../../io/errno_words.ts";
import type { Fault } from "../../config/fault.ts";
import type { Located } from "../../config/located.ts";
import { usageError } from "../../core/error.ts";
import { readTextFile } from "../../io/text_file.ts";

/** What `proctor ctl add` is given. */
export interface AddFlags {
  file?: string;
  env?: Record<string, string>;
  cwd?: string;
  disabled?: boolean;
}

/**
 * The definitions to add: one made of an id and a command, or those of a file.
 * @throws ProctorError of kind `usage`
 */
export async function definitionsOf(
  id: string | undefined,
  command: readonly string[],
  flags: AddFlags,
): Promise<unknown[]> {
  if (flags.file !== undefined) {
    if (id !== undefined) throw usageError("add: give either --file or an id with a command, not both");
    return await definitionsIn(flags.file);
  }
  if (id === undefined || command.length === 0) {
    throw usageError("add: needs an id and a command, as in proctor ctl add web -- ./server, or --file FILE");
  }
  const [executable, ...args] = command;
  const { env, cwd, disabled } = flags;
  return [{
    id,
    type: "standard_managed",
    enabled: !disabled,
    management: {
      control: {
        executable,
        arguments: args,
        ...(cwd === undefined ? {} : { working_directory: cwd }),
        ...(env === undefined ? {} : { environment: env }),
      },
    },
  }];
}

/** An entry of managed_processes, a list of them, or a configuration with some in either form; `-` is standard input. */
async function definitionsIn(file: string): Promise<unknown[]> {
  const [
    { locate },
    { isMapping, member, textOf },
    { canonicalFile, canonicalProcess },
    { processesIn },
    { schemaInput },
    { processSchema },
  ] = await Promise.all([
    import("../../config/locate.ts"),
    import("../../config/located.ts"),
    import("../../supervisor/config/aliases.ts"),
    import("../../supervisor/config/short_form.ts"),
    import("../../config/check.ts"),
    import("../../supervisor/config/process_schema.ts"),
  ]);
  const faults: Fault[] = [];
  const entriesIn = (content: Located) => {
    const isFile = ["managed_processes", "processes"].some((key) => member(content, key));
    if (isFile) return processesIn(canonicalFile(content, faults)).map(({ entry }) => entry);
    const entries = Array.isArray(content.value) ? content.value : [content];
    return entries.map((entry) => canonicalProcess(entry, faults));
  };
  const content = locate(readDefinitions(file), file === "-" ? "standard input" : file, faults);
  const list = content ? entriesIn(content) : [];
  // What was written goes to the supervisor, not what it looks like: 0123 would be 123.
  const definitions = list.filter(isMapping).map((entry) => schemaInput(processSchema, entry));
  if (faults.length > 0) throw usageError(`add: ${faults.map(faultLine).join("; ")}`);
  if (list.length === 0 || definitions.length < list.length) {
    const found = list.length === 1 ? textOf(list[0]) : null;
    const there = found === null ? "" : ` but "${found.slice(0, 40)}"`;
    throw usageError(`add: ${file}: there is no entry of managed_processes in it${there}`);
  }
  return definitions;
}

function readDefinitions(file: string): string {
  try {
    return file === "-" ? readFileSync(0, "utf8") : readTextFile(file, MOST_FILE_BYTES);
  } catch (error) {
    throw usageError(`add: cannot read "${file}": ${reasonOf(error)}`);
  }
}

/** `NAME=VALUE`, one more of them. */
export function environmentOption(text: string, before: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw usageError(`add: --env: "${text}" is not a NAME=VALUE`);
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}
