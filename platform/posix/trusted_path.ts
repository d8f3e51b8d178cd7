import type { Stats } from "node:fs";
import { nodeFs, nodePath } from "../../io/builtins.ts";
import { refuseStrangersLink } from "./strangers_link.ts";

/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * A path without links, of which the last parts need not exist. Each link on the way is asked for, in the directories
 * above as at the end: whoever may lay one of them chooses where the path leads.
 * @throws StrangersLink for a link that another user has laid; an Error for links that lead in a circle; the error of
 * the system, with its `code`
 */
export function trustedPath(path: string): string {
  const { dirname, join, parse, resolve, sep } = nodePath();
  const absolute = resolve(path);
  let here = parse(absolute).root;
  let steps = absolute.slice(here.length).split(sep);
  let links = 0;
  while (steps.length > 0) {
    const [step, ...others] = steps;
    steps = others;
    // A target may have `..` behind a link: it is the parent of where that leads.
    const next = step === ".." ? dirname(here) : join(here, step);
    const found = lookAt(next);
    if (!found?.isSymbolicLink()) {
      here = next;
      continue;
    }
    refuseStrangersLink(next, found);
    if (++links > MOST_LINKS) throw new Error("its links lead in a circle");
    const target = nodeFs().readlinkSync(next);
    const { root } = parse(target);
    if (root !== "") here = root;
    steps = [...target.slice(root.length).split(sep), ...steps];
  }
  // Without owners there is nobody to refuse, and a directory may have names that are no links (8.3).
  return process.geteuid === undefined ? realPathOf(here) : here;
}

/**
 * What is there; null also where access is denied: opening it will fail with the reason. Deno may deny a directory, and
 * allow what is in it.
 */
function lookAt(path: string): Stats | null {
  try {
    return nodeFs().lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || name === "NotCapable") return null;
    throw error;
  }
}

function realPathOf(path: string): string {
  const { basename, dirname, join } = nodePath();
  try {
    return nodeFs().realpathSync(path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "EACCES"].includes(code) || dirname(path) === path) throw error;
    return join(realPathOf(dirname(path)), basename(path));
  }
}
