import { nodeFs } from "../../io/builtins.ts";
import { isStranger } from "./own_user.ts";

const WRITABLE_BY_OTHERS = 0o022;

/**
 * The text of a file that we or root have written. A FIFO does not keep us waiting, a link leads nowhere.
 * @returns null when there is none
 * @throws an error that says what is wrong with it
 */
export function readOwnFile(path: string, maxBytes: number): string | null {
  try {
    return readText(path, maxBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw code === "ELOOP" ? new Error("it is a symbolic link") : error;
  }
}

function readText(path: string, maxBytes: number): string {
  const { closeSync, constants, fstatSync, openSync, readFileSync } = nodeFs();
  // Windows has neither of the two: its constants lack the names.
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw new Error("it is not a regular file");
    if (isStranger(found.uid)) throw new Error(`it belongs to another user (${found.uid})`);
    // Where no system tells owners, rights say nothing either.
    const hasRights = process.geteuid !== undefined;
    if (hasRights && (found.mode & WRITABLE_BY_OTHERS) !== 0) throw new Error("others may write to it");
    if (found.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}
