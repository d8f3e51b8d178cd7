import { readlink } from "node:fs/promises";
import { dirname, isAbsolute, join, parse, resolve, sep } from "node:path";

/** As many as systems follow before they speak of a circle. */
const MOST_LINKS = 40;

/**
 * The directories in which a path can come to lead elsewhere: those of all links on the way. The system resolves a
 * path once, when it is watched, and reports nothing of a link that is changed later.
 * @param isFile whether the directory that the file itself is in belongs to them, which a change of it is reported for
 * @returns real paths, without a link
 */
export async function placesToward(path: string, isFile: boolean): Promise<Set<string>> {
  const places = new Set<string>();
  const whole = resolve(path);
  let at = parse(whole).root;
  const left = namesOf(whole.slice(at.length));
  let links = 0;
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const next = join(at, name);
    const target = name === ".." ? null : await readlink(next).catch(() => null);
    if (target === null) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) return places;
    places.add(at);
    const { root } = parse(target);
    if (isAbsolute(target)) at = root;
    left.push(...namesOf(target.slice(root.length)));
  }
  if (isFile) places.add(dirname(at));
  return places;
}

/** The names of a path, the first of them last. */
function namesOf(path: string): string[] {
  return path.split(sep).filter((name) => name !== "" && name !== ".").reverse();
}
