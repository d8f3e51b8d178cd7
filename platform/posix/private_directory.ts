import { nodeFs, nodePath } from "../../io/builtins.ts";
import type { Stats } from "node:fs";
import { hasOthers } from "./group_members.ts";

const MODE = 0o700;
const WRITABLE_BY_OTHERS = 0o022;
const WRITABLE_BY_ALL = 0o002;
const OPEN_TO_OTHERS = 0o077;
/** Who may write to a directory may change only what is his (inode(7)): /tmp. */
const STICKY = 0o1000;
/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Take a directory for ourselves alone, made where it is missing. Nobody but us and root may be able to change it, or
 * anything on the way to it: else what we write and read there could be another's. Where modes say nothing (Windows), it
 * is made, and what others may do is for an access list (`closeDirectory`).
 * @param isOurs whether a directory with these names in it is one that we have made ourselves, so that it may be closed
 * to others who can read it now; anything else is left as it is
 * @throws Error with one clause that says what is wrong; the error of the system where it cannot be made
 */
export function takePrivateDirectory(path: string, isOurs: (names: readonly string[]) => boolean): void {
  const absolute = nodePath().resolve(path);
  if (process.geteuid === undefined) {
    nodeFs().mkdirSync(absolute, { recursive: true });
    if (isOurs(nodeFs().readdirSync(absolute))) return;
    throw new Error("other files are in it, so that its access list is not ours to set");
  }
  const found = nodeFs().lstatSync(walk(absolute));
  const who = found.uid;
  if (who !== process.geteuid()) throw new Error(`${absolute} belongs to ${userName(who)}`);
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new Error(`others may write to ${absolute} (mode ${modeText(found)}), and may have done so`);
  }
  if ((found.mode & OPEN_TO_OTHERS) === 0) return;
  if (!isOurs(nodeFs().readdirSync(absolute))) {
    throw new Error(`others may read ${absolute} (mode ${modeText(found)}); chmod 700 closes it to them`);
  }
  nodeFs().chmodSync(absolute, MODE);
}

/** The directory that a path leads to, each step of which nobody else can change; missing ones are made. */
function walk(path: string): string {
  const trusted = trustedUsers();
  let steps = path.split("/").filter(Boolean);
  let here = "/";
  let links = 0;
  while (steps.length > 0) {
    const next = nodePath().join(here, steps[0]);
    const found = nodeFs().lstatSync(next, { throwIfNoEntry: false }) ?? made(next);
    if (!trusted.has(found.uid)) throw new Error(`${next} belongs to ${userName(found.uid)}`);
    if (found.isSymbolicLink()) {
      if (++links > MOST_LINKS) throw new Error(`${path} leads through too many symbolic links`);
      const target = nodePath().resolve(nodePath().dirname(next), nodeFs().readlinkSync(next));
      steps = [...target.split("/").filter(Boolean), ...steps.slice(1)];
      here = "/";
      continue;
    }
    if (!found.isDirectory()) throw new Error(`${next} is not a directory`);
    const isLast = steps.length === 1;
    if (!isLast && canOthersWrite(found)) {
      throw new Error(`others may write to ${next} (mode ${modeText(found)}), which it is in`);
    }
    here = next;
    steps = steps.slice(1);
  }
  return here;
}

/**
 * Whether somebody else may change what a directory holds, beyond what is his, or a file. Where each user has a group
 * of his own, what is his is often writable for it, which lets in nobody.
 */
export function canOthersWrite(found: Stats): boolean {
  const { mode, gid } = found;
  if ((mode & WRITABLE_BY_OTHERS) === 0 || (found.isDirectory() && (mode & STICKY) !== 0)) return false;
  return (mode & WRITABLE_BY_ALL) !== 0 || hasOthers(gid, process.geteuid!());
}

/** Whoever has the root directory can change everything: root, or in a user namespace whoever root is outside. */
export function trustedUsers(): ReadonlySet<number> {
  return new Set([0, process.geteuid!(), nodeFs().lstatSync("/").uid]);
}

function made(path: string): Stats {
  try {
    nodeFs().mkdirSync(path, { mode: MODE });
  } catch (error) {
    // Somebody was faster: then he is asked for.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return nodeFs().lstatSync(path);
}

/** A user in words. */
export function userName(uid: number): string {
  return uid === 0 ? "root" : `another user (${uid})`;
}

function modeText({ mode }: Stats): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
