import { readdirSync } from "node:fs";
import { join } from "node:path";
import { UnfitFile } from "../../io/regular_file.ts";

/** Names that are looked at for one pattern: a pattern must not lead through the whole machine. */
const MOST_NAMES = 20_000;

/** Whether a name is a pattern: `*`, `?`, `[…]`. */
export function isPattern(name: string): boolean {
  return /[*?[]/.test(name);
}

/**
 * The paths that a pattern means, in the order of their names, so that it does not depend on the directory. `*`
 * stands for any part of one name but the dot it may begin with.
 * @returns paths as the pattern has them: relative to the directory where it is
 * @throws UnfitFile when too much would have to be looked at, or for `**`
 */
export function matchingFiles(pattern: string, directory: string): string[] {
  let [found, looked] = [[pattern.startsWith("/") ? "/" : ""], 0];
  for (const part of pattern.split("/").filter((one) => one !== "")) {
    if (part === "**") throw new UnfitFile("** is not understood; write a pattern for each directory");
    if (!isPattern(part)) {
      found = found.map((base) => join(base, part));
      continue;
    }
    const form = partExpression(part);
    found = found.flatMap((base) => {
      const names = namesIn(base.startsWith("/") ? base : join(directory, base));
      looked += names.length;
      if (looked > MOST_NAMES) {
        throw new UnfitFile(`more than ${MOST_NAMES} names would have to be read`);
      }
      return names.filter((name) => form.test(name)).sort().map((name) => join(base, name));
    });
  }
  return found;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** What a name has to be like that a part of a pattern means. */
export function partExpression(part: string): RegExp {
  const words = part.replace(/\[([!^]?)([^\]]*)\]|[*?]|[\\^$.|+(){}[\]]/g, (token, not, set) => {
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (set !== undefined) return `[${not ? "^" : ""}${set.replace(/[\\\]^[]/g, "\\$&")}]`;
    return `\\${token}`;
  });
  return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${words}$`, "su");
}
