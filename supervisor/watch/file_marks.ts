import { lstat, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { wayTo } from "./link_places.ts";
import type { Step } from "./link_places.ts";
import { PathPatterns, rootOf } from "./path_pattern.ts";

/** Which files are watched; paths are relative to a directory. */
export interface WatchRule {
  readonly directory: string;
  readonly paths: readonly string[];
  readonly ignore: readonly string[];
  readonly debounceMs: number;
}

/** Names that are looked at: nobody means to watch more, and whoever does is told. */
const MOST_NAMES = 20_000;

/** A directory in which a change may be one of what is watched. */
export interface Place {
  readonly path: string;
  readonly inode: string;
  /** Nothing else of it matters than a step. */
  readonly isOfSteps: boolean;
}

/** What a look at all files has found. */
export interface FileMarks {
  /** What tells each from what it was before: when it was written, how long it is, and which it is. */
  readonly marks: ReadonlyMap<string, string>;
  /** Directories that something of it is in. */
  readonly directories: readonly Place[];
  /** What the paths lead to that patterns name, and all links on the way there. */
  readonly steps: readonly Step[];
  /** Whether there was more than is looked at. */
  readonly isCut: boolean;
  /** Whether a directory is not there in which all that a pattern means would be. */
  readonly hasMissing: boolean;
}

/**
 * Looks at all files of a rule. Links are followed where a pattern names them, and nowhere else: none leads in circles.
 */
export class FileLook {
  readonly #paths: PathPatterns;
  readonly #ignored: PathPatterns;
  readonly #roots: readonly string[];

  constructor(readonly rule: WatchRule) {
    this.#paths = new PathPatterns(rule.paths);
    this.#ignored = new PathPatterns(rule.ignore);
    this.#roots = [...new Set(rule.paths.map(rootOf))];
  }

  async look(): Promise<FileMarks> {
    const marks = new Map<string, string>();
    const directories = new Map<string, string>();
    // Of files that are named by themselves, and of links that lead to what is named.
    const parents = new Map<string, string>();
    const steps: Step[] = [];
    const left = [...this.#roots];
    let looked = 0;
    let hasMissing = false;
    // What is named is looked at whatever leads to it; what is found on the way is not followed.
    const roots = new Set(this.#roots);
    for (let path = left.pop(); path !== undefined && looked < MOST_NAMES; path = left.pop()) {
      const whole = join(this.rule.directory, path);
      const way = roots.has(path) ? await wayTo(whole) : null;
      if (way) steps.push(...way.links, way.end);
      const asked = way ? stat(whole, { bigint: true }) : lstat(whole, { bigint: true });
      const found = await asked.catch(() => null);
      hasMissing ||= found === null && way !== null;
      if (found === null || (path !== "" && this.#ignored.has(path))) continue;
      if (way) {
        const told = found.isDirectory() ? way.links : [...way.links, way.end];
        for (const place of new Set(told.map((step) => dirname(step.path)))) {
          const parent = await stat(place, { bigint: true }).catch(() => null);
          if (parent !== null) parents.set(place, `${parent.dev}:${parent.ino}`);
        }
      }
      if (!found.isDirectory()) {
        if (found.isFile() && this.#paths.has(path)) {
          marks.set(path, `${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`);
        }
        continue;
      }
      if (directories.has(whole)) continue;
      directories.set(whole, `${found.dev}:${found.ino}`);
      for (const name of await readdir(whole).catch(() => [])) {
        looked++;
        const inner = path === "" ? name : `${path}/${name}`;
        // Unless a pattern names it, nothing in it is meant.
        if (!name.startsWith(".") || this.#paths.leadsThrough(inner)) left.push(inner);
      }
    }
    // One that two paths lead to is watched once.
    const places = (all: ReadonlyMap<string, string>, isOfSteps: boolean) =>
      [...all].map(([path, inode]): [string, Place] => [inode, { path, inode, isOfSteps }]);
    const byInode = new Map([...places(parents, true), ...places(directories, false)]);
    return { marks, directories: [...byInode.values()], steps, isCut: looked >= MOST_NAMES, hasMissing };
  }
}

/** The first file that has changed, come or gone, in the order of their names; null where none has. */
export function changedFile(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string | null {
  const all = [...new Set([...before.keys(), ...after.keys()])].sort();
  return all.find((path) => before.get(path) !== after.get(path)) ?? null;
}
