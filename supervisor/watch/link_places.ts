import { lstat, readlink } from "node:fs/promises";
import { isAbsolute, join, parse, resolve, sep } from "node:path";

/** As many as systems follow before they speak of a circle. */
const MOST_LINKS = 40;

/** What a path leads to, or a link on the way there, and what told it from others before it was followed. */
export interface Step {
  /** Its directory is a real path, without links. */
  readonly path: string;
  /** null: nothing is there. */
  readonly mark: string | null;
}

/** Where a path leads to, and by which links. */
export interface Way {
  /** A system resolves a path once, when it is watched, and reports nothing of a link that is changed later. */
  readonly links: readonly Step[];
  readonly end: Step;
}

/** Follow a path, be there something or not. */
export async function wayTo(path: string): Promise<Way> {
  const links: Step[] = [];
  const whole = resolve(path);
  let at = parse(whole).root;
  let mark: string | null = null;
  const left = namesOf(whole.slice(at.length));
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const next = join(at, name);
    // Before it is followed: what changes it in between is found by the next look.
    mark = await markOf(next);
    const target = name === ".." || links.length >= MOST_LINKS
      ? null
      : await readlink(next).catch(() => null);
    if (target === null) {
      at = next;
      continue;
    }
    links.push({ path: next, mark });
    const { root } = parse(target);
    if (isAbsolute(target)) at = root;
    left.push(...namesOf(target.slice(root.length)));
  }
  return { links, end: { path: at, mark } };
}

/** Whether nothing has changed since: neither which it is, nor a file's content. */
export async function isUnchanged({ path, mark }: Step): Promise<boolean> {
  return await markOf(path) === mark;
}

async function markOf(path: string): Promise<string | null> {
  const found = await lstat(path, { bigint: true }).catch(() => null);
  if (found === null) return null;
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  // What is in a directory is looked for elsewhere.
  return found.isDirectory() ? `${dev}:${ino}` : `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** The names of a path, the first of them last. */
function namesOf(path: string): string[] {
  return path.split(sep).filter((name) => name !== "" && name !== ".").reverse();
}
