import { ProctorError } from "../../core/error.ts";

const SLASH = "/".charCodeAt(0);
const COLON = ":".charCodeAt(0);

/** Where commands are looked for when nobody says. */
const DEFAULT_PATH = Buffer.from("/usr/local/bin:/usr/bin:/bin");
const PATH_BEGINS = Buffer.from("PATH=");

/** What keeps a file from being executed. */
export type Obstacle = "missing" | "directory" | "forbidden";

const WORDS: Record<Obstacle, string> = {
  missing: "no such file",
  directory: "is a directory",
  forbidden: "not executable (chmod +x?)",
};

/**
 * Find the file a command name stands for, as execvp(3) does: a name with a slash is a path, any other is searched for
 * along the PATH of the environment it will have. Relative ones are seen from the working directory it will have.
 *
 * All names are bytes: a path need not be UTF-8.
 * @param whyNotExecutable what keeps a file from being executed by us, or null
 * @throws ProctorError of kind `command_not_found` or `command_not_executable`
 */
export function resolveCommand(
  whyNotExecutable: (file: Uint8Array) => Obstacle | null,
  name: Uint8Array,
  env: readonly Uint8Array[],
  cwd: string | undefined,
): Uint8Array {
  const shown = new TextDecoder().decode(name);
  if (name.length === 0) throw new ProctorError("command_not_found", "the command is an empty string");
  const obstacleOf = (file: Uint8Array) => whyNotExecutable(seenFrom(cwd, file));
  if (name.includes(SLASH)) {
    const obstacle = obstacleOf(name);
    if (obstacle) throw refusal(shown, obstacle);
    return name;
  }
  let found: Uint8Array | undefined;
  for (const directory of split(pathIn(env))) {
    const file = Buffer.concat([directory.length > 0 ? directory : Buffer.from("."), Buffer.from("/"), name]);
    const obstacle = obstacleOf(file);
    if (!obstacle) return file;
    if (obstacle === "forbidden") found ??= file;
  }
  if (found) throw refusal(new TextDecoder().decode(found), "forbidden");
  const hint = /\s/.test(shown) ? '; write its words apart, or sh -c "…" for a line of shell' : "";
  throw new ProctorError("command_not_found", `${shown}: command not found in PATH${hint}`);
}

function refusal(name: string, obstacle: Obstacle): ProctorError {
  const kind = obstacle === "missing" ? "command_not_found" : "command_not_executable";
  return new ProctorError(kind, `${name}: ${WORDS[obstacle]}`);
}

function seenFrom(cwd: string | undefined, file: Uint8Array): Uint8Array {
  if (cwd === undefined || file[0] === SLASH) return file;
  return Buffer.concat([Buffer.from(`${cwd}/`), file]);
}

function pathIn(env: readonly Uint8Array[]): Uint8Array {
  const entry = env.find((one) => PATH_BEGINS.equals(one.subarray(0, PATH_BEGINS.length)));
  return entry?.subarray(PATH_BEGINS.length) ?? DEFAULT_PATH;
}

function* split(path: Uint8Array): Generator<Uint8Array> {
  for (let start = 0;;) {
    const end = path.indexOf(COLON, start);
    yield path.subarray(start, end < 0 ? path.length : end);
    if (end < 0) return;
    start = end + 1;
  }
}
