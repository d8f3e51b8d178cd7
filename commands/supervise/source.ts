import { existsSync } from "node:fs";
import { basename } from "node:path";
import { literal } from "../../config/substitute.ts";
import { printable } from "../../core/printable.ts";
import { usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { foreignHand } from "../../platform/mod.ts";

/** What is supervised: what a file says, or one command. */
export interface Source {
  readonly configFile?: string;
  /** Its only process, as an entry of `managed_processes`, the words that it runs, and its id. */
  readonly processes?: readonly object[];
  readonly command?: readonly string[];
  readonly id?: string;
}

/** What a configuration is called where nothing else is said. */
export const DEFAULT_FILES = ["proctor.yaml", "proctor.yml"] as const;

/**
 * What the command line means: the file it names, the command it gives, else the file that lies here.
 * @throws ProctorError of kind `usage` where it means nothing, or two things
 */
export function sourceOf(config: string | undefined, command: readonly string[]): Source {
  if (command.length > 0) {
    if (config !== undefined) throw usageError("give either --config or a command, not both");
    if (command.length === 1 && /\.ya?ml$/i.test(command[0])) {
      throw usageError(`"${command[0]}" stands where a command may; to name a configuration, write --config`);
    }
    const id = idOf(command[0]);
    return { processes: [entryOf(id, command)], command, id };
  }
  if (config !== undefined) return { configFile: config };
  const found = DEFAULT_FILES.filter((name) => existsSync(name));
  if (found.length === 2) {
    throw usageError(`${found.join(" and ")} are both here; name the one that is meant with --config`);
  }
  if (found.length === 1) {
    // Nobody has named it: who begins proctor in /tmp does not run what somebody else has laid there.
    const hand = handOn(found[0]);
    if (hand === null) return { configFile: found[0] };
    throw usageError(printable(`${found[0]}: ${hand}; name it with --config if it is meant`));
  }
  throw usageError(
    `there is no ${DEFAULT_FILES[0]} here; name a file with --config, give a command behind --, ` +
      "or have proctor init write one",
  );
}

/** Who else could have laid a file here, or why that cannot be told, as a clause; null for nobody. */
function handOn(file: string): string | null {
  try {
    return foreignHand(file);
  } catch (error) {
    return `its owner cannot be determined: ${reasonOf(error)}`;
  }
}

/** The command as it stands: a shell has put in all that is to be. */
function entryOf(id: string, command: readonly string[]): object {
  const [executable, ...args] = command.map(literal);
  return { id, management: { control: { executable, arguments: args } } };
}

/** The name of a program, as far as an id can hold it. */
export function idOf(executable: string): string {
  const name = basename(executable).replace(/[^\w.@-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 100);
  return name === "" ? "command" : name;
}
