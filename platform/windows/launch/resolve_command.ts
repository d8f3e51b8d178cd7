import { ProctorError } from "../../../core/error.ts";
import { nodeFs, nodePath } from "../../../io/builtins.ts";
import { variableIn } from "../text/environment_block.ts";
import { fromUtf8 } from "../text/wide.ts";

/** What CreateProcessW and cmd.exe can run; other files are for the programs they belong to. */
const RUNNABLE = [".COM", ".EXE", ".BAT", ".CMD"];
const DEFAULT_PATHEXT = RUNNABLE.join(";");

/** What there is under a path. */
export type Found = "file" | "directory" | "nothing";

/** What a command is looked up by. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: readonly string[];
  readonly look: (path: string) => Found;
}

/**
 * The file that a command name stands for, as `where` finds it: a name with a backslash, slash or colon is a path, any
 * other is searched for along the PATH of the environment it will have, and not in the current directory. A name
 * without an extension gets those of PATHEXT, in their order.
 * @throws ProctorError of kind `command_not_found` or `command_not_executable`
 */
export function findCommand(name: string, { cwd, env, look }: Surroundings): string {
  if (name === "") throw new ProctorError("command_not_found", "the command is an empty string");
  const { win32 } = nodePath();
  const extensions = (variableIn(env, "PATHEXT") || DEFAULT_PATHEXT).split(";").filter((one) => one !== "");
  const isPath = /[\\/:]/.test(name);
  const directories = isPath ? [""] : directoriesOf(variableIn(env, "PATH") ?? "");
  const hasExtension = win32.extname(name) !== "";
  const endings = hasExtension ? ["", ...extensions] : isPath ? [...extensions, ""] : extensions;
  let directory: string | undefined;
  for (const place of directories) {
    for (const ending of endings) {
      const path = win32.resolve(cwd, place, `${name}${ending}`);
      const found = look(path);
      if (found === "file") return checked(path);
      if (found === "directory") directory ??= path;
    }
  }
  if (isPath && directory !== undefined) {
    throw new ProctorError("command_not_executable", `${name}: is a directory`);
  }
  if (isPath) throw new ProctorError("command_not_found", `${name}: no such file`);
  const hint = /\s/.test(name) ? "; write its words apart, or cmd /c … for a line of its own commands" : "";
  throw new ProctorError("command_not_found", `${name}: command not found in PATH${hint}`);
}

/** The same for names as the other side has them, on this machine. */
export function resolveCommand(
  name: Uint8Array,
  env: readonly Uint8Array[],
  cwd: string | undefined,
): Uint8Array {
  const surroundings = { cwd: nodePath().resolve(cwd ?? "."), env: env.map(fromUtf8), look };
  return Buffer.from(findCommand(fromUtf8(name), surroundings));
}

function look(path: string): Found {
  try {
    const found = nodeFs().statSync(path, { throwIfNoEntry: false });
    return found === undefined ? "nothing" : found.isDirectory() ? "directory" : "file";
  } catch {
    return "nothing"; // A name that no file can have.
  }
}

/** A file of a kind that belongs to a program (a script) is not started by itself. */
function checked(path: string): string {
  // Windows passes over dots and blanks at the end of a name.
  const extension = nodePath().win32.extname(path.replace(/[. ]+$/, "")).toUpperCase();
  if (extension === "" || RUNNABLE.includes(extension)) return path;
  throw new ProctorError(
    "command_not_executable",
    `${path}: a file ${extension.toLowerCase()} is for the program it belongs to; name that, and the file as its argument`,
  );
}

/** Directories may stand in quotes, where their names hold a semicolon. */
function directoriesOf(path: string): string[] {
  return [...path.matchAll(/(?:"[^"]*"|[^;"])+/g)].map(([part]) => part.replaceAll('"', ""))
    .filter((directory) => directory !== "");
}
