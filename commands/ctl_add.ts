import { readFileSync } from "node:fs";
import { usageError } from "../core/error.ts";

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

/** An entry of managed_processes, a list of them, or a configuration with some; `-` is standard input. */
async function definitionsIn(file: string): Promise<unknown[]> {
  const { parse, YAMLParseError } = await import("yaml");
  let content: unknown;
  try {
    content = parse(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    if (error instanceof YAMLParseError) {
      throw usageError(`add: ${file}: ${error.message.split("\n")[0].replace(/:$/, "")}`);
    }
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT"
      ? "there is no such file"
      : code === "EACCES"
      ? "permission denied"
      : code;
    throw usageError(`add: cannot read "${file}": ${reason}`);
  }
  const entries = (content as { managed_processes?: unknown } | null)?.managed_processes ?? content;
  const list = Array.isArray(entries) ? entries : [entries];
  if (list.length === 0 || list.some((entry) => typeof entry !== "object" || entry === null)) {
    throw usageError(`add: ${file}: there is no entry of managed_processes in it`);
  }
  return list;
}

/** `NAME=VALUE`, one more of them. */
export function environmentOption(text: string, before: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw usageError(`add: --env: "${text}" is no NAME=VALUE`);
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}
